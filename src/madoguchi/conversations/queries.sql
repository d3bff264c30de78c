-- name: messages
-- Everything a reader sees of these messages, but their files and reactions. LATERAL with LIMIT: one probe of a primary
-- key per row and table, also when the planner has no statistics yet or old ones.
SELECT m.id, coalesce(v.survivor_id, m.conversation_id) AS conversation_id,
       CASE WHEN v.survivor_id IS NOT NULL THEN m.conversation_id END AS from_id, v.subject AS from_subject, m.direction, m.type, m.text, m.data, m.status, m.error, m.author_kind,
       CASE WHEN m.author_kind = 'contact' THEN c.id ELSE m.author_id END AS author_id,
       CASE WHEN m.author_kind = 'contact' THEN c.name ELSE a.name END AS author_name,
       m.provider_id, m.created_at, m.sent_at, m.delivered_at, m.read_at, m.failed_at,
       q.id AS quoted_id, q.type AS quoted_type, q.text AS quoted_text, q.author_kind AS quoted_author_kind,
       CASE WHEN q.author_kind = 'contact' THEN c.id ELSE q.author_id END AS quoted_author_id,
       CASE WHEN q.author_kind = 'contact' THEN c.name ELSE qa.name END AS quoted_author_name,
       o.scheduled AS waits_scheduled, o.held AS waits_held, o.asks AS waits_asks,
       CASE WHEN o.asks IS NULL THEN o.due_at END AS waits_until
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM messages
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) m
 CROSS JOIN LATERAL (SELECT contact_id, subject, survivor_id FROM conversations
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.conversation_id LIMIT 1) v
 CROSS JOIN LATERAL (SELECT id, name, survivor_id FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.contact_id LIMIT 1) own
  LEFT JOIN LATERAL (SELECT id, name FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = own.survivor_id LIMIT 1) merged ON true
 CROSS JOIN LATERAL (SELECT coalesce(merged.id, own.id) AS id, coalesce(merged.name, own.name) AS name) c
  LEFT JOIN LATERAL (SELECT name FROM agents
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.author_id LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT id, type, text, author_kind, author_id FROM messages
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.reply_to LIMIT 1) q ON true
  LEFT JOIN LATERAL (SELECT name FROM agents
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = q.author_id LIMIT 1) qa ON true
  LEFT JOIN LATERAL (SELECT scheduled, held, asks, due_at FROM outbox
                      WHERE m.status IN ('scheduled', 'queued') AND (scheduled OR held AND attempts = 0)
                        AND workspace_id = %(workspace_id)s::uuid AND message_id = m.id LIMIT 1) o ON true;

-- name: attachments
SELECT f.message_id, f.id, f.name, f.content_type, f.size, f.state, f.width, f.height
  FROM media f
 WHERE f.workspace_id = %(workspace_id)s::uuid AND f.message_id = ANY (%(ids)s::uuid[])
 ORDER BY f.message_id, f.position;

-- name: reactions
SELECT r.message_id, r.emoji, r.author_kind, r.author_id, coalesce(c.name, a.name) AS author_name
  FROM reactions r
  LEFT JOIN LATERAL (SELECT name FROM contacts WHERE r.author_kind = 'contact'
                        AND workspace_id = %(workspace_id)s::uuid AND id = r.author_id LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT name FROM agents WHERE r.author_kind <> 'contact'
                        AND workspace_id = %(workspace_id)s::uuid AND id = r.author_id LIMIT 1) a ON true
 WHERE r.workspace_id = %(workspace_id)s::uuid AND r.message_id = ANY (%(ids)s::uuid[]) AND r.emoji IS NOT NULL
 ORDER BY r.message_id, r.reacted_at, r.author_id;

