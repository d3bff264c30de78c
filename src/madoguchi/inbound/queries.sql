-- Batches come as one JSON document where they have many columns: encoding it costs a third of filling as many arrays.

-- name: append
-- The log, the queue and the call to the worker in one statement, one round trip: what is acknowledged is durable and
-- will be processed.
WITH given AS (
    SELECT * FROM unnest(%(workspaces)b::uuid[], %(ids)b::uuid[], %(inboxes)b::uuid[], %(slots)b::int2[],
                         %(headers)b::text[], %(bodies)b::bytea[])
               AS g (workspace_id, id, inbox_id, slot, headers, body)
), logged AS (
    INSERT INTO ingest_log (workspace_id, id, inbox_id, received_at, headers, body)
    SELECT workspace_id, id, inbox_id, %(now)s::timestamptz, headers::jsonb, body FROM given
), queued AS (
    INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot)
    SELECT workspace_id, id, inbox_id, slot FROM given
)
SELECT pg_notify('madoguchi_ingest', '');

-- name: take
-- At most 16 MB of bodies and one more: a backlog of 3 MB each must fit into the worker and into one transaction.
SELECT workspace_id, id, inbox_id, headers, body
  FROM (SELECT q.workspace_id, q.id, q.inbox_id, l.headers, l.body,
               sum(octet_length(l.body)) OVER (ORDER BY q.slot, q.id) - octet_length(l.body) AS bytes_before
          FROM (SELECT * FROM ingest_queue WHERE slot = ANY (%(slots)s::smallint[]) ORDER BY slot, id LIMIT %(limit)s) q
          JOIN ingest_log l ON l.workspace_id = q.workspace_id AND l.id = q.id) taken
 WHERE bytes_before < 16000000
 ORDER BY id;

-- name: done
-- Ids are unique across workspaces; two lists let the index find the rows even while it looks small to the planner (a join
-- read the whole backlog with each batch).
DELETE FROM ingest_queue WHERE workspace_id = ANY (%(workspaces)s::uuid[]) AND id = ANY (%(ids)s::uuid[]);

-- name: backlog
SELECT count(*) AS n FROM (SELECT 1 FROM ingest_queue LIMIT 100000) q;

-- name: set_aside
INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, event_index, reason, detail, created_at)
SELECT g.workspace_id, g.id, g.inbox_id, g.ingest_id, g.event_index, g.reason, g.detail, %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(inboxes)s::uuid[], %(ingests)s::uuid[],
              %(indexes)s::int[], %(reasons)s::text[], %(details)s::text[])
           AS g (workspace_id, id, inbox_id, ingest_id, event_index, reason, detail)
ON CONFLICT (workspace_id, ingest_id, event_index)
DO UPDATE SET detail = excluded.detail, created_at = excluded.created_at, resolved_at = NULL;

-- name: find_people
-- For each identity of the batch: the contact it leads to, and that contact's thread in this inbox.
SELECT g.position, ci.contact_id, ci.verified, v.id AS conversation_id
  FROM ROWS FROM (json_to_recordset(%(rows)s::json) AS (workspace_id uuid, inbox_id uuid, channel text, kind text, value text))
           WITH ORDINALITY AS g (workspace_id, inbox_id, channel, kind, value, position)
  JOIN contact_identities ci ON ci.workspace_id = g.workspace_id AND ci.channel = g.channel AND ci.scope = ''
                            AND ci.kind = g.kind AND ci.value = g.value
  LEFT JOIN conversations v ON v.workspace_id = ci.workspace_id AND v.inbox_id = g.inbox_id
                           AND v.contact_id = ci.contact_id AND v.thread = '';

-- name: add_identities
-- New identities, and the contacts that are new with them; a key that somebody else took meanwhile is left out, the
-- caller counts and starts again.
WITH given AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(contacts)s::uuid[], %(new)s::boolean[],
                         %(channels)s::text[], %(kinds)s::text[], %(values)s::text[], %(vouched)s::boolean[],
                         %(names)s::text[], %(attributes)s::jsonb[])
               AS g (workspace_id, id, contact_id, is_new, channel, kind, value, vouched, name, attributes)
), added AS (
    INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)
    SELECT workspace_id, id, contact_id, channel, kind, value, vouched, %(now)s::timestamptz FROM given
    ON CONFLICT (workspace_id, channel, scope, kind, value) DO NOTHING
    RETURNING workspace_id, id, contact_id
), people AS (
    INSERT INTO contacts (workspace_id, id, name, attributes, created_at, updated_at)
    SELECT DISTINCT ON (g.workspace_id, g.contact_id)
           g.workspace_id, g.contact_id, g.name, g.attributes, %(now)s::timestamptz, %(now)s::timestamptz
      FROM added a JOIN given g ON g.workspace_id = a.workspace_id AND g.id = a.id
     WHERE g.is_new
    ON CONFLICT (workspace_id, id) DO NOTHING
)
SELECT count(*) AS n FROM added;

