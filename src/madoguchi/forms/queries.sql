-- name: secrets
SELECT secrets FROM inbox_accounts WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid;

-- name: message
SELECT id FROM messages
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND inbox_id = %(inbox_id)s::uuid;

-- name: keep
UPDATE contacts c SET attributes = c.attributes || %(attributes)s::jsonb, updated_at = %(now)s::timestamptz
  FROM messages m JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(id)s::uuid AND m.inbox_id = %(inbox_id)s::uuid
   AND c.workspace_id = v.workspace_id AND c.id = v.contact_id
RETURNING c.id;
