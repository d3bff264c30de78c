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
-- Each lane holds one of these locks, shared, for as long as it lives (pumps.py): inbound, outbound, background.
SELECT count(DISTINCT objid) = 3 AS workers FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND classid = 7300 AND objid IN (1, 2, 3)
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
