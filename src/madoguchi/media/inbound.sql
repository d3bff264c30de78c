-- name: register
INSERT INTO media (workspace_id, id, message_id, position, inbox_id, state, name, content_type, size, sha256, reference,
                   created_at)
SELECT g.workspace_id, g.id, g.message_id, g.position, g.inbox_id, 'pending', g.name, g.content_type, g.size, g.sha256,
       g.reference::jsonb, %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(messages)s::uuid[], %(positions)s::smallint[], %(inboxes)s::uuid[],
              %(names)s::text[], %(content_types)s::text[], %(sizes)s::bigint[], %(sha256s)s::text[], %(references)s::text[])
           AS g (workspace_id, id, message_id, position, inbox_id, name, content_type, size, sha256, reference);
