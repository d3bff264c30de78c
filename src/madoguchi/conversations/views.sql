-- name: page
-- Those of everybody and the caller's own.
SELECT id, agent_id, name, filter, sort, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid)
   AND (name, id) > (%(after)s::text, %(after_id)s::uuid)
 ORDER BY name, id LIMIT %(limit)s::int;

-- name: one
SELECT id, agent_id, name, filter, sort, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);

-- name: shared_by_ids
SELECT id, agent_id, name, filter, sort, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND agent_id IS NULL;

-- name: add
INSERT INTO views (workspace_id, id, agent_id, name, filter, sort, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(owner_id)s::uuid, %(name)s::text, %(filter)s::jsonb, %(sort)s::text,
        %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id, agent_id, name, filter, sort, created_at, updated_at;

-- name: change
UPDATE views SET name = %(name)s::text, filter = %(filter)s::jsonb, sort = %(sort)s::text,
       agent_id = %(owner_id)s::uuid, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id, agent_id, name, filter, sort, created_at, updated_at;

-- name: remove
DELETE FROM views WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
