-- name: page
SELECT id, name, created_at, updated_at FROM teams
 WHERE workspace_id = %(workspace_id)s::uuid AND name > %(after)s::text
 ORDER BY name LIMIT %(limit)s::int;

-- name: by_ids
SELECT id, name, created_at, updated_at FROM teams
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) ORDER BY name;

-- name: members
SELECT m.team_id, a.id, a.name
  FROM team_members m
  JOIN agents a ON a.workspace_id = m.workspace_id AND a.id = m.agent_id
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.team_id = ANY (%(ids)s::uuid[])
 ORDER BY a.name, a.id;

-- name: lock
SELECT id, name FROM teams WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: add
INSERT INTO teams (workspace_id, id, name, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(name)s::text, %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id;

-- name: change
UPDATE teams SET name = %(name)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id;

-- name: remove
DELETE FROM teams WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: leave
DELETE FROM team_members
 WHERE workspace_id = %(workspace_id)s::uuid AND team_id = %(id)s::uuid AND agent_id <> ALL (%(members)s::uuid[]);

-- name: join
-- Only agents that are there; the caller compares the number.
INSERT INTO team_members (workspace_id, team_id, agent_id)
SELECT a.workspace_id, %(id)s::uuid, a.id FROM agents a
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.id = ANY (%(members)s::uuid[])
ON CONFLICT (workspace_id, team_id, agent_id) DO NOTHING;

-- name: known_agents
SELECT id FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(members)s::uuid[]);
