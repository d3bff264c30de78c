-- name: record
INSERT INTO audit_entries (workspace_id, id, actor_kind, actor_id, action, target_kind, target_id, data, created_at)
VALUES (%(workspace_id)s, %(id)s, %(actor_kind)s, %(actor_id)s, %(action)s, %(target_kind)s, %(target_id)s, %(data)s::jsonb, %(now)s);

-- name: page
SELECT e.id, e.actor_kind, e.actor_id, a.name AS actor_name, e.action, e.target_kind, e.target_id, e.data, e.created_at
  FROM audit_entries e
  LEFT JOIN agents a ON a.workspace_id = e.workspace_id AND a.id = e.actor_id
 WHERE e.workspace_id = %(workspace_id)s::uuid AND e.id < %(before)s::uuid
   AND (%(target_id)s::uuid IS NULL OR e.target_id = %(target_id)s::uuid)
 ORDER BY e.id DESC LIMIT %(limit)s::int;