-- name: name_contacts
WITH given AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(contacts)s::uuid[], %(names)s::text[]) AS g (workspace_id, contact_id, name)
), vouched AS (
    UPDATE contact_identities ci SET verified = true
      FROM json_to_recordset(%(vouched)s::json) AS k (workspace_id uuid, channel text, kind text, value text)
     WHERE ci.workspace_id = k.workspace_id AND ci.channel = k.channel AND ci.scope = '' AND ci.kind = k.kind
       AND ci.value = k.value
)
UPDATE contacts c SET name = g.name, updated_at = %(now)s::timestamptz FROM given g
 WHERE c.workspace_id = g.workspace_id AND c.id = g.contact_id AND c.name = '' AND g.name <> '';

-- name: open_conversations
INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, thread, subject, status, last_activity_id, created_at,
                           updated_at)
SELECT g.workspace_id, g.id, g.inbox_id, g.contact_id, g.thread, g.subject, g.status, g.id, %(now)s::timestamptz,
       %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(inboxes)s::uuid[], %(contacts)s::uuid[], %(threads)s::text[],
              %(subjects)s::text[], %(statuses)s::text[])
           AS g (workspace_id, id, inbox_id, contact_id, thread, subject, status)
ON CONFLICT (workspace_id, inbox_id, contact_id, thread) DO NOTHING
RETURNING id;

-- name: add_messages
-- The unique key on the provider's id decides what is new; a repeated webhook adds nothing and changes nothing below, nor
-- does word from elsewhere of a message that left from here. `by_us` and `status` are given for the rarer kinds only.
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status, author_kind,
                      author_id, reply_to, reply_to_provider_id, provider_id, created_at, sent_at)
SELECT g.workspace_id, g.id, g.conversation_id, g.inbox_id, CASE WHEN g.by_us THEN 'out' ELSE 'in' END, g.type, g.text,
       g.data, CASE WHEN g.by_us THEN g.status ELSE 'received' END, CASE WHEN g.by_us THEN 'agent' ELSE 'contact' END,
       CASE WHEN g.by_us THEN NULL ELSE g.contact_id END,
       CASE WHEN g.reply_to IS NOT NULL THEN
           (SELECT q.id FROM messages q
             WHERE q.workspace_id = g.workspace_id AND q.inbox_id = g.inbox_id AND q.provider_id = g.reply_to) END,
       g.reply_to, g.provider_id, g.sent_at, CASE WHEN g.by_us THEN g.sent_at END
  FROM json_to_recordset(%(rows)s::json)
           AS g (workspace_id uuid, id uuid, conversation_id uuid, inbox_id uuid, contact_id uuid, type text, text text,
                 data jsonb, reply_to text, provider_id text, sent_at timestamptz, by_us boolean, status text)
ON CONFLICT (workspace_id, inbox_id, provider_id) DO NOTHING
RETURNING id;

-- name: fill_placeholders
-- The archive names a file first and hands it over later, under the same id.
UPDATE messages m SET type = g.type, text = g.text, data = g.data
  FROM json_to_recordset(%(rows)s::json)
           AS g (workspace_id uuid, inbox_id uuid, type text, text text, data jsonb, provider_id text)
 WHERE m.workspace_id = g.workspace_id AND m.inbox_id = g.inbox_id AND m.provider_id = g.provider_id
   AND m.type = 'unsupported' AND m.data -> 'unsupported' ->> 'reason' = 'file_follows'
RETURNING m.workspace_id, m.id, m.provider_id;

-- name: touch_conversations
-- What we wrote elsewhere and what comes from an archive are news to nobody: the conversation stays as it is.
UPDATE conversations v
   SET unread = v.unread + g.unread,
       last_message_id = greatest(v.last_message_id, g.last_id),
       last_activity_id = greatest(v.last_activity_id, g.last_id),
       last_inbound_at = greatest(v.last_inbound_at, g.sent_at),
       window_closes_at = greatest(v.window_closes_at, g.closes_at),
       entered_at = greatest(v.entered_at, g.entered_at),
       waiting_since = CASE WHEN g.since IS NULL THEN CASE WHEN g.answered THEN NULL ELSE v.waiting_since END
                            WHEN g.answered OR v.status = 'closed' OR v.waiting_since IS NULL THEN g.since
                            ELSE v.waiting_since END,
       status = CASE WHEN g.unread > 0 THEN 'open' ELSE v.status END,
       snoozed_until = CASE WHEN g.unread > 0 THEN NULL ELSE v.snoozed_until END,
       updated_at = %(now)s::timestamptz
  FROM json_to_recordset(%(rows)s::json)
           AS g (workspace_id uuid, id uuid, unread int, last_id uuid, since timestamptz, answered boolean,
                 sent_at timestamptz, closes_at timestamptz, entered_at timestamptz)
 WHERE v.workspace_id = g.workspace_id AND v.id = g.id AND v.survivor_id IS NULL;

