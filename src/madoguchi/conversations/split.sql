-- name: lock
-- The conversation with the message from which on it is parted, and whether something stays before it.
SELECT v.id, v.inbox_id, v.contact_id, i.channel, v.assignee_id, m.direction, m.data ->> 'subject' AS subject,
       EXISTS (SELECT 1 FROM messages earlier
                WHERE earlier.workspace_id = v.workspace_id AND earlier.conversation_id = v.id AND earlier.id < m.id
                  AND earlier.type <> 'system') AS has_earlier
  FROM conversations v
  JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.id = %(message_id)s::uuid
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(id)s::uuid
   FOR UPDATE OF v;

-- name: open
-- Whoever has the one has the other; what was unread or waited in the part that goes, goes with it.
INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, thread, subject, status, assignee_id, team_id, claim, labels,
                           unread, last_message_id, last_activity_id, last_inbound_at, window_closes_at, waiting_since,
                           failed_at, created_at, updated_at)
SELECT v.workspace_id, %(new_id)s::uuid, v.inbox_id, v.contact_id, %(new_id)s::uuid::text, %(subject)s::text, 'open',
       v.assignee_id, v.team_id, v.claim, v.labels, least(v.unread, going.unread), going.last_id, going.last_id,
       going.last_inbound_at, v.window_closes_at,
       CASE WHEN v.waiting_since IS NOT NULL THEN greatest(v.waiting_since, going.since) END,
       going.failed_at, %(now)s::timestamptz, %(now)s::timestamptz
  FROM conversations v
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE m.direction = 'in') AS unread, max(m.id::text)::uuid AS last_id,
              max(m.created_at) FILTER (WHERE m.direction = 'in') AS last_inbound_at,
              min(m.created_at) AS since, max(m.failed_at) FILTER (WHERE m.status = 'failed') AS failed_at
         FROM messages m
        WHERE m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.id >= %(message_id)s::uuid) going
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(id)s::uuid;

-- name: move
-- The first is no other topic any more.
UPDATE messages SET conversation_id = %(new_id)s::uuid,
                    data = CASE WHEN id = %(message_id)s::uuid THEN data - 'other_subject' ELSE data END
 WHERE workspace_id = %(workspace_id)s::uuid AND conversation_id = %(id)s::uuid AND id >= %(message_id)s::uuid
RETURNING id, coalesce(CASE WHEN direction = 'in' THEN data ->> 'message_id' END, provider_id) AS reference;

-- name: move_queue
UPDATE outbox SET conversation_id = %(new_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND conversation_id = %(id)s::uuid AND message_id >= %(message_id)s::uuid;

-- name: move_mentions
UPDATE conversation_mentions SET conversation_id = %(new_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND conversation_id = %(id)s::uuid AND message_id >= %(message_id)s::uuid;

-- name: move_references
UPDATE thread_references SET conversation_id = %(new_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid AND conversation_id = %(id)s::uuid
   AND reference = ANY (%(references)s::text[]);

-- name: copy_people
INSERT INTO thread_participants (workspace_id, conversation_id, address)
SELECT workspace_id, %(new_id)s::uuid, address FROM thread_participants
 WHERE workspace_id = %(workspace_id)s::uuid AND conversation_id = %(id)s::uuid;

-- name: shrink
UPDATE conversations v
   SET unread = v.unread - n.unread, failed_at = CASE WHEN n.failed_at IS NULL THEN v.failed_at END,
       waiting_since = CASE WHEN v.waiting_since < n.since THEN v.waiting_since END,
       last_inbound_at = (SELECT max(m.created_at) FROM messages m
                           WHERE m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.direction = 'in'),
       updated_at = %(now)s::timestamptz
  FROM (SELECT w.unread, w.failed_at,
               (SELECT min(m.created_at) FROM messages m
                 WHERE m.workspace_id = w.workspace_id AND m.conversation_id = w.id) AS since
          FROM conversations w
         WHERE w.workspace_id = %(workspace_id)s::uuid AND w.id = %(new_id)s::uuid) n
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(id)s::uuid;
