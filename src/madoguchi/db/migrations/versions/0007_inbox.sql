-- The inbox of a working day: who waits since when, what failed, labels as rows, mentions, saved views, maintained counts.
SELECT set_config('madoguchi.workspace', '*', true);

ALTER TABLE conversations ADD COLUMN waiting_since timestamptz, ADD COLUMN failed_at timestamptz;
COMMENT ON COLUMN conversations.waiting_since IS 'Since when the customer waits for an answer: their oldest message that nobody has answered.';
COMMENT ON COLUMN conversations.failed_at IS 'When a message of ours failed and nothing was sent since.';

UPDATE conversations v SET waiting_since = v.last_inbound_at
  FROM messages m
 WHERE m.workspace_id = v.workspace_id AND m.id = v.last_message_id AND m.direction = 'in' AND v.last_inbound_at IS NOT NULL;
UPDATE conversations v SET failed_at = coalesce(m.failed_at, m.created_at)
  FROM messages m
 WHERE m.workspace_id = v.workspace_id AND m.id = v.last_message_id AND m.direction = 'out' AND m.status = 'failed';

CREATE INDEX conversations_waiting ON conversations (workspace_id, waiting_since, id)
    WHERE status = 'open' AND waiting_since IS NOT NULL;
CREATE INDEX conversations_closing ON conversations (workspace_id, window_closes_at, id) WHERE status = 'open';
CREATE INDEX conversations_failed ON conversations (workspace_id, last_activity_id DESC) WHERE failed_at IS NOT NULL;

-- A row trigger whose condition is looked at for every change of a message and true for hardly any.
CREATE FUNCTION mark_failed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversations SET failed_at = CASE WHEN NEW.status = 'failed' THEN coalesce(NEW.failed_at, NEW.created_at) END
     WHERE workspace_id = NEW.workspace_id AND id = NEW.conversation_id;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_failed AFTER UPDATE OF status ON messages FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status AND (OLD.status = 'failed' OR NEW.status = 'failed'))
    EXECUTE FUNCTION mark_failed();

