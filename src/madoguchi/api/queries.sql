-- name: claim
INSERT INTO idempotency_keys (workspace_id, principal, key, request_hash, created_at)
VALUES (%(workspace_id)s::uuid, %(principal)s::text, %(key)s::text, %(request_hash)s::bytea, %(now)s::timestamptz)
ON CONFLICT (workspace_id, principal, key) DO NOTHING;

-- name: stored
SELECT request_hash, status, answer FROM idempotency_keys
 WHERE workspace_id = %(workspace_id)s::uuid AND principal = %(principal)s::text AND key = %(key)s::text;

-- name: store
UPDATE idempotency_keys SET status = %(status)s::smallint, answer = %(answer)s::bytea
 WHERE workspace_id = %(workspace_id)s::uuid AND principal = %(principal)s::text AND key = %(key)s::text;

-- name: workers_alive
-- A worker holds this lock, shared, for as long as it lives (pumps.py).
SELECT count(*) AS workers FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND classid = 7300 AND objid = 1
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: queue_sizes
SELECT (SELECT count(*) FROM ingest_queue) AS inbound,
       (SELECT count(*) FROM outbox) AS outbound,
       (SELECT count(*) FROM set_aside WHERE resolved_at IS NULL) AS set_aside;