-- name: conversations
-- The rows of the list, each whole; LATERAL as above. A contact without a name is shown by an identity.
SELECT v.id, v.inbox_id, i.name AS inbox_name, i.channel, c.id AS contact_id,
       CASE WHEN c.name <> '' THEN c.name ELSE coalesce(
           (SELECT ci.value FROM contact_identities ci
             WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = v.contact_id AND ci.current
             ORDER BY ci.channel <> i.channel, ci.kind <> 'phone', ci.id LIMIT 1), '') END AS contact_name,
       v.subject, v.status, CASE WHEN v.status = 'closed' THEN v.close_reason END AS close_reason,
       v.assignee_id, a.name AS assignee_name, v.team_id, tm.name AS team_name, v.claim, v.labels, v.unread, v.last_activity_id,
       v.survivor_id,
       (SELECT jsonb_agg(jsonb_build_object('id', g.id, 'name', g.subject) ORDER BY g.id) FROM conversations g
         WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = v.id) AS merged,
       CASE WHEN v.status = 'snoozed' THEN v.snoozed_until END AS snoozed_until,
       v.window_closes_at, v.free_until, v.waiting_since, v.failed_at IS NOT NULL AS failed, v.created_at, v.updated_at,
       EXISTS (SELECT FROM outbox o WHERE o.workspace_id = v.workspace_id AND o.conversation_id = v.id
                                      AND o.asks IS NOT NULL) AS asks,
       m.id AS last_id, m.direction AS last_direction, m.type AS last_type, left(m.text, 200) AS last_text,
       m.status AS last_status, m.author_kind AS last_author_kind, m.created_at AS last_created_at,
       CASE WHEN m.author_kind = 'contact' THEN c.id ELSE m.author_id END AS last_author_id,
       CASE WHEN m.author_kind = 'contact' THEN c.name ELSE ma.name END AS last_author_name,
       CASE WHEN m.type = 'system' THEN m.data
            WHEN m.data ? 'reply' THEN jsonb_build_object('reply', jsonb_build_object('kind', m.data -> 'reply' -> 'kind', 'id',
                                                          m.data -> 'reply' -> 'id')) END AS last_data
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM conversations
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) v
 CROSS JOIN LATERAL (SELECT name, channel FROM inboxes
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.inbox_id LIMIT 1) i
 CROSS JOIN LATERAL (SELECT id, name, survivor_id FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.contact_id LIMIT 1) own
  LEFT JOIN LATERAL (SELECT id, name FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = own.survivor_id LIMIT 1) merged ON true
 CROSS JOIN LATERAL (SELECT coalesce(merged.id, own.id) AS id, coalesce(merged.name, own.name) AS name) c
  LEFT JOIN LATERAL (SELECT name FROM agents
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.assignee_id LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT name FROM teams
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.team_id LIMIT 1) tm ON true
  LEFT JOIN LATERAL (SELECT * FROM messages
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.last_message_id LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT name FROM agents
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.author_id LIMIT 1) ma ON true;

-- part: together
-- The thread and those that were merged into it.
       SELECT %(conversation_id)s::uuid AS id
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(conversation_id)s::uuid

-- name: message_page
-- A reaction is shown on its message, not as one.
SELECT m.id
  FROM (
       -- use: together
       ) t
 CROSS JOIN LATERAL (
       SELECT m.id FROM messages m
        WHERE m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = t.id
          AND m.id < %(before)s::uuid AND m.type <> 'reaction'
        ORDER BY m.id DESC LIMIT %(limit)s::int) m
 ORDER BY m.id DESC LIMIT %(limit)s::int;

-- name: messages_from
-- The message itself and those after it, the oldest first.
SELECT m.id
  FROM (
       -- use: together
       ) t
 CROSS JOIN LATERAL (
       SELECT m.id FROM messages m
        WHERE m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = t.id
          AND m.id >= %(from)s::uuid AND m.type <> 'reaction'
        ORDER BY m.id LIMIT %(limit)s::int) m
 ORDER BY m.id LIMIT %(limit)s::int;

-- name: timeline
-- All conversations of a contact as one: from each its newest, then the newest of those.
SELECT newest.id FROM conversations v
 CROSS JOIN LATERAL (
       SELECT m.id FROM messages m
        WHERE m.workspace_id = v.workspace_id AND m.conversation_id = v.id AND m.id < %(before)s::uuid
          AND m.type <> 'reaction'
        ORDER BY m.id DESC LIMIT %(limit)s::int) newest
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = %(contact_id)s::uuid
 ORDER BY newest.id DESC LIMIT %(limit)s::int;

