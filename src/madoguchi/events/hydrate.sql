-- name: agents
SELECT id, name, email, role, locale, status, created_at, updated_at FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: inboxes
SELECT id, channel, name, health, health_detail, held_reason, held_at, checked_at, archived_at, updated_at FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);
