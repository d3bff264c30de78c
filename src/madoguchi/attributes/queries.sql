-- name: all
SELECT id, key, label, type, options, required, created_at, updated_at FROM attribute_definitions
 WHERE workspace_id = %(workspace_id)s::uuid ORDER BY id;

-- name: by_ids
SELECT id, key, label, type, options, required, created_at, updated_at FROM attribute_definitions
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: lock
SELECT id, key, label, type, options, required FROM attribute_definitions
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: count
SELECT count(*) AS n FROM attribute_definitions WHERE workspace_id = %(workspace_id)s::uuid;

-- name: add
INSERT INTO attribute_definitions (workspace_id, id, key, label, type, options, required, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(key)s::text, %(label)s::text, %(type)s::text, %(options)s::text[],
        %(required)s::boolean, %(now)s::timestamptz, %(now)s::timestamptz)
ON CONFLICT (workspace_id, key) DO NOTHING
RETURNING id, key, label, type, options, required, created_at, updated_at;

-- name: change
UPDATE attribute_definitions SET label = %(label)s::text, options = %(options)s::text[], required = %(required)s::boolean,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id, key, label, type, options, required, created_at, updated_at;

-- name: remove
DELETE FROM attribute_definitions WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: region
SELECT settings ->> 'country' AS country, locale FROM workspaces WHERE workspace_id = %(workspace_id)s::uuid;
