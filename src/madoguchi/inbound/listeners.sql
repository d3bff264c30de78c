-- name: inboxes
SELECT workspace_id, id FROM inboxes
 WHERE slot = ANY (%(slots)s::smallint[]) AND channel = ANY (%(channels)s::text[]) AND archived_at IS NULL;

-- name: cursor
SELECT cursor FROM listener_cursors WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid;

-- name: append
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(headers)s::text[], %(bodies)s::bytea[]) AS g (id, headers, body)
), logged AS (
    INSERT INTO ingest_log (workspace_id, id, inbox_id, received_at, headers, body)
    SELECT %(workspace_id)s::uuid, id, %(inbox_id)s::uuid, %(now)s::timestamptz, headers::jsonb, body FROM given
), queued AS (
    INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot)
    SELECT %(workspace_id)s::uuid, id, %(inbox_id)s::uuid, %(slot)s::smallint FROM given
)
SELECT pg_notify('madoguchi_ingest', '');

-- name: keep_cursor
INSERT INTO listener_cursors (workspace_id, inbox_id, cursor, updated_at)
VALUES (%(workspace_id)s::uuid, %(inbox_id)s::uuid, %(cursor)s::jsonb, %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at;

-- name: note_health
UPDATE inboxes SET health = %(health)s::text, health_detail = %(detail)s::text, checked_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (health <> %(health)s::text OR health_detail <> %(detail)s::text)
RETURNING id;
