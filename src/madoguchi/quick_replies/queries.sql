-- name: page
-- Those of everybody and the caller's own.
SELECT id, agent_id, shortcut, text, folder, usage, media_ids, created_at, updated_at,
       (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY array_position(q.media_ids, m.id)), '[]')
          FROM (SELECT id, name, content_type, size, state, width, height, created_at FROM media
                 WHERE workspace_id = q.workspace_id AND id = ANY (q.media_ids)) AS m) AS files
  FROM quick_replies q
 WHERE workspace_id = %(workspace_id)s::uuid AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid)
   AND (shortcut, id) > (%(after)s::text, %(after_id)s::uuid)
 ORDER BY shortcut, id LIMIT %(limit)s::int;

-- name: one
SELECT id, agent_id, shortcut, text, folder, usage, media_ids, created_at, updated_at,
       (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY array_position(q.media_ids, m.id)), '[]')
          FROM (SELECT id, name, content_type, size, state, width, height, created_at FROM media
                 WHERE workspace_id = q.workspace_id AND id = ANY (q.media_ids)) AS m) AS files
  FROM quick_replies q
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);

-- name: add
INSERT INTO quick_replies (workspace_id, id, agent_id, shortcut, text, folder, media_ids, created_at,
                           updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(owner_id)s::uuid, %(shortcut)s::text, %(text)s::text, %(folder)s::text,
        %(media_ids)s::uuid[], %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id;

-- name: change
UPDATE quick_replies
   SET shortcut = %(shortcut)s::text, text = %(text)s::text, folder = %(folder)s::text, agent_id = %(owner_id)s::uuid,
       media_ids = %(media_ids)s::uuid[], updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id;

-- name: remove
DELETE FROM quick_replies WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: count_use
UPDATE quick_replies SET usage = usage + 1
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);
