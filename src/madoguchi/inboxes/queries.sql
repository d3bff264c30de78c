-- name: page
SELECT id, channel, name, account, credentials, tokens, settings, webhook_key, health, health_detail, health_facts, checked_at,
       archived_at, created_at, updated_at, held_reason, held_detail, held_at,
       CASE WHEN held_at IS NULL THEN 0 ELSE
            (SELECT count(*) FROM outbox o WHERE o.workspace_id = inboxes.workspace_id AND o.inbox_id = inboxes.id)
       END AS waiting
  FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND id > %(after)s::uuid AND (archived_at IS NULL OR %(archived)s::boolean)
 ORDER BY id LIMIT %(limit)s::int;

-- name: by_id
SELECT workspace_id, id, channel, name, account, credentials, tokens, settings, webhook_key, health, health_detail, health_facts,
       checked_at, archived_at, created_at, updated_at, held_reason, held_detail, held_at,
       CASE WHEN held_at IS NULL THEN 0 ELSE
            (SELECT count(*) FROM outbox o WHERE o.workspace_id = inboxes.workspace_id AND o.inbox_id = inboxes.id)
       END AS waiting
  FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: by_account
SELECT workspace_id, id, channel, name, credentials, tokens, settings, webhook_key, archived_at FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND channel = %(channel)s::text AND account = %(account)s::text
   AND archived_at IS NULL
 ORDER BY id LIMIT 1;

-- name: lock
SELECT workspace_id, id, channel, name, account, credentials, settings, webhook_key, archived_at FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: lock_account
-- Two simultaneous connections of one account wait here for one another.
SELECT pg_advisory_xact_lock(7311, hashtext(%(workspace_id)s::text || %(channel)s::text || %(account)s::text));

-- name: insert
INSERT INTO inboxes (workspace_id, id, channel, name, account, credentials, settings, webhook_key, slot, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(channel)s::text, %(name)s::text, %(account)s::text, %(credentials)s::bytea,
        %(settings)s::jsonb, %(webhook_key)s::text, %(slot)s::smallint, %(now)s::timestamptz, %(now)s::timestamptz);

-- name: update
UPDATE inboxes SET name = %(name)s::text, account = %(account)s::text, credentials = %(credentials)s::bytea,
       settings = %(settings)s::jsonb, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: archive
UPDATE inboxes SET archived_at = %(now)s::timestamptz, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND archived_at IS NULL;

-- name: set_health
UPDATE inboxes SET health = %(health)s::text, health_detail = %(detail)s::text, health_facts = %(facts)s::jsonb,
       checked_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: credentials_changed
UPDATE inboxes SET credentials_at = %(now)s::timestamptz, health = 'unchecked', health_detail = ''
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: credentials_at
SELECT credentials_at FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: notify
SELECT pg_notify('madoguchi_inboxes', %(workspace_id)s::text || ' ' || %(id)s::text || ' ' || %(webhook_key)s::text);

-- name: set_aside_page
SELECT s.id, s.inbox_id, s.ingest_id, s.event_index, s.reason, s.detail, s.created_at, s.resolved_at,
       substring(l.body FROM 1 FOR 4000) AS body
  FROM set_aside s
  LEFT JOIN ingest_log l ON l.workspace_id = s.workspace_id AND l.id = s.ingest_id
 WHERE s.workspace_id = %(workspace_id)s::uuid AND s.id < %(before)s::uuid
   AND (%(inbox_id)s::uuid IS NULL OR s.inbox_id = %(inbox_id)s::uuid)
   AND (s.resolved_at IS NULL OR %(resolved)s::boolean)
 ORDER BY s.id DESC LIMIT %(limit)s::int;

-- name: set_aside_by_id
SELECT s.id, s.ingest_id, s.resolved_at, l.id IS NOT NULL AS kept FROM set_aside s
  LEFT JOIN ingest_log l ON l.workspace_id = s.workspace_id AND l.id = s.ingest_id
 WHERE s.workspace_id = %(workspace_id)s::uuid AND s.id = %(id)s::uuid;

-- name: queue_again
INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot)
SELECT l.workspace_id, l.id, l.inbox_id, i.slot FROM ingest_log l
  JOIN inboxes i ON i.workspace_id = l.workspace_id AND i.id = l.inbox_id
 WHERE l.workspace_id = %(workspace_id)s::uuid AND l.id = %(ingest_id)s::uuid
ON CONFLICT (workspace_id, id) DO NOTHING;

-- name: resolve
-- The whole request is processed again: its other events have the effect of once, by their keys.
UPDATE set_aside SET resolved_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND ingest_id = %(ingest_id)s::uuid AND resolved_at IS NULL;

-- name: wake_inbound
SELECT pg_notify('madoguchi_ingest', '');