-- name: known_targets
SELECT g.position, m.id AS message_id, m.conversation_id, m.direction
  FROM unnest(%(workspaces)s::uuid[], %(inboxes)s::uuid[], %(targets)s::text[])
           WITH ORDINALITY AS g (workspace_id, inbox_id, target, position)
  JOIN messages m ON m.workspace_id = g.workspace_id AND m.inbox_id = g.inbox_id AND m.provider_id = g.target;

-- name: keep_waiting
INSERT INTO waiting_remarks (workspace_id, inbox_id, target, provider_id, received_at, payload)
SELECT g.workspace_id, g.inbox_id, g.target, g.provider_id, %(now)s::timestamptz, g.payload
  FROM json_to_recordset(%(rows)s::json)
           AS g (workspace_id uuid, inbox_id uuid, target text, provider_id text, payload jsonb)
ON CONFLICT (workspace_id, inbox_id, target, provider_id) DO NOTHING;

-- name: matched_remarks
-- Remarks whose message has become known since; taken out, to be applied in the same transaction.
DELETE FROM waiting_remarks w
 USING messages m, inboxes i
 WHERE w.received_at > %(since)s::timestamptz
   AND i.slot = ANY (%(slots)s::smallint[]) AND i.workspace_id = w.workspace_id AND i.id = w.inbox_id
   AND m.workspace_id = w.workspace_id AND m.inbox_id = w.inbox_id AND m.provider_id = w.target
RETURNING w.workspace_id, w.inbox_id, w.payload;

-- name: message_to_change
SELECT m.text, m.data, m.created_at FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(id)s::uuid
   FOR NO KEY UPDATE;

-- name: change_message
UPDATE messages SET text = %(text)s::text, data = %(data)s::jsonb
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: name_nameless
UPDATE contacts c SET name = g.name, updated_at = %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(contacts)s::uuid[], %(names)s::text[]) AS g (workspace_id, contact_id, name)
 WHERE c.workspace_id = g.workspace_id AND c.id = g.contact_id AND c.name = '' AND g.name <> '';

-- name: note_identity
-- In the person's thread, so that whoever reads it knows; once for each notice of the provider.
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status, author_kind, author_id,
                      provider_id, created_at)
SELECT v.workspace_id, %(id)s::uuid, v.id, v.inbox_id, 'in', 'system', %(text)s::text, %(data)s::jsonb, 'received', 'contact',
       v.contact_id, %(provider_id)s::text, %(at)s::timestamptz
  FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.inbox_id = %(inbox_id)s::uuid AND v.contact_id = %(contact_id)s::uuid
   AND v.thread = ''
ON CONFLICT (workspace_id, inbox_id, provider_id) DO NOTHING
RETURNING id, conversation_id;

-- name: set_reactions
-- The newest word counts, whatever order the webhooks come in.
INSERT INTO reactions (workspace_id, message_id, author_kind, author_id, emoji, reacted_at)
SELECT DISTINCT ON (g.workspace_id, g.message_id, g.author_kind, g.author_id)
       g.workspace_id, g.message_id, g.author_kind, g.author_id, g.emoji, g.reacted_at
  FROM unnest(%(workspaces)s::uuid[], %(messages)s::uuid[], %(kinds)s::text[], %(authors)s::uuid[], %(emojis)s::text[],
              %(reacted)s::timestamptz[])
           WITH ORDINALITY AS g (workspace_id, message_id, author_kind, author_id, emoji, reacted_at, position)
 ORDER BY g.workspace_id, g.message_id, g.author_kind, g.author_id, g.reacted_at DESC, g.position DESC
ON CONFLICT (workspace_id, message_id, author_kind, author_id)
DO UPDATE SET emoji = excluded.emoji, reacted_at = excluded.reacted_at
 WHERE reactions.reacted_at <= excluded.reacted_at
RETURNING workspace_id, message_id;

-- name: identity_contact
-- The previous keys stand first: a new number may have been somebody else's before.
SELECT ci.contact_id
  FROM unnest(%(kinds)s::text[], %(values)s::text[]) WITH ORDINALITY AS known (kind, value, position)
  JOIN contact_identities ci ON ci.workspace_id = %(workspace_id)s::uuid AND ci.channel = %(channel)s::text
                            AND ci.scope = '' AND ci.kind = known.kind AND ci.value = known.value
 ORDER BY known.position LIMIT 1;

-- name: retire_identities
UPDATE contact_identities SET current = false
 WHERE workspace_id = %(workspace_id)s::uuid AND channel = %(channel)s::text AND scope = '' AND contact_id = %(contact_id)s::uuid
   AND (kind, value) IN (SELECT * FROM unnest(%(kinds)s::text[], %(values)s::text[]));

-- name: repoint_identities
INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, created_at)
SELECT %(workspace_id)s::uuid, g.id, %(contact_id)s::uuid, %(channel)s::text, g.kind, g.value, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(values)s::text[]) AS g (id, kind, value)
ON CONFLICT (workspace_id, channel, scope, kind, value)
DO UPDATE SET contact_id = excluded.contact_id, current = true;
