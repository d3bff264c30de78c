-- name: slow
UPDATE inboxes SET health = 'attention', health_detail = %(detail)s::text, checked_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND archived_at IS NULL
   AND health IN ('ok', 'unchecked')
RETURNING channel;

-- name: quicken
-- Whatever else was found of it meanwhile stays.
UPDATE inboxes SET health = 'ok', health_detail = '', checked_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND held_reason IS NULL
   AND starts_with(health_detail, %(begins)s::text)
RETURNING id;
