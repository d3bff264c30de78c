-- name: lock
SELECT m.id, m.conversation_id, m.type, m.text, m.data, m.author_id, m.author_kind, m.created_at FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(id)s::uuid
   FOR UPDATE;

-- name: change
UPDATE messages SET text = %(text)s::text, data = %(data)s::jsonb
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
