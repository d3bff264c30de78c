-- name: channel_of
SELECT i.channel FROM inboxes i
 WHERE i.workspace_id = %(workspace_id)s::uuid
   AND i.id = coalesce(%(inbox_id)s::uuid, (SELECT c.inbox_id FROM conversations c
                                             WHERE c.workspace_id = %(workspace_id)s::uuid
                                               AND c.id = %(conversation_id)s::uuid));

-- name: content_type
SELECT content_type FROM media WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
