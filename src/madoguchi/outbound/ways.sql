-- name: inboxes
-- Each inbox with the conversation that would be gone on with: an open one before a closed one, then the newest.
SELECT i.id, i.name, i.channel, i.health, i.settings, v.id AS conversation_id, v.contact_id, v.window_closes_at,
       v.assignee_id, v.assignee_name,
       EXISTS (SELECT 1 FROM templates t WHERE t.workspace_id = i.workspace_id AND t.inbox_id = i.id
                  AND lower(t.status) = 'approved') AS has_template,
       ARRAY(SELECT bi.contact_id FROM blocked_identities b
               JOIN contact_identities bi ON bi.workspace_id = b.workspace_id AND bi.id = b.identity_id
              WHERE b.workspace_id = i.workspace_id AND b.inbox_id = i.id AND bi.contact_id = ANY (%(contact_ids)s::uuid[]))
           AS blocked
  FROM inboxes i
  LEFT JOIN LATERAL (
        SELECT c.id, c.contact_id, c.window_closes_at, c.assignee_id, a.name AS assignee_name
          FROM conversations c
          LEFT JOIN agents a ON a.workspace_id = c.workspace_id AND a.id = c.assignee_id
         WHERE c.workspace_id = i.workspace_id AND c.inbox_id = i.id AND c.contact_id = ANY (%(contact_ids)s::uuid[])
           AND c.survivor_id IS NULL
         ORDER BY c.status = 'closed', c.last_activity_id DESC LIMIT 1) v ON true
 WHERE i.workspace_id = %(workspace_id)s::uuid AND i.archived_at IS NULL
 ORDER BY i.name, i.id;

-- name: addresses
SELECT contact_id, channel, kind, value, verified FROM contact_identities
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[]) AND current
 ORDER BY verified DESC, kind = 'phone' DESC, id;

-- name: others_addresses
-- Of these telephone numbers, those that lead to somebody else on a channel.
SELECT channel, value FROM contact_identities
 WHERE workspace_id = %(workspace_id)s::uuid AND scope = '' AND kind = 'phone' AND value = ANY (%(values)s::text[])
   AND channel = ANY (%(channels)s::text[]) AND contact_id <> ALL (%(contact_ids)s::uuid[]);

-- name: stopped
SELECT contact_id, channel
  FROM (SELECT DISTINCT ON (contact_id, channel) contact_id, channel, state FROM consents
         WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[]) AND purpose = 'all'
         ORDER BY contact_id, channel, id DESC) latest
 WHERE state = 'withdrawn';
