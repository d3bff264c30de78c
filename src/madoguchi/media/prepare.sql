-- name: upload
SELECT workspace_id, id, name, content_type, size, storage_key FROM media
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND message_id IS NULL AND state = 'stored';

-- name: insert_made
INSERT INTO media (workspace_id, id, original_id, state, name, content_type, size, sha256, width, height, storage_key,
                   created_by, created_at)
SELECT o.workspace_id, %(id)s::uuid, o.id, 'stored', %(name)s::text, %(content_type)s::text, %(size)s::bigint,
       %(sha256)s::text, %(width)s::integer, %(height)s::integer, %(storage_key)s::text, o.created_by,
       %(now)s::timestamptz
  FROM media o WHERE o.workspace_id = %(workspace_id)s::uuid AND o.id = %(original_id)s::uuid;
