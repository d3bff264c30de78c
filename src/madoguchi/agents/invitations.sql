-- name: agent
SELECT id, name, email, role, status FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(agent_id)s::uuid FOR UPDATE;

-- name: keep
INSERT INTO agent_invitations (workspace_id, agent_id, digest, created_by, created_at, expires_at)
VALUES (%(workspace_id)s::uuid, %(agent_id)s::uuid, %(digest)s::bytea, %(by)s::uuid, %(now)s::timestamptz,
        %(expires_at)s::timestamptz)
ON CONFLICT (workspace_id, agent_id)
DO UPDATE SET digest = excluded.digest, created_by = excluded.created_by, created_at = excluded.created_at,
              expires_at = excluded.expires_at;

-- name: revoke
DELETE FROM agent_invitations WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: open
SELECT a.id, a.name, a.email, w.name AS workspace FROM agent_invitations i
  JOIN agents a ON a.workspace_id = i.workspace_id AND a.id = i.agent_id AND a.status = 'active'
  JOIN workspaces w ON w.workspace_id = i.workspace_id
 WHERE i.workspace_id = %(workspace_id)s::uuid AND i.digest = %(digest)s::bytea AND i.expires_at > %(now)s::timestamptz;

-- name: use
-- Whoever deletes the row has used it: of two at once, one.
DELETE FROM agent_invitations i USING agents a
 WHERE i.workspace_id = %(workspace_id)s::uuid AND i.digest = %(digest)s::bytea AND i.expires_at > %(now)s::timestamptz
   AND a.workspace_id = i.workspace_id AND a.id = i.agent_id AND a.status = 'active'
RETURNING a.id;

-- name: set_password
UPDATE agents SET password_hash = %(password_hash)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(agent_id)s::uuid;
