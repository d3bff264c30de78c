-- name: reader
-- In which language to answer, in whose name, and whether this was said within the time.
SELECT c.locale AS contact_locale, w.locale AS workspace_locale, w.name AS company,
       EXISTS (SELECT 1 FROM conversations other
                 JOIN messages m ON m.workspace_id = other.workspace_id AND m.conversation_id = other.id
                WHERE other.workspace_id = v.workspace_id AND other.contact_id = v.contact_id AND other.inbox_id = v.inbox_id
                  AND m.direction = 'out' AND m.author_kind = 'system' AND m.data ->> 'confirms' = %(state)s::text
                  AND m.created_at > %(since)s::timestamptz) AS confirmed
  FROM conversations v
  JOIN contacts c ON c.workspace_id = v.workspace_id AND c.id = v.contact_id
  JOIN workspaces w ON w.workspace_id = v.workspace_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid;
