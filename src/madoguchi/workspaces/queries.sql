-- name: one_at_a_time
-- Two simultaneous first set-ups wait for one another; a statement of its own, because what a statement sees is settled
-- before it waits.
SELECT pg_advisory_xact_lock(7310, 0);

-- name: any_workspace
SELECT EXISTS (SELECT 1 FROM workspaces) AS there;

-- name: insert
INSERT INTO workspaces (workspace_id, name, locale, time_zone, settings, created_at)
VALUES (%(workspace_id)s::uuid, %(name)s::text, %(locale)s::text, %(time_zone)s::text, %(settings)s::jsonb,
        %(now)s::timestamptz);

-- name: set_up_nonce
-- Nothing is found once there is a workspace.
SELECT value FROM installation WHERE key = 'set_up' AND NOT EXISTS (SELECT 1 FROM workspaces);

-- name: forget_set_up
DELETE FROM installation WHERE key = 'set_up';

-- name: insert_counter
INSERT INTO event_counters (workspace_id) VALUES (%(workspace_id)s::uuid);

-- name: delete_expired_sessions
DELETE FROM sessions WHERE expires_at < %(now)s::timestamptz;

-- name: delete_old_idempotency_keys
DELETE FROM idempotency_keys WHERE created_at < %(before)s::timestamptz;

-- name: needed
-- A request of before then that still waits, or was set aside and not resolved.
SELECT EXISTS (SELECT 1 FROM ingest_queue WHERE id < %(before_id)s::uuid)
    OR EXISTS (SELECT 1 FROM set_aside WHERE ingest_id < %(before_id)s::uuid AND resolved_at IS NULL) AS needed;

-- name: delete_old_ingest
-- A batch at a time, by age of id, where the part as a whole is needed.
DELETE FROM ingest_log l USING (
    SELECT o.workspace_id, o.id FROM ingest_log o
     WHERE o.id < %(before_id)s::uuid
       AND NOT EXISTS (SELECT 1 FROM ingest_queue q WHERE q.workspace_id = o.workspace_id AND q.id = o.id)
       AND NOT EXISTS (SELECT 1 FROM set_aside s WHERE s.workspace_id = o.workspace_id AND s.ingest_id = o.id
                          AND s.resolved_at IS NULL)
     LIMIT %(limit)s::int) old
 WHERE l.workspace_id = old.workspace_id AND l.id = old.id;

-- name: delete_stray_ingest
-- What fitted in no part; the same care as above.
DELETE FROM ingest_log_rest l USING (
    SELECT o.workspace_id, o.id FROM ingest_log_rest o
     WHERE o.id < %(before_id)s::uuid
       AND NOT EXISTS (SELECT 1 FROM ingest_queue q WHERE q.workspace_id = o.workspace_id AND q.id = o.id)
       AND NOT EXISTS (SELECT 1 FROM set_aside s WHERE s.workspace_id = o.workspace_id AND s.ingest_id = o.id
                          AND s.resolved_at IS NULL)
     LIMIT %(limit)s::int) old
 WHERE l.workspace_id = old.workspace_id AND l.id = old.id;

-- name: delete_old_orphans
DELETE FROM orphan_receipts WHERE received_at < %(before)s::timestamptz;

-- name: delete_old_begun
DELETE FROM begun_contacts WHERE at < %(before)s::timestamptz;

-- name: delete_old_remarks
DELETE FROM waiting_remarks WHERE received_at < %(before)s::timestamptz;

-- name: delete_stray_events
DELETE FROM events_rest e USING (
    SELECT o.workspace_id, o.seq FROM events_rest o WHERE o.created_at < %(before)s::timestamptz LIMIT %(limit)s::int) old
 WHERE e.workspace_id = old.workspace_id AND e.seq = old.seq;

-- name: delete_finished_jobs
DELETE FROM procrastinate_jobs j WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
   AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > %(before)s::timestamptz);

-- name: profile
SELECT w.workspace_id AS id, w.name, w.locale, w.time_zone, w.settings ->> 'country' AS country,
       coalesce((w.settings ->> 'meet_numbers')::boolean, true) AS meet_numbers, l.digest AS logo
  FROM workspaces w LEFT JOIN workspace_logos l ON l.workspace_id = w.workspace_id
 WHERE w.workspace_id = %(workspace_id)s::uuid;

-- name: change
UPDATE workspaces SET name = coalesce(%(name)s::text, name), locale = coalesce(%(locale)s::text, locale),
       time_zone = coalesce(%(time_zone)s::text, time_zone), settings = settings || %(settings)s::jsonb
 WHERE workspace_id = %(workspace_id)s::uuid;
