-- The log of webhooks, the events and the statuses grow with every message and are forgotten by age. Deleting millions of
-- rows costs as much as writing them and leaves holes; dropping a part costs nothing. What is there already becomes the
-- first part, as it is: no row is copied. `db/partitions.py` makes the parts to come and drops the old ones; what fits in
-- no part (a clock that was moved, an id of another kind) goes to the part for the rest.
--
-- The two keyed by id are cut by id: a UUIDv7 begins with its time, so the key stays as it was.

-- The first moment no row that is there reaches, at the turn of a period: never before the next one.
CREATE FUNCTION first_free(latest timestamptz, period text) RETURNS timestamptz
    LANGUAGE sql STABLE
    RETURN date_trunc(period, greatest(latest, current_setting('madoguchi.moment')::timestamptz) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + ('1 ' || period)::interval;

CREATE FUNCTION moment_of(id uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE
    RETURN to_timestamp(('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0);

CREATE FUNCTION first_id_at(moment timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;

-- The parts are told to vacuum while they are filled, not when a fifth of them has changed.
ALTER TABLE ingest_log RENAME TO ingest_log_before;
ALTER TABLE ingest_log_before RENAME CONSTRAINT ingest_log_pkey TO ingest_log_before_pkey;
CREATE TABLE ingest_log (LIKE ingest_log_before INCLUDING STORAGE INCLUDING COMMENTS, PRIMARY KEY (workspace_id, id))
    PARTITION BY RANGE (id);
CREATE TABLE ingest_log_rest (LIKE ingest_log_before INCLUDING STORAGE);
ALTER TABLE ingest_log ATTACH PARTITION ingest_log_rest DEFAULT;

ALTER TABLE message_statuses RENAME TO message_statuses_before;
ALTER TABLE message_statuses_before RENAME CONSTRAINT message_statuses_pkey TO message_statuses_before_pkey;
CREATE TABLE message_statuses (LIKE message_statuses_before INCLUDING DEFAULTS INCLUDING COMMENTS,
                               PRIMARY KEY (workspace_id, message_id, status)) PARTITION BY RANGE (message_id);
CREATE TABLE message_statuses_rest (LIKE message_statuses_before INCLUDING DEFAULTS);
ALTER TABLE message_statuses ATTACH PARTITION message_statuses_rest DEFAULT;
COMMENT ON TABLE message_statuses IS 'What the provider reported, once per status, with its time and ours; messages.status is the furthest of them.';

-- The counter decides that a number is given once; the key now says the time too, because a key must hold what it is cut by.
ALTER TABLE events RENAME TO events_before;
ALTER TABLE events_before DROP CONSTRAINT events_pkey;
DROP INDEX events_age;
CREATE TABLE events (LIKE events_before, PRIMARY KEY (workspace_id, seq, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE events_rest (LIKE events_before);
ALTER TABLE events ATTACH PARTITION events_rest DEFAULT;
COMMENT ON TABLE events IS 'Which thing changed, in one gapless order per workspace; readers fetch the thing as it is now.';

DO $$
DECLARE
    latest uuid;
    latest_event timestamptz;
BEGIN
    PERFORM set_config('madoguchi.workspace', '*', true);
    SELECT id INTO latest FROM ingest_log_before ORDER BY id DESC LIMIT 1;
    EXECUTE format('ALTER TABLE ingest_log ATTACH PARTITION ingest_log_before FOR VALUES FROM (MINVALUE) TO (%L)',
                   first_id_at(first_free(moment_of(latest), 'week')));
    SELECT message_id INTO latest FROM message_statuses_before ORDER BY message_id DESC LIMIT 1;
    EXECUTE format('ALTER TABLE message_statuses ATTACH PARTITION message_statuses_before FOR VALUES FROM (MINVALUE) TO (%L)',
                   first_id_at(first_free(moment_of(latest), 'month')));
    SELECT max(created_at) INTO latest_event FROM events_before;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_before FOR VALUES FROM (MINVALUE) TO (%L)',
                   first_free(latest_event, 'week'));
END $$;

DROP FUNCTION first_free, moment_of, first_id_at;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ingest_log', 'ingest_log_rest', 'message_statuses', 'message_statuses_rest',
                                'events', 'events_rest']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;

-- The tables that every message changes: by default they are cleaned when a fifth has changed, which at ten million rows
-- is two million dead ones under the screens' lists.
ALTER TABLE conversations SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
                               autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE messages SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 20000,
                          autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE contacts SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
