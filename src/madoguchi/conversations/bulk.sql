-- name: lock
-- In one order for everybody, so that two bulk actions wait for each other instead of dying of each other.
SELECT v.id, v.status, v.snoozed_until, v.claim, v.labels, v.team_id, v.unread, v.assignee_id, v.survivor_id, i.channel,
       (SELECT a.name FROM agents a WHERE a.workspace_id = v.workspace_id AND a.id = v.assignee_id) AS assignee_name
  FROM conversations v
  JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = ANY (%(ids)s::uuid[])
 ORDER BY v.id FOR NO KEY UPDATE OF v;

-- name: assign
UPDATE conversations SET assignee_id = %(agent_id)s::uuid, claim = claim + 1, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: team
UPDATE conversations SET team_id = %(team_id)s::uuid, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: label
UPDATE conversations SET labels = labels || %(label)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: unlabel
UPDATE conversations SET labels = array_remove(labels, %(label)s::text), updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: status
UPDATE conversations SET status = %(status)s::text, snoozed_until = %(snooze_until)s::timestamptz,
       close_reason = %(reason)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: read
-- What was merged into them is read with them.
UPDATE conversations SET unread = 0
 WHERE workspace_id = %(workspace_id)s::uuid
   AND id = ANY (ARRAY(
       SELECT unnest(%(ids)s::uuid[])
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = ANY (%(ids)s::uuid[])));

-- name: newest_inbound
SELECT v.id, m.id AS message_id
  FROM unnest(%(ids)s::uuid[]) AS v (id)
 CROSS JOIN LATERAL (SELECT m.id FROM messages m
                      WHERE m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = v.id
                        AND m.direction = 'in' AND m.provider_id IS NOT NULL
                      ORDER BY m.id DESC LIMIT 1) m;

-- name: tell
-- One line in each thread.
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, data, status, author_kind, created_at,
                      sent_at)
SELECT v.workspace_id, g.message_id, v.id, v.inbox_id, 'out', 'system', g.data, 'sent', 'system', %(now)s::timestamptz,
       %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(messages)s::uuid[], %(data)s::jsonb[]) AS g (id, message_id, data)
  JOIN conversations v ON v.workspace_id = %(workspace_id)s::uuid AND v.id = g.id;

-- name: audit
INSERT INTO audit_entries (workspace_id, id, actor_kind, actor_id, action, target_kind, target_id, data, created_at)
SELECT %(workspace_id)s::uuid, g.entry_id, %(actor_kind)s::text, %(actor_id)s::uuid, g.action, 'conversation', g.id,
       %(data)s::jsonb, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(entries)s::uuid[], %(actions)s::text[]) AS g (id, entry_id, action);
