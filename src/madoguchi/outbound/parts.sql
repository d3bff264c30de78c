-- name: add_parts
INSERT INTO message_parts (workspace_id, message_id, number, inbox_id, provider_id)
SELECT * FROM unnest(%(workspaces)s::uuid[], %(messages)s::uuid[], %(numbers)s::smallint[], %(inboxes)s::uuid[],
                     %(provider_ids)s::text[])
ON CONFLICT (workspace_id, message_id, number) DO UPDATE SET provider_id = excluded.provider_id, status = NULL;

-- name: note_parts
-- What a part has reached at last is not taken back by a receipt that comes late.
UPDATE message_parts p
   SET status = CASE WHEN p.status IN ('delivered', 'failed') THEN p.status ELSE g.status END
  FROM unnest(%(workspaces)s::uuid[], %(inboxes)s::uuid[], %(provider_ids)s::text[], %(statuses)s::text[])
           AS g (workspace_id, inbox_id, provider_id, status)
 WHERE p.workspace_id = g.workspace_id AND p.inbox_id = g.inbox_id AND p.provider_id = g.provider_id
RETURNING p.workspace_id, p.message_id, p.inbox_id, p.provider_id;

-- name: parts_of
SELECT p.workspace_id, p.message_id, m.provider_id, m.retries, bool_and(coalesce(p.status, '') = 'delivered') AS delivered,
       bool_or(coalesce(p.status, '') = 'failed') AS failed
  FROM message_parts p
  JOIN messages m ON m.workspace_id = p.workspace_id AND m.id = p.message_id
 WHERE p.workspace_id = ANY (%(workspaces)s::uuid[]) AND p.message_id = ANY (%(messages)s::uuid[])
 GROUP BY p.workspace_id, p.message_id, m.provider_id, m.retries;

-- name: matched_part_orphans
DELETE FROM orphan_receipts o
 USING message_parts p, inboxes i
 WHERE o.received_at > %(since)s::timestamptz AND o.payload @> '{"by_recipient": true}'
   AND i.slot = ANY (%(slots)s::smallint[]) AND i.workspace_id = o.workspace_id AND i.id = o.inbox_id
   AND p.workspace_id = o.workspace_id AND p.inbox_id = o.inbox_id AND p.provider_id = o.provider_id
RETURNING o.workspace_id, o.inbox_id, o.payload;

-- name: candidates
-- Receipts that nobody's id fits, and the messages to the same number whose answer was lost.
SELECT o.workspace_id, o.inbox_id, o.provider_id, m.id AS message_id
  FROM orphan_receipts o
  JOIN inboxes i ON i.workspace_id = o.workspace_id AND i.id = o.inbox_id AND i.slot = ANY (%(slots)s::smallint[])
  JOIN contact_identities ci ON ci.workspace_id = o.workspace_id AND ci.channel = i.channel AND ci.scope = ''
                            AND ci.kind = o.payload -> 'recipient' -> 0 ->> 'kind'
                            AND ci.value = o.payload -> 'recipient' -> 0 ->> 'value'
  JOIN conversations v ON v.workspace_id = o.workspace_id AND v.inbox_id = o.inbox_id AND v.contact_id = ci.contact_id
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.status = 'uncertain'
                 AND m.direction = 'out' AND m.provider_id IS NULL AND m.created_at > %(oldest)s::timestamptz
 WHERE o.received_at BETWEEN %(since)s::timestamptz AND %(until)s::timestamptz AND o.payload @> '{"by_recipient": true}'
   -- The receipt of one part says nothing of a message that did not leave whole.
   AND NOT EXISTS (SELECT 1 FROM message_parts p WHERE p.workspace_id = m.workspace_id AND p.message_id = m.id)
   -- Nor where a worker died over it and how many parts had left is not known: what surely is one part can be told.
   AND (length(m.text) <= 70 OR (length(m.text) <= 160 AND m.text ~ '^[ -~]*$'))
 ORDER BY o.received_at, o.provider_id, m.id
 LIMIT 1000;

-- name: adopt
UPDATE messages m SET provider_id = g.provider_id
  FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(provider_ids)s::text[]) AS g (workspace_id, id, provider_id)
 WHERE m.workspace_id = g.workspace_id AND m.id = g.id AND m.provider_id IS NULL AND m.status = 'uncertain'
   AND NOT EXISTS (SELECT 1 FROM messages other WHERE other.workspace_id = m.workspace_id AND other.inbox_id = m.inbox_id
                                                  AND other.provider_id = g.provider_id);
