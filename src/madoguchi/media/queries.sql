-- name: insert
INSERT INTO media (workspace_id, id, state, name, content_type, size, sha256, width, height, storage_key, created_by, created_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, 'stored', %(name)s::text, %(content_type)s::text, %(size)s::bigint,
        %(sha256)s::text, %(width)s::integer, %(height)s::integer, %(storage_key)s::text, %(created_by)s::uuid,
        %(now)s::timestamptz);

-- name: by_id
SELECT workspace_id, id, message_id, inbox_id, state, name, content_type, size, sha256, width, height, storage_key,
       reference, detail, created_at
  FROM media WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: unsent
SELECT id, name, content_type, size, state, width, height, created_at FROM media
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND message_id IS NULL AND state = 'stored';

-- name: store
-- Only what still waits: a job that ran twice finds nothing to do.
UPDATE media SET state = 'stored', content_type = %(content_type)s::text, size = %(size)s::bigint,
       sha256 = %(sha256)s::text, width = %(width)s::integer, height = %(height)s::integer,
       storage_key = %(storage_key)s::text, detail = ''
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND state IN ('pending', 'failed')
RETURNING message_id;

-- name: give_up
UPDATE media SET state = %(state)s::text, detail = %(detail)s::text
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND state = 'pending'
RETURNING message_id;

-- name: note
UPDATE media SET detail = %(detail)s::text
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND state = 'pending';

-- name: try_again
UPDATE media SET state = 'pending', detail = ''
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND state = 'failed' AND reference IS NOT NULL
RETURNING message_id;


-- name: delete_unused
-- Samples of templates, files of quick replies and the originals of what was sent are in use.
DELETE FROM media m
 WHERE m.message_id IS NULL AND m.reference IS NULL AND m.storage_key IS NOT NULL AND m.created_at < %(before)s::timestamptz
   AND NOT EXISTS (SELECT 1 FROM media c WHERE c.workspace_id = m.workspace_id AND c.original_id = m.id)
   AND NOT EXISTS (SELECT 1 FROM templates t WHERE t.workspace_id = m.workspace_id AND m.id = ANY (t.sample_ids)
                      AND t.status <> 'removed')
   AND NOT EXISTS (SELECT 1 FROM quick_replies q WHERE q.workspace_id = m.workspace_id AND q.media_ids @> ARRAY[m.id])
RETURNING m.storage_key;

-- name: request
-- The webhook that a file came in.
SELECT headers, body FROM ingest_log WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
