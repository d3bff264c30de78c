-- name: agents
SELECT id, name, email, role, locale, status, created_at, updated_at FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);