-- name: contact_exists
SELECT 1 AS found FROM contacts WHERE workspace_id = %(workspace_id)s::uuid AND id = %(contact_id)s::uuid;

-- name: holder
SELECT v.id, v.status, v.survivor_id, v.claim, v.labels, v.inbox_id, i.channel, v.assignee_id, a.name AS assignee_name
  FROM conversations v
  JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
  LEFT JOIN agents a ON a.workspace_id = v.workspace_id AND a.id = v.assignee_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(id)s::uuid;

-- name: claim
-- The invariant "one writer" is this statement: of many at once, the database lets one through.
UPDATE conversations SET assignee_id = %(agent_id)s::uuid, claim = claim + 1, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND assignee_id IS NULL AND survivor_id IS NULL
RETURNING claim;

-- name: assign
-- Only from the state that was checked: `claim` grows with every change, so that no change in between is overwritten.
UPDATE conversations SET assignee_id = %(agent_id)s::uuid, claim = claim + 1, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND claim = %(claim)s::bigint
RETURNING claim;

-- name: active_agent
-- Locked against being disabled at the same time.
SELECT id, name FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND status = 'active'
   FOR SHARE;

-- name: active_agents
SELECT id, name FROM agents
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND status = 'active';

-- name: drafts
SELECT conversation_id, text, updated_at FROM drafts
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid
   AND conversation_id > %(after)s::uuid
 ORDER BY conversation_id LIMIT %(limit)s::int;

-- name: draft
SELECT conversation_id, text, updated_at FROM drafts
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid
   AND conversation_id = %(conversation_id)s::uuid;

-- name: keep_draft
-- Nothing comes back when another screen wrote since `seen`, or when there is no such conversation.
INSERT INTO drafts (workspace_id, agent_id, conversation_id, text, updated_at)
SELECT v.workspace_id, %(agent_id)s::uuid, v.id, %(text)s::text, %(now)s::timestamptz FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid
ON CONFLICT (workspace_id, agent_id, conversation_id)
DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at
        WHERE NOT %(guarded)s::bool OR drafts.text = excluded.text
           OR date_trunc('milliseconds', drafts.updated_at) = %(seen)s::timestamptz
RETURNING conversation_id, text, updated_at;

-- name: drop_draft
DELETE FROM drafts
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid
   AND conversation_id = %(conversation_id)s::uuid
   AND (%(seen)s::timestamptz IS NULL OR date_trunc('milliseconds', updated_at) = %(seen)s::timestamptz);

-- name: change
UPDATE conversations
   SET status = coalesce(%(status)s::text, status), labels = coalesce(%(labels)s::text[], labels),
       snoozed_until = CASE WHEN %(status)s::text IS NULL THEN snoozed_until ELSE %(snooze_until)s::timestamptz END,
       close_reason = CASE WHEN %(status)s::text IS NULL OR %(status)s::text = status THEN close_reason
                           ELSE %(reason)s::text END,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (status <> coalesce(%(status)s::text, status) OR labels <> coalesce(%(labels)s::text[], labels)
        OR (%(status)s::text = 'snoozed' AND snoozed_until IS DISTINCT FROM %(snooze_until)s::timestamptz));

-- name: due
-- Across workspaces, a few at a time; somebody else's hands are waited for at the next turn.
SELECT v.workspace_id, v.id FROM conversations v
 WHERE v.status = 'snoozed' AND v.snoozed_until <= %(now)s::timestamptz
 ORDER BY v.snoozed_until LIMIT %(limit)s::int;

-- name: wake
UPDATE conversations SET status = 'open', snoozed_until = NULL, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND status = 'snoozed' AND snoozed_until <= %(now)s::timestamptz;

-- name: lock
SELECT v.status, v.labels, v.snoozed_until, v.survivor_id FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(id)s::uuid
   FOR NO KEY UPDATE;

