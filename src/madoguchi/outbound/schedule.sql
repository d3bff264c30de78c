-- name: waiting
-- What has not left and can still be changed; locked against the worker that would take it.
SELECT m.id, m.conversation_id, m.type, m.text, m.data, m.author_id, o.scheduled, o.asks IS NOT NULL AS asks
  FROM outbox o
  JOIN messages m ON m.workspace_id = o.workspace_id AND m.id = o.message_id
 WHERE o.workspace_id = %(workspace_id)s::uuid AND o.message_id = %(id)s::uuid AND NOT o.sending
   AND (o.scheduled OR o.held AND o.attempts = 0)
   FOR UPDATE OF o;

-- name: conversation_of
SELECT conversation_id FROM messages
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND direction = 'out';

-- name: page
-- By the time they leave; those that wait for a decision first: their time has passed.
SELECT o.message_id AS id FROM outbox o
 WHERE o.workspace_id = %(workspace_id)s::uuid AND o.conversation_id = %(conversation_id)s::uuid AND o.scheduled
   AND o.message_id > %(after)s::uuid
 ORDER BY o.message_id LIMIT %(limit)s::int;

-- name: conversation
SELECT 1 AS found FROM conversations WHERE workspace_id = %(workspace_id)s::uuid AND id = %(conversation_id)s::uuid;

-- name: take_out
DELETE FROM outbox WHERE workspace_id = %(workspace_id)s::uuid AND message_id = %(id)s::uuid;

-- name: free_media
-- Its files can go with another message.
UPDATE media SET message_id = NULL WHERE workspace_id = %(workspace_id)s::uuid AND message_id = %(id)s::uuid
RETURNING id;

-- name: remove
DELETE FROM messages WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- part: shown
-- The conversation and what was merged into it.
SELECT %(conversation_id)s::uuid AS id
                UNION ALL
                SELECT g.id FROM conversations g
                 WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(conversation_id)s::uuid

-- name: as_before
-- The conversation as it is without the message: its last words, whom it keeps waiting, what had failed.
UPDATE conversations v
   SET last_message_id = (SELECT m.id FROM messages m
                           WHERE m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.type <> 'reaction'
                             AND m.status <> 'scheduled'
                           ORDER BY m.id DESC LIMIT 1),
       waiting_since = (SELECT w.created_at
                          FROM (
                -- use: shown
                               ) t
                         CROSS JOIN LATERAL (
                               SELECT w.id, w.created_at FROM messages w
                                WHERE w.workspace_id = v.workspace_id AND w.conversation_id = t.id AND w.direction = 'in'
                                  AND w.type <> 'reaction'
                                  AND w.id > coalesce(l.id, '00000000-0000-0000-0000-000000000000')
                                ORDER BY w.id LIMIT 1) w
                         ORDER BY w.id LIMIT 1),
       failed_at = CASE WHEN l.status = 'failed' THEN l.failed_at END,
       updated_at = %(now)s::timestamptz
  FROM (SELECT 1) one
  LEFT JOIN LATERAL (
        SELECT m.id, m.status, m.failed_at
          FROM (
                -- use: shown
               ) t
         CROSS JOIN LATERAL (
               SELECT m.id, m.status, m.failed_at FROM messages m
                WHERE m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = t.id
                  AND m.direction = 'out' AND m.type NOT IN ('note', 'system', 'reaction') AND m.status <> 'scheduled'
                ORDER BY m.id DESC LIMIT 1) m
         ORDER BY m.id DESC LIMIT 1) l ON true
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid;

-- name: change
-- Under a new id, because ids are the order of the thread, and it now leaves at another time.
UPDATE messages
   SET id = %(new_id)s::uuid, text = %(text)s::text, claim = %(claim)s::bigint,
       data = data - 'scheduled_for' || CASE WHEN %(scheduled)s::boolean
                                             THEN jsonb_build_object('scheduled_for', %(shown_at)s::text) ELSE '{}' END,
       status = CASE WHEN %(scheduled)s::boolean THEN 'scheduled' ELSE 'queued' END
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: put_back
INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, due_at, scheduled)
SELECT workspace_id, id, inbox_id, conversation_id, %(slot)s::smallint, %(due_at)s::timestamptz, %(scheduled)s::boolean
  FROM messages WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: keep_media
UPDATE media SET message_id = %(id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(media)s::uuid[]);

-- name: due
SELECT due_at FROM outbox WHERE workspace_id = %(workspace_id)s::uuid AND message_id = %(id)s::uuid AND asks IS NULL;
