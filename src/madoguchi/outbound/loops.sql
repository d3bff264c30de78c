-- name: before
-- What an automatic message would answer, and whether one went to this person from this inbox since then.
SELECT (SELECT coalesce((m.data ->> 'is_auto')::boolean, false) FROM messages m
         WHERE m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.direction = 'in' AND m.type <> 'reaction'
         ORDER BY m.id DESC LIMIT 1) AS answers_program,
       EXISTS (SELECT 1 FROM conversations other
                 JOIN messages m ON m.workspace_id = other.workspace_id AND m.conversation_id = other.id
                WHERE other.workspace_id = v.workspace_id AND other.contact_id = v.contact_id AND other.inbox_id = v.inbox_id
                  AND m.direction = 'out' AND m.author_kind IN ('bot', 'system') AND m.type NOT IN ('system', 'note')
                  AND m.created_at > %(since)s::timestamptz) AS was_answered
  FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid;
