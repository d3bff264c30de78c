-- name: page
-- Those of everybody and the caller's own.
SELECT id, agent_id, shortcut, text, folder, usage, created_at, updated_at FROM quick_replies
 WHERE workspace_id = %(workspace_id)s::uuid AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid)
   AND (shortcut, id) > (%(after)s::text, %(after_id)s::uuid)
 ORDER BY shortcut, id LIMIT %(limit)s::int;

-- name: one
SELECT id, agent_id, shortcut, text, folder, usage, created_at, updated_at FROM quick_replies
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);

-- name: add
INSERT INTO quick_replies (workspace_id, id, agent_id, shortcut, text, folder, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(owner_id)s::uuid, %(shortcut)s::text, %(text)s::text, %(folder)s::text,
        %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id, agent_id, shortcut, text, folder, usage, created_at, updated_at;

-- name: change
UPDATE quick_replies
   SET shortcut = %(shortcut)s::text, text = %(text)s::text, folder = %(folder)s::text, agent_id = %(owner_id)s::uuid,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id, agent_id, shortcut, text, folder, usage, created_at, updated_at;

-- name: remove
DELETE FROM quick_replies WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: count_use
UPDATE quick_replies SET usage = usage + 1
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);
