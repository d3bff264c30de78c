-- name: record
INSERT INTO audit_entries (workspace_id, id, actor_kind, actor_id, action, target_kind, target_id, data, created_at)
VALUES (%(workspace_id)s, %(id)s, %(actor_kind)s, %(actor_id)s, %(action)s, %(target_kind)s, %(target_id)s, %(data)s::jsonb, %(now)s);
