-- name: state
SELECT f.confirmed_at, (SELECT count(*) FROM agent_recovery_codes c
                         WHERE c.workspace_id = f.workspace_id AND c.agent_id = f.agent_id) AS codes
  FROM agent_second_factors f
 WHERE f.workspace_id = %(workspace_id)s::uuid AND f.agent_id = %(agent_id)s::uuid AND f.confirmed_at IS NOT NULL;

-- name: every
SELECT agent_id, confirmed_at FROM agent_second_factors
 WHERE workspace_id = %(workspace_id)s::uuid AND confirmed_at IS NOT NULL ORDER BY agent_id LIMIT 1000;

-- name: agent
SELECT email, role, password_hash FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND id = %(agent_id)s::uuid;

-- name: begin
-- One that was never confirmed is begun anew.
INSERT INTO agent_second_factors (workspace_id, agent_id, secret, created_at)
VALUES (%(workspace_id)s::uuid, %(agent_id)s::uuid, %(secret)s::bytea, %(now)s::timestamptz)
ON CONFLICT (workspace_id, agent_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at,
   last_step = 0, failures = 0, failed_at = NULL
 WHERE agent_second_factors.confirmed_at IS NULL
RETURNING agent_id;

-- name: lock
SELECT secret, last_step, failures, failed_at, confirmed_at FROM agent_second_factors
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid FOR UPDATE;

-- name: confirm
UPDATE agent_second_factors SET confirmed_at = %(now)s::timestamptz, last_step = %(step)s::bigint
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: add_codes
INSERT INTO agent_recovery_codes (workspace_id, agent_id, digest)
SELECT %(workspace_id)s::uuid, %(agent_id)s::uuid, unnest(%(digests)s::bytea[]);

-- name: passed
UPDATE agent_second_factors SET last_step = greatest(last_step, %(step)s::bigint), failures = 0, failed_at = NULL
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: failed
UPDATE agent_second_factors SET failures = %(failures)s::int, failed_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: use_code
DELETE FROM agent_recovery_codes
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND digest = %(digest)s::bytea;

-- name: remove
DELETE FROM agent_second_factors
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid RETURNING confirmed_at;

-- name: by_email
SELECT workspace_id, id FROM agents WHERE email = %(email)s::text ORDER BY workspace_id;