-- Labels once more, as rows that a list of one label can be read from in order (an index on the array is out of reach
-- behind row-level security). Kept by the trigger below.
CREATE TABLE conversation_labels (
    workspace_id     uuid NOT NULL,
    label            text NOT NULL,
    conversation_id  uuid NOT NULL,
    status           text NOT NULL,
    last_activity_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, label, conversation_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_labels_page ON conversation_labels (workspace_id, label, status, last_activity_id DESC);
CREATE INDEX conversation_labels_of ON conversation_labels (workspace_id, conversation_id);

-- Who was named in which conversation; one row however often.
CREATE TABLE conversation_mentions (
    workspace_id    uuid NOT NULL,
    agent_id        uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id      uuid NOT NULL,
    unread          integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, agent_id, conversation_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_mentions_page ON conversation_mentions (workspace_id, agent_id, message_id DESC);
CREATE INDEX conversation_mentions_unread ON conversation_mentions (workspace_id, agent_id) WHERE unread > 0;
CREATE INDEX conversation_mentions_of ON conversation_mentions (workspace_id, conversation_id);
COMMENT ON COLUMN conversation_mentions.message_id IS 'The newest note that names the agent.';

CREATE TABLE views (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    agent_id     uuid,
    name         text NOT NULL,
    filter       jsonb NOT NULL,
    sort         text NOT NULL DEFAULT 'newest',
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, agent_id, name),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN views.agent_id IS 'Whose it is; null = shared by all.';

-- Counts are kept, not counted. Whoever changes conversations adds what changed to a table of differences that nobody
-- waits for; a job folds them into the counts. The truth is the sum of both, at any moment and in any snapshot.
CREATE TABLE conversation_counts (
    workspace_id uuid NOT NULL,
    kind         text NOT NULL,
    key          text NOT NULL,
    status       text NOT NULL,
    total        bigint NOT NULL,
    unread       bigint NOT NULL,
    PRIMARY KEY (workspace_id, kind, key, status)
) WITH (fillfactor = 70);
COMMENT ON TABLE conversation_counts IS 'kind: all, assignee (key empty: nobody), inbox, team, label; unread: how many of the total have something unread.';

CREATE TABLE conversation_count_deltas (
    workspace_id uuid NOT NULL,
    kind         text NOT NULL,
    key          text NOT NULL,
    status       text NOT NULL,
    total        bigint NOT NULL,
    unread       bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX conversation_count_deltas_tenant ON conversation_count_deltas (workspace_id);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['conversation_labels', 'conversation_mentions', 'views', 'conversation_counts',
                                'conversation_count_deltas']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;

-- The cells that groups of equal conversations count in.
CREATE FUNCTION count_cells(workspace_id uuid, status text, assignee_id uuid, inbox_id uuid, team_id uuid, labels text[])
    RETURNS TABLE (kind text, key text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'all', ''
    UNION ALL SELECT 'assignee', coalesce(assignee_id::text, '')
    UNION ALL SELECT 'inbox', inbox_id::text
    UNION ALL SELECT 'team', team_id::text WHERE team_id IS NOT NULL
    UNION ALL SELECT 'label', l FROM unnest(labels) l
$$;

-- Once per statement, whatever the number of rows. The rows before count down, the rows after count up; what did not
-- move cancels out before anything is written. Not joined: a plan made for one row would be kept for five hundred.
CREATE FUNCTION conversations_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversation_count_deltas (workspace_id, kind, key, status, total, unread)
    SELECT g.workspace_id, c.kind, c.key, g.status, sum(g.n), sum(g.u)
      FROM (SELECT r.workspace_id, r.status, r.assignee_id, r.inbox_id, r.team_id, r.labels, count(*) AS n,
                   count(*) FILTER (WHERE r.unread > 0) AS u
              FROM added r GROUP BY 1, 2, 3, 4, 5, 6) g
     CROSS JOIN LATERAL count_cells(g.workspace_id, g.status, g.assignee_id, g.inbox_id, g.team_id, g.labels) c
     GROUP BY 1, 2, 3, 4;
    INSERT INTO conversation_labels (workspace_id, label, conversation_id, status, last_activity_id)
    SELECT DISTINCT r.workspace_id, l, r.id, r.status, r.last_activity_id FROM added r, unnest(r.labels) l;
    RETURN NULL;
END $$;

CREATE FUNCTION conversations_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversation_count_deltas (workspace_id, kind, key, status, total, unread)
    SELECT g.workspace_id, c.kind, c.key, g.status, -sum(g.n), -sum(g.u)
      FROM (SELECT r.workspace_id, r.status, r.assignee_id, r.inbox_id, r.team_id, r.labels, count(*) AS n,
                   count(*) FILTER (WHERE r.unread > 0) AS u
              FROM gone r GROUP BY 1, 2, 3, 4, 5, 6) g
     CROSS JOIN LATERAL count_cells(g.workspace_id, g.status, g.assignee_id, g.inbox_id, g.team_id, g.labels) c
     GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE FUNCTION conversations_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversation_count_deltas (workspace_id, kind, key, status, total, unread)
    SELECT g.workspace_id, c.kind, c.key, g.status, sum(g.n), sum(g.u)
      FROM (SELECT r.workspace_id, r.status, r.assignee_id, r.inbox_id, r.team_id, r.labels, sum(r.n) AS n, sum(r.u) AS u
              FROM (SELECT o.workspace_id, o.status, o.assignee_id, o.inbox_id, o.team_id, o.labels, -1 AS n,
                           CASE WHEN o.unread > 0 THEN -1 ELSE 0 END AS u FROM before o
                    UNION ALL
                    SELECT a.workspace_id, a.status, a.assignee_id, a.inbox_id, a.team_id, a.labels, 1,
                           CASE WHEN a.unread > 0 THEN 1 ELSE 0 END FROM after a) r
             GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(r.n) <> 0 OR sum(r.u) <> 0) g
     CROSS JOIN LATERAL count_cells(g.workspace_id, g.status, g.assignee_id, g.inbox_id, g.team_id, g.labels) c
     GROUP BY 1, 2, 3, 4 HAVING sum(g.n) <> 0 OR sum(g.u) <> 0;
    IF EXISTS (SELECT FROM before o WHERE o.labels <> '{}') OR EXISTS (SELECT FROM after a WHERE a.labels <> '{}') THEN
        DELETE FROM conversation_labels c
         USING (SELECT o.workspace_id, l AS label, o.id FROM before o, unnest(o.labels) l
                EXCEPT SELECT a.workspace_id, l, a.id FROM after a, unnest(a.labels) l) off
         WHERE c.workspace_id = off.workspace_id AND c.label = off.label AND c.conversation_id = off.id;
        INSERT INTO conversation_labels AS c (workspace_id, label, conversation_id, status, last_activity_id)
        SELECT DISTINCT a.workspace_id, l, a.id, a.status, a.last_activity_id FROM after a, unnest(a.labels) l
        ON CONFLICT (workspace_id, label, conversation_id)
        DO UPDATE SET status = excluded.status, last_activity_id = excluded.last_activity_id
         WHERE c.status <> excluded.status OR c.last_activity_id <> excluded.last_activity_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER conversations_inserted AFTER INSERT ON conversations REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_inserted();
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_deleted();
CREATE TRIGGER conversations_updated AFTER UPDATE ON conversations REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_updated();

-- What is there already.
INSERT INTO conversation_labels (workspace_id, label, conversation_id, status, last_activity_id)
SELECT DISTINCT v.workspace_id, l, v.id, v.status, v.last_activity_id FROM conversations v, unnest(v.labels) l;

INSERT INTO conversation_counts (workspace_id, kind, key, status, total, unread)
SELECT v.workspace_id, c.kind, c.key, v.status, count(*), count(*) FILTER (WHERE v.unread > 0)
  FROM conversations v
 CROSS JOIN LATERAL count_cells(v.workspace_id, v.status, v.assignee_id, v.inbox_id, v.team_id, v.labels) c
 GROUP BY 1, 2, 3, 4;

INSERT INTO conversation_mentions (workspace_id, agent_id, conversation_id, message_id)
SELECT DISTINCT ON (m.workspace_id, a.id, m.conversation_id) m.workspace_id, a.id, m.conversation_id, m.id
  FROM messages m
 CROSS JOIN LATERAL jsonb_array_elements(m.data -> 'mentions') named
  JOIN agents a ON a.workspace_id = m.workspace_id AND a.id::text = named ->> 'id'
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
 WHERE m.type = 'note' AND m.data ? 'mentions'
 ORDER BY m.workspace_id, a.id, m.conversation_id, m.id DESC;

SELECT set_config('madoguchi.workspace', '', true);
