-- name: by_id
SELECT a.id, a.name, a.email, a.role, a.locale, a.status,
       CASE WHEN NOT coalesce(p.online, false) THEN 'offline' ELSE p.said END AS availability, a.created_at, a.updated_at
  FROM agents a
  LEFT JOIN agent_presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.id = %(id)s::uuid;

-- name: page
SELECT a.id, a.name, a.email, a.role, a.locale, a.status,
       CASE WHEN NOT coalesce(p.online, false) THEN 'offline' ELSE p.said END AS availability, a.created_at, a.updated_at
  FROM agents a
  LEFT JOIN agent_presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.id > %(after)s::uuid
   AND (%(status)s::text IS NULL OR a.status = %(status)s::text)
 ORDER BY a.id LIMIT %(limit)s::int;

-- name: insert
INSERT INTO agents (workspace_id, id, name, email, role, password_hash, locale, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(name)s::text, %(email)s::text, %(role)s::text, %(password_hash)s::text,
        %(locale)s::text, %(now)s::timestamptz, %(now)s::timestamptz)
ON CONFLICT (workspace_id, email) DO NOTHING;

-- name: lock_owners
-- Two owners who disable each other wait here for one another, so that one remains.
SELECT id FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND role = 'owner' AND status = 'active'
 ORDER BY id FOR UPDATE;

-- name: lock
SELECT id, name, email, role, locale, status, password_hash FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: update
UPDATE agents SET name = %(name)s::text, email = %(email)s::text, role = %(role)s::text, locale = %(locale)s::text,
       status = %(status)s::text, password_hash = coalesce(%(password_hash)s::text, password_hash),
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: email_taken
SELECT 1 AS taken FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND email = %(email)s::text AND id <> %(id)s::uuid;

-- name: release_conversations
-- The claim grows, so that nothing written under the old one can leave any more.
UPDATE conversations SET assignee_id = NULL, claim = claim + 1, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND assignee_id = %(id)s::uuid
RETURNING id;

-- name: release_contacts
UPDATE contacts SET owner_id = NULL WHERE workspace_id = %(workspace_id)s::uuid AND owner_id = %(id)s::uuid;

-- name: delete_sessions
DELETE FROM sessions WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid
   AND digest <> coalesce(%(keep)s::bytea, ''::bytea);

-- name: delete_tokens
DELETE FROM api_tokens WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: tokens
SELECT id, name, scopes, created_at, last_used_at FROM api_tokens
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND id > %(after)s::uuid
 ORDER BY id LIMIT %(limit)s::int;

-- name: insert_token
INSERT INTO api_tokens (workspace_id, id, agent_id, name, digest, scopes, created_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(agent_id)s::uuid, %(name)s::text, %(digest)s::bytea, %(scopes)s::text[],
        %(now)s::timestamptz);

-- name: delete_token
DELETE FROM api_tokens
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND id = %(id)s::uuid
RETURNING name;

-- name: sign_in_candidates
-- One person may work for several workspaces under one address; the password decides which.
SELECT workspace_id, id, name, role, password_hash FROM agents
 WHERE email = %(email)s::text AND status = 'active' AND password_hash IS NOT NULL
   AND (%(workspace_id)s::uuid IS NULL OR workspace_id = %(workspace_id)s::uuid)
 ORDER BY workspace_id LIMIT 5;

-- name: insert_session
INSERT INTO sessions (workspace_id, digest, agent_id, created_at, expires_at)
VALUES (%(workspace_id)s::uuid, %(digest)s::bytea, %(agent_id)s::uuid, %(now)s::timestamptz, %(expires_at)s::timestamptz);

-- name: delete_session
DELETE FROM sessions WHERE workspace_id = %(workspace_id)s::uuid AND digest = %(digest)s::bytea;

-- name: own_sessions
SELECT digest, created_at, expires_at FROM sessions
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND expires_at > %(now)s::timestamptz
 ORDER BY expires_at DESC, digest LIMIT 100;

-- name: end_session
DELETE FROM sessions WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid
   AND digest = decode(%(id)s::text, 'hex');

-- name: session_principal
SELECT a.id, a.name, a.role, s.expires_at FROM sessions s
  JOIN agents a ON a.workspace_id = s.workspace_id AND a.id = s.agent_id
 WHERE s.workspace_id = %(workspace_id)s::uuid AND s.digest = %(digest)s::bytea
   AND s.expires_at > %(now)s::timestamptz AND a.status = 'active';

-- name: extend_session
UPDATE sessions SET expires_at = %(expires_at)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND digest = %(digest)s::bytea;

-- name: token_principal
SELECT a.id, a.name, a.role, t.scopes, t.id AS token_id, t.last_used_at FROM api_tokens t
  JOIN agents a ON a.workspace_id = t.workspace_id AND a.id = t.agent_id
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.digest = %(digest)s::bytea AND a.status = 'active';

-- name: touch_token
UPDATE api_tokens SET last_used_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: me
SELECT w.name, w.time_zone, w.locale, c.seq, l.digest AS logo FROM workspaces w
  JOIN event_counters c ON c.workspace_id = w.workspace_id
  LEFT JOIN workspace_logos l ON l.workspace_id = w.workspace_id
 WHERE w.workspace_id = %(workspace_id)s::uuid;

-- name: preferences
SELECT preferences FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: change_preferences
UPDATE agents SET preferences = preferences || %(given)s::jsonb, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
