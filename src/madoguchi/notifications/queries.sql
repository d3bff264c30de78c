-- name: settings
SELECT settings FROM notification_settings
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid;

-- name: put_settings
INSERT INTO notification_settings AS s (workspace_id, agent_id, settings, updated_at)
VALUES (%(workspace_id)s::uuid, %(agent_id)s::uuid, %(settings)s::jsonb, %(now)s::timestamptz)
ON CONFLICT (workspace_id, agent_id) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at;

-- name: unknown_inboxes
SELECT wanted.id FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM inboxes i WHERE i.workspace_id = %(workspace_id)s::uuid AND i.id = wanted.id);

-- name: subscriptions
SELECT id, endpoint, p256dh, auth, device, name, locale, created_at, pushed_at FROM push_subscriptions
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid ORDER BY id;

-- name: subscribe
-- The same browser again, perhaps with another agent before it.
INSERT INTO push_subscriptions AS s (workspace_id, id, agent_id, endpoint, p256dh, auth, device, name, locale, created_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(agent_id)s::uuid, %(endpoint)s, %(p256dh)s, %(auth)s, %(device)s,
        %(name)s, %(locale)s, %(now)s::timestamptz)
ON CONFLICT (workspace_id, endpoint) DO UPDATE
   SET agent_id = excluded.agent_id, p256dh = excluded.p256dh, auth = excluded.auth, device = excluded.device,
       name = excluded.name, locale = excluded.locale
RETURNING id, endpoint, p256dh, auth, device, name, locale, created_at, pushed_at;

-- name: trim
-- A browser that was set up anew leaves its old address behind.
DELETE FROM push_subscriptions
 WHERE workspace_id = %(workspace_id)s::uuid AND id IN (
       SELECT s.id FROM push_subscriptions s
        WHERE s.workspace_id = %(workspace_id)s::uuid AND s.agent_id = %(agent_id)s::uuid
        ORDER BY coalesce(s.pushed_at, s.created_at) DESC OFFSET %(most)s::int);

-- name: start_cursor
INSERT INTO push_cursors (workspace_id, seq)
SELECT c.workspace_id, c.seq FROM event_counters c WHERE c.workspace_id = %(workspace_id)s::uuid
ON CONFLICT (workspace_id) DO NOTHING;

-- name: unsubscribe
DELETE FROM push_subscriptions
 WHERE workspace_id = %(workspace_id)s::uuid AND agent_id = %(agent_id)s::uuid AND id = %(id)s::uuid;

-- name: remove_dead
DELETE FROM push_subscriptions WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: mark_pushed
UPDATE push_subscriptions SET pushed_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: attend
INSERT INTO agent_attention AS a (workspace_id, agent_id, conversation_id, seen_at)
VALUES (%(workspace_id)s::uuid, %(agent_id)s::uuid, %(conversation_id)s::uuid, %(now)s::timestamptz)
ON CONFLICT (workspace_id, agent_id) DO UPDATE
   SET conversation_id = excluded.conversation_id, seen_at = excluded.seen_at;

-- name: behind
SELECT p.workspace_id FROM push_cursors p JOIN event_counters c ON c.workspace_id = p.workspace_id
 WHERE c.seq > p.seq;

-- name: take_cursor
-- One worker looks at a workspace's events; another one passes it over.
SELECT seq FROM push_cursors WHERE workspace_id = %(workspace_id)s::uuid FOR UPDATE SKIP LOCKED;

-- name: move_cursor
UPDATE push_cursors SET seq = %(seq)s::bigint WHERE workspace_id = %(workspace_id)s::uuid;

-- name: end_cursor
DELETE FROM push_cursors WHERE workspace_id = %(workspace_id)s::uuid;

-- name: listeners
SELECT a.id AS agent_id, s.settings, w.time_zone
  FROM agents a
  JOIN workspaces w ON w.workspace_id = a.workspace_id
  LEFT JOIN notification_settings s ON s.workspace_id = a.workspace_id AND s.agent_id = a.id
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.status = 'active'
   AND EXISTS (SELECT FROM push_subscriptions p WHERE p.workspace_id = a.workspace_id AND p.agent_id = a.id);

-- name: news
-- Of the messages that came since a number and not longer ago than a notification makes sense.
SELECT m.id AS message_id, m.conversation_id, v.inbox_id, m.direction, m.type, v.assignee_id, m.author_id,
       m.data -> 'mentions' AS mentions, m.data -> 'system' AS system
  FROM events e
  JOIN messages m ON m.workspace_id = e.workspace_id AND m.id = e.subject_id
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
 WHERE e.workspace_id = %(workspace_id)s::uuid AND e.seq > %(after)s::bigint AND e.seq <= %(until)s::bigint
   AND e.type = 'message.created' AND e.created_at > %(since)s::timestamptz
 ORDER BY e.seq;

-- name: about
SELECT m.id AS message_id, m.direction, m.type, m.text, v.id AS conversation_id, v.unread, k.name AS contact_name,
       s.settings, a.status AS agent_status, t.conversation_id AS looking_at, t.seen_at
  FROM messages m
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
  JOIN contacts k ON k.workspace_id = v.workspace_id AND k.id = v.contact_id
  JOIN agents a ON a.workspace_id = m.workspace_id AND a.id = %(agent_id)s::uuid
  LEFT JOIN notification_settings s ON s.workspace_id = a.workspace_id AND s.agent_id = a.id
  LEFT JOIN agent_attention t ON t.workspace_id = a.workspace_id AND t.agent_id = a.id
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(message_id)s::uuid;

-- name: installation_get
SELECT value FROM installation WHERE key = %(key)s;

-- name: installation_add
INSERT INTO installation (key, value) VALUES (%(key)s, %(value)s) ON CONFLICT (key) DO NOTHING;