-- name: write_internal
-- A note or a system message: part of the thread, never sent. `moves` says whether it brings the conversation up.
WITH moved AS (
    UPDATE conversations v
       SET last_activity_id = CASE WHEN %(moves)s::boolean THEN %(id)s::uuid ELSE v.last_activity_id END,
           last_message_id = CASE WHEN %(moves)s::boolean THEN %(id)s::uuid ELSE v.last_message_id END,
           updated_at = %(now)s::timestamptz
     WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid AND v.survivor_id IS NULL
    RETURNING v.workspace_id, v.id, v.inbox_id
)
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status,
                      author_kind, author_id, reply_to, created_at, sent_at)
SELECT moved.workspace_id, %(id)s::uuid, moved.id, moved.inbox_id, 'out', %(type)s::text, %(text)s::text,
       %(data)s::jsonb, 'sent', %(author_kind)s::text, %(author_id)s::uuid,
       (SELECT q.id FROM messages q WHERE q.workspace_id = moved.workspace_id AND q.id = %(reply_to)s::uuid
           AND q.conversation_id IN (
               -- use: together
               )),
       %(now)s::timestamptz, %(now)s::timestamptz
  FROM moved
RETURNING id;

-- name: mark_read
-- `up_to` null: everything. What came after `up_to` stays unread, counted up to the old number. What was merged into it
-- keeps its own share, which goes with it when they are taken apart.
UPDATE conversations v
   SET unread = CASE WHEN %(up_to)s::uuid IS NULL THEN 0 ELSE
       (SELECT count(*)
          FROM (SELECT 1
                  FROM (SELECT v.id
                        UNION ALL
                        SELECT g.id FROM conversations g
                         WHERE g.workspace_id = v.workspace_id AND g.survivor_id = v.id) t
                 CROSS JOIN LATERAL (SELECT 1 FROM messages m
                                      WHERE m.workspace_id = v.workspace_id AND m.conversation_id = t.id
                                        AND m.id > %(up_to)s::uuid AND m.direction = 'in' LIMIT v.unread) m
                 LIMIT v.unread) later) END
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.unread > 0
   AND v.id = ANY (ARRAY(
       SELECT %(id)s::uuid
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(id)s::uuid))
RETURNING v.unread;

-- name: newest_inbound
SELECT m.id FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = %(conversation_id)s::uuid
   AND m.direction = 'in' AND m.provider_id IS NOT NULL AND m.id <= %(up_to)s::uuid
 ORDER BY m.id DESC LIMIT 1;

-- name: receipt_target
SELECT m.provider_id, m.inbox_id FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(message_id)s::uuid
   AND m.conversation_id = %(conversation_id)s::uuid AND m.direction = 'in' AND m.provider_id IS NOT NULL;


-- name: team
-- Locked against being deleted at the same time.
SELECT id, name FROM teams WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR SHARE;

-- name: set_team
UPDATE conversations SET team_id = %(team_id)s::uuid, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND team_id IS DISTINCT FROM %(team_id)s::uuid;


-- name: add_mentions
INSERT INTO conversation_mentions AS c (workspace_id, agent_id, conversation_id, message_id, unread)
SELECT %(workspace_id)s::uuid, agent_id, %(conversation_id)s::uuid, %(message_id)s::uuid, 1
  FROM unnest(%(agents)s::uuid[]) AS agent_id
ON CONFLICT (workspace_id, agent_id, conversation_id)
DO UPDATE SET message_id = excluded.message_id, unread = c.unread + 1;

-- name: read_mentions
-- Those in what was merged into them as well.
UPDATE conversation_mentions SET unread = 0
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND unread > 0
   AND conversation_id = ANY (ARRAY(
       SELECT unnest(%(ids)s::uuid[])
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = ANY (%(ids)s::uuid[])));

-- name: close_reasons
SELECT settings -> 'close_reasons' AS kept FROM workspaces WHERE workspace_id = %(workspace_id)s::uuid;

-- name: set_close_reasons
UPDATE workspaces SET settings = settings || jsonb_build_object('close_reasons', %(kept)s::jsonb)
 WHERE workspace_id = %(workspace_id)s::uuid;
