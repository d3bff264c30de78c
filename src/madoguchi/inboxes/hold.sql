-- name: hold
UPDATE inboxes
   SET health = 'attention', health_detail = %(title)s::text, held_reason = %(code)s::text, held_detail = %(detail)s::text,
       held_at = coalesce(held_at, %(now)s::timestamptz), checked_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND archived_at IS NULL
   AND held_reason IS DISTINCT FROM %(code)s::text
   AND (credentials_at IS NULL OR credentials_at < %(changed)s::timestamptz)
RETURNING channel;

-- name: resume
UPDATE inboxes SET held_reason = NULL, held_detail = '', held_at = NULL, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND held_reason IS NOT NULL
RETURNING id;

-- name: wake
SELECT pg_notify('madoguchi_outbox', %(id)s::text);

-- name: to_check
-- Those that hold, or all that are connected.
SELECT workspace_id, id FROM inboxes
 WHERE archived_at IS NULL AND (held_reason IS NOT NULL OR %(all)s::boolean)
 ORDER BY workspace_id, id;
