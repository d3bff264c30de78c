-- name: overview
SELECT i.channel, i.health_facts, i.checked_at, i.webhook_key, a.secrets, a.state,
       -- Among the latest of the workspace: the log has no order by inbox, and may be long.
       (SELECT l.received_at FROM (
               SELECT inbox_id, received_at FROM ingest_log WHERE workspace_id = %(workspace_id)s::uuid
                ORDER BY id DESC LIMIT 5000) l
         WHERE l.inbox_id = %(inbox_id)s::uuid LIMIT 1) AS last_event_at
  FROM inboxes i LEFT JOIN inbox_accounts a ON a.workspace_id = i.workspace_id AND a.inbox_id = i.id
 WHERE i.workspace_id = %(workspace_id)s::uuid AND i.id = %(inbox_id)s::uuid AND i.archived_at IS NULL;

-- name: secrets
SELECT secrets FROM inbox_accounts WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   FOR UPDATE;

-- name: keep_secrets
INSERT INTO inbox_accounts (workspace_id, inbox_id, secrets, updated_at)
VALUES (%(workspace_id)s::uuid, %(inbox_id)s::uuid, %(secrets)s::bytea, %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET secrets = excluded.secrets, updated_at = excluded.updated_at;

-- name: keep_state
INSERT INTO inbox_accounts AS a (workspace_id, inbox_id, state, updated_at)
VALUES (%(workspace_id)s::uuid, %(inbox_id)s::uuid, %(state)s::jsonb, %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET state = a.state || excluded.state, updated_at = excluded.updated_at;

-- name: identities
SELECT ci.id, ci.kind, ci.value FROM contact_identities ci
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = %(contact_id)s::uuid
   AND ci.channel = %(channel)s::text AND ci.current
 ORDER BY ci.kind = 'phone' DESC, ci.id DESC;

-- name: block
INSERT INTO blocked_identities (workspace_id, inbox_id, identity_id, blocked_by, blocked_at)
SELECT %(workspace_id)s::uuid, %(inbox_id)s::uuid, i.id, %(agent_id)s::uuid, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[]) AS i (id)
ON CONFLICT DO NOTHING;

-- name: unblock
DELETE FROM blocked_identities b USING contact_identities ci
 WHERE b.workspace_id = %(workspace_id)s::uuid AND b.inbox_id = %(inbox_id)s::uuid
   AND ci.workspace_id = b.workspace_id AND ci.id = b.identity_id AND ci.contact_id = %(contact_id)s::uuid;

-- name: blocks_of
SELECT b.inbox_id, min(b.blocked_at) AS blocked_at FROM blocked_identities b
  JOIN contact_identities ci ON ci.workspace_id = b.workspace_id AND ci.id = b.identity_id
 WHERE b.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = %(contact_id)s::uuid
 GROUP BY b.inbox_id ORDER BY b.inbox_id;

-- name: contacts_of
SELECT ci.kind, ci.value, c.id, c.name FROM contact_identities ci
  JOIN unnest(%(kinds)s::text[], %(values)s::text[]) AS g (kind, value) ON g.kind = ci.kind AND g.value = ci.value
  JOIN contacts c ON c.workspace_id = ci.workspace_id AND c.id = ci.contact_id
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.channel = %(channel)s::text;

-- name: contact_conversations
SELECT id FROM conversations
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = %(contact_id)s::uuid AND inbox_id = %(inbox_id)s::uuid;

-- name: media
SELECT name, content_type, size, storage_key FROM media
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND state = 'stored';

-- name: heard
SELECT EXISTS (SELECT 1 FROM (SELECT inbox_id, body FROM ingest_log WHERE workspace_id = %(workspace_id)s::uuid
                                ORDER BY id DESC LIMIT 5000) l
                WHERE l.inbox_id = %(inbox_id)s::uuid AND l.body = %(body)s::bytea) AS kept;
