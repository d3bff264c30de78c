-- name: situation
-- Everything the rules look at for one conversation; locked, because a claim must not change under a send.
SELECT v.id AS conversation_id, v.survivor_id, v.inbox_id, v.contact_id, v.assignee_id, v.claim, v.window_closes_at,
       i.channel, i.health, i.slot, i.archived_at, i.settings,
       -- Not joined: a row that was waited for is read anew, what is joined to it is not.
       (SELECT a.name FROM agents a WHERE a.workspace_id = v.workspace_id AND a.id = v.assignee_id) AS assignee_name,
       ARRAY(SELECT DISTINCT ci.kind FROM contact_identities ci
              WHERE ci.workspace_id = v.workspace_id AND ci.contact_id = v.contact_id
                AND ci.channel = i.channel AND ci.current) AS identity_kinds,
       EXISTS (SELECT 1 FROM blocked_identities b
                 JOIN contact_identities bi ON bi.workspace_id = b.workspace_id AND bi.id = b.identity_id
                WHERE b.workspace_id = v.workspace_id AND b.inbox_id = v.inbox_id AND bi.contact_id = v.contact_id) AS blocked,
       (SELECT jsonb_object_agg(latest.purpose, latest.state)
          FROM (SELECT DISTINCT ON (s.purpose) s.purpose, s.state FROM consents s
                      WHERE s.workspace_id = v.workspace_id AND s.contact_id = v.contact_id AND s.channel = i.channel
                 ORDER BY s.purpose, s.id DESC) latest) AS consents
  FROM conversations v
  JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid
   FOR NO KEY UPDATE OF v;

-- name: template
SELECT name, language, category, status, components, parameter_format, quality, provider_id, reason
  FROM templates
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   AND name = %(name)s::text AND language = %(language)s::text;

-- name: media
SELECT id, name, content_type, size, storage_key, state, provider_ids ->> %(inbox_id)s::text AS provider_id
  FROM media
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND message_id IS NULL;

-- name: reply_target
SELECT id, provider_id, direction, type, created_at FROM messages
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND conversation_id IN (
       SELECT %(conversation_id)s::uuid
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(conversation_id)s::uuid);

-- name: write_message
-- One conditional statement: nothing is written unless the writer still holds the conversation (or nobody does).
WITH held AS (
    UPDATE conversations v
       SET last_message_id = CASE WHEN %(type)s::text = 'reaction' OR %(scheduled)s::boolean THEN v.last_message_id
                                  ELSE %(id)s::uuid END,
           last_activity_id = CASE WHEN %(scheduled)s::boolean THEN v.last_activity_id ELSE %(id)s::uuid END,
           assignee_id = coalesce(v.assignee_id, %(claims_for)s::uuid),
           claim = v.claim + CASE WHEN v.assignee_id IS NULL AND %(claims_for)s::uuid IS NOT NULL THEN 1 ELSE 0 END,
           status = CASE WHEN %(author_kind)s::text = 'agent' AND NOT %(scheduled)s::boolean THEN 'open' ELSE v.status END,
           -- What leaves later has not answered anybody yet; neither has a reaction.
           waiting_since = CASE WHEN %(type)s::text = 'reaction' OR %(scheduled)s::boolean THEN v.waiting_since END,
           failed_at = CASE WHEN %(type)s::text = 'reaction' OR %(scheduled)s::boolean THEN v.failed_at END,
           -- The first answer to somebody who came by an advertisement; the provider's own word corrects the time.
           free_until = CASE WHEN v.entered_at >= %(entered_since)s::timestamptz AND %(type)s::text <> 'reaction'
                              AND NOT %(scheduled)s::boolean
                              AND (v.free_until IS NULL OR v.free_until < v.entered_at)
                             THEN %(free_until)s::timestamptz ELSE v.free_until END,
           updated_at = %(now)s::timestamptz
     WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(conversation_id)s::uuid
       AND (v.assignee_id IS NULL OR v.assignee_id = %(agent_id)s::uuid OR %(confirms)s::boolean)
       AND (%(claim)s::bigint IS NULL OR v.claim = %(claim)s::bigint)
    RETURNING v.workspace_id, v.id, v.inbox_id, v.claim
), message AS (
    INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status,
                          author_kind, author_id, claim, reply_to, reply_to_provider_id, created_at)
    SELECT held.workspace_id, %(id)s::uuid, held.id, held.inbox_id, 'out', %(type)s::text, %(text)s::text,
           %(data)s::jsonb, CASE WHEN %(scheduled)s::boolean THEN 'scheduled' ELSE 'queued' END,
           %(author_kind)s::text, %(agent_id)s::uuid, held.claim, %(reply_to)s::uuid, %(reply_to_provider_id)s::text,
           %(now)s::timestamptz
      FROM held
    RETURNING workspace_id, id, inbox_id, conversation_id, claim
)
INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, lane, due_at, scheduled, held)
SELECT m.workspace_id, m.id, m.inbox_id, m.conversation_id, %(slot)s::smallint, %(lane)s::smallint,
       %(due_at)s::timestamptz, %(scheduled)s::boolean, %(held)s::boolean
  FROM message m
RETURNING message_id, (SELECT claim FROM held) AS claim;

-- name: attach_media
UPDATE media m SET message_id = %(message_id)s::uuid, position = given.position - 1
  FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS given (id, position)
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = given.id AND m.message_id IS NULL;

-- name: set_reaction
INSERT INTO reactions (workspace_id, message_id, author_kind, author_id, emoji, reacted_at)
VALUES (%(workspace_id)s::uuid, %(message_id)s::uuid, 'agent', %(author_id)s::uuid, %(emoji)s::text, %(now)s::timestamptz)
ON CONFLICT (workspace_id, message_id, author_kind, author_id)
DO UPDATE SET emoji = excluded.emoji, reacted_at = excluded.reacted_at;

-- name: wake
SELECT pg_notify('madoguchi_outbox', %(inbox_id)s::text);

-- name: retriable
-- What was written in the provider's own app is not ours to send. Of a merged thread the one that shows it decides who may.
SELECT m.id, m.status, m.type,
       coalesce((SELECT v.survivor_id FROM conversations v
                  WHERE v.workspace_id = m.workspace_id AND v.id = m.conversation_id), m.conversation_id) AS conversation_id
  FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(id)s::uuid AND m.direction = 'out'
   AND m.data ->> 'source' IS DISTINCT FROM 'app'
   FOR UPDATE;

-- name: queue_again
-- All parts see the message as it was: what the tries so far came to is kept, and everything about it begins anew.
WITH earlier AS (
    INSERT INTO earlier_sends (workspace_id, message_id, number, provider_id, status, error, attempts, ended_at)
    SELECT workspace_id, id, retries + 1, provider_id, status, error, attempts, %(now)s::timestamptz FROM messages
     WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
), message AS (
    UPDATE messages SET status = 'queued', error = NULL, sent_at = NULL, failed_at = NULL, provider_id = NULL,
                        attempts = 0, retries = retries + 1
     WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
    RETURNING workspace_id, id, inbox_id, conversation_id
), forgotten AS (
    DELETE FROM message_statuses WHERE workspace_id = %(workspace_id)s::uuid AND message_id = %(id)s::uuid
)
INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, due_at)
SELECT workspace_id, id, inbox_id, conversation_id, %(slot)s::smallint, %(now)s::timestamptz FROM message
ON CONFLICT DO NOTHING;

-- name: active_inboxes
-- Inboxes of these slots that have something due; one index probe each.
SELECT i.workspace_id, i.id, i.channel, i.health_facts AS facts FROM inboxes i
 WHERE i.slot = ANY (%(slots)s::smallint[]) AND i.health <> 'down' AND i.held_reason IS NULL
   AND EXISTS (SELECT 1 FROM outbox o
                WHERE o.workspace_id = i.workspace_id AND o.inbox_id = i.id AND NOT o.sending
                  AND o.due_at <= %(now)s::timestamptz);

-- name: take
-- What may leave now, per inbox as much as its rate allows. A conversation whose earlier message is on its way, waits for
-- its next try or would be taken after this one is passed over: one contact's messages stay in order.
SELECT o.workspace_id, o.message_id, o.inbox_id, o.conversation_id, o.slot, o.lane, o.attempts, o.scheduled
  FROM unnest(%(workspaces)s::uuid[], %(inboxes)s::uuid[], %(limits)s::int[]) AS w (workspace_id, inbox_id, most)
 CROSS JOIN LATERAL (
       SELECT o.* FROM outbox o
        WHERE o.workspace_id = w.workspace_id AND o.inbox_id = w.inbox_id AND NOT o.sending
          AND o.due_at <= %(now)s::timestamptz AND o.lane <= %(last_lane)s::smallint
          AND NOT EXISTS (
              SELECT 1 FROM outbox earlier
               WHERE earlier.workspace_id = o.workspace_id AND earlier.conversation_id = o.conversation_id
                 AND earlier.message_id < o.message_id
                 AND (earlier.sending
                      OR (NOT earlier.scheduled AND earlier.due_at > o.due_at)
                      -- It is passed over itself: what was written while both waited must not overtake it.
                      OR (NOT earlier.scheduled AND EXISTS (
                          SELECT 1 FROM outbox before
                           WHERE before.workspace_id = o.workspace_id AND before.conversation_id = o.conversation_id
                             AND before.message_id < earlier.message_id AND NOT before.scheduled
                             AND before.due_at > earlier.due_at))))
        ORDER BY o.lane, o.due_at, o.message_id
        LIMIT w.most) o
 ORDER BY o.lane, o.message_id;

-- name: mark_sending
WITH marked AS (
    UPDATE outbox o SET sending = true, attempts = o.attempts + 1
      FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS t (workspace_id, id)
     WHERE o.workspace_id = t.workspace_id AND o.message_id = t.id AND NOT o.sending
    RETURNING o.workspace_id, o.message_id
), message AS (
    UPDATE messages m SET status = 'sending', attempts = m.attempts + 1 FROM marked
     WHERE m.workspace_id = marked.workspace_id AND m.id = marked.message_id
    RETURNING m.workspace_id, m.id, m.conversation_id, m.inbox_id, m.type, m.text, m.data, m.claim, m.status,
              m.reply_to_provider_id, m.created_at, m.author_kind, m.author_id, m.retries
), begun AS (
    -- Whom we wrote to first, once in 24 hours: what the provider's limit counts.
    INSERT INTO begun_contacts (workspace_id, channel, contact_id, at)
    SELECT DISTINCT m.workspace_id, i.channel, v.contact_id, %(now)s::timestamptz
      FROM message m
      JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
      JOIN inboxes i ON i.workspace_id = m.workspace_id AND i.id = m.inbox_id
     WHERE m.type = 'template' AND (v.window_closes_at IS NULL OR v.window_closes_at <= %(now)s::timestamptz)
    ON CONFLICT (workspace_id, channel, contact_id) DO UPDATE SET at = excluded.at
     WHERE begun_contacts.at <= excluded.at - interval '24 hours'
)
SELECT m.workspace_id, m.id, m.conversation_id, m.inbox_id, m.type, m.text, m.data, m.claim, m.retries, m.author_kind,
       v.subject, v.thread <> '' AS in_thread,
       CASE WHEN v.thread <> '' AND m.author_kind = 'agent' THEN
           (SELECT a.preferences ->> 'signature' FROM agents a
             WHERE a.workspace_id = m.workspace_id AND a.id = m.author_id) END AS signature,
       -- The ids of what was said before, for channels that thread by them; for the others this is not even looked at.
       CASE WHEN v.thread <> '' THEN ARRAY(
           SELECT e.reference
             FROM (SELECT m.conversation_id AS id
                   UNION ALL
                   SELECT g.id FROM conversations g
                    WHERE g.workspace_id = m.workspace_id AND g.survivor_id = m.conversation_id) t
            CROSS JOIN LATERAL (
                  SELECT e.id, coalesce(e.data ->> 'message_id', e.provider_id) AS reference FROM messages e
                   WHERE e.workspace_id = m.workspace_id AND e.conversation_id = t.id AND e.id < m.id
                     AND e.provider_id IS NOT NULL
                   ORDER BY e.id DESC LIMIT 20) e
            ORDER BY e.id DESC LIMIT 20) END AS earlier,
       m.reply_to_provider_id, v.claim AS current_claim, v.window_closes_at, v.contact_id,
       i.channel, i.health, i.archived_at, i.settings,
       ARRAY(SELECT ARRAY[ci.kind, ci.value] FROM contact_identities ci
              WHERE ci.workspace_id = m.workspace_id AND ci.contact_id = v.contact_id
                AND ci.channel = i.channel AND ci.current ORDER BY ci.id DESC) AS identities,
       EXISTS (SELECT 1 FROM blocked_identities b
                 JOIN contact_identities bi ON bi.workspace_id = b.workspace_id AND bi.id = b.identity_id
                WHERE b.workspace_id = v.workspace_id AND b.inbox_id = v.inbox_id AND bi.contact_id = v.contact_id) AS blocked,
       (SELECT jsonb_object_agg(latest.purpose, latest.state)
          FROM (SELECT DISTINCT ON (s.purpose) s.purpose, s.state FROM consents s
                      WHERE s.workspace_id = m.workspace_id AND s.contact_id = v.contact_id AND s.channel = i.channel
                 ORDER BY s.purpose, s.id DESC) latest) AS consents,
       (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'content_type', f.content_type, 'size', f.size,
                         'storage_key', f.storage_key, 'provider_id', f.provider_ids ->> m.inbox_id::text)
                         ORDER BY f.position)
          FROM media f WHERE f.workspace_id = m.workspace_id AND f.message_id = m.id) AS media,
       (SELECT jsonb_build_object('name', t.name, 'language', t.language, 'category', t.category, 'status', t.status,
                         'components', t.components, 'parameter_format', t.parameter_format, 'quality', t.quality,
                         'provider_id', t.provider_id, 'reason', t.reason)
          FROM templates t
         WHERE m.type = 'template' AND t.workspace_id = m.workspace_id AND t.inbox_id = m.inbox_id
           AND t.name = m.data -> 'template' ->> 'name' AND t.language = m.data -> 'template' ->> 'language') AS template
  FROM message m
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
  JOIN inboxes i ON i.workspace_id = m.workspace_id AND i.id = m.inbox_id
 ORDER BY m.id;

-- name: abandon_sending
-- A slot came from a dead worker: what it was sending may or may not have reached the provider.
WITH lost AS (
    DELETE FROM outbox o WHERE o.slot = ANY (%(slots)s::smallint[]) AND o.sending
    RETURNING o.workspace_id, o.message_id
)
UPDATE messages m SET status = 'uncertain' FROM lost
 WHERE m.workspace_id = lost.workspace_id AND m.id = lost.message_id AND m.status = 'sending'
RETURNING m.workspace_id, m.id;

-- name: sending_left
SELECT count(*) AS n FROM outbox WHERE slot = ANY (%(slots)s::smallint[]) AND sending;

-- name: record_accepted
WITH result AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(provider_ids)s::text[], %(held)s::boolean[],
                         %(shown)s::jsonb[])
                   AS r (workspace_id, id, provider_id, held, shown)
), done AS (
    DELETE FROM outbox o USING result r WHERE o.workspace_id = r.workspace_id AND o.message_id = r.id
)
UPDATE messages m
   SET provider_id = r.provider_id,
       status = CASE WHEN m.status IN ('queued', 'sending', 'uncertain') THEN 'sent' ELSE m.status END,
       -- Its receipt may have overtaken the answer: then it is not held any more.
       data = (CASE WHEN r.held AND m.sent_at IS NULL THEN m.data || '{"held": true}' ELSE m.data END
               || coalesce(r.shown, '{}')) - 'begun',
       sent_at = coalesce(m.sent_at, %(now)s::timestamptz)
  FROM result r
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id;

-- name: forget_echo
-- The provider told of our message, as of one from elsewhere, before its answer to us was written down.
DELETE FROM messages m WHERE m.workspace_id = %(workspace_id)s::uuid AND m.inbox_id = %(inbox_id)s::uuid
   AND m.provider_id = %(provider_id)s::text AND m.id <> %(id)s::uuid AND m.direction = 'out'
   AND m.data ->> 'source' = 'app'
RETURNING m.id;

-- name: record_failed
WITH result AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(errors)s::jsonb[]) AS r (workspace_id, id, error)
), done AS (
    DELETE FROM outbox o USING result r WHERE o.workspace_id = r.workspace_id AND o.message_id = r.id
)
UPDATE messages m SET status = 'failed', error = r.error, failed_at = %(now)s::timestamptz
  FROM result r
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.status IN ('queued', 'sending', 'uncertain', 'sent');

-- name: record_uncertain
WITH result AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS r (workspace_id, id)
), done AS (
    DELETE FROM outbox o USING result r WHERE o.workspace_id = r.workspace_id AND o.message_id = r.id
)
UPDATE messages m SET status = 'uncertain' FROM result r
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.status = 'sending';

-- name: record_postponed
-- `counted` false: the try did not reach the provider and does not count; a scheduled message then still waits for the
-- look at its claim.
WITH result AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(due)s::timestamptz[], %(counted)s::boolean[],
                         %(begun)s::jsonb[])
               AS r (workspace_id, id, due_at, counted, begun)
), waiting AS (
    UPDATE outbox o SET sending = false, scheduled = o.scheduled AND NOT r.counted, due_at = r.due_at,
           attempts = o.attempts - CASE WHEN r.counted THEN 0 ELSE 1 END
      FROM result r WHERE o.workspace_id = r.workspace_id AND o.message_id = r.id
)
UPDATE messages m SET status = 'queued', attempts = m.attempts - CASE WHEN r.counted THEN 0 ELSE 1 END,
       data = CASE WHEN r.begun IS NULL THEN m.data ELSE m.data || jsonb_build_object('begun', r.begun) END
  FROM result r
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.status = 'sending';

-- name: record_asked
-- Scheduled, due, and not allowed any more: nothing was sent, and somebody is asked. The line that says so brings the
-- conversation up.
WITH result AS (
    SELECT * FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(asks)s::jsonb[], %(lines)s::uuid[])
               AS r (workspace_id, id, asks, line)
), waiting AS (
    UPDATE outbox o SET sending = false, attempts = o.attempts - 1, due_at = 'infinity',
                        asks = r.asks || jsonb_build_object('at', o.due_at)
      FROM result r WHERE o.workspace_id = r.workspace_id AND o.message_id = r.id AND o.sending
), message AS (
    UPDATE messages m SET status = 'scheduled', attempts = m.attempts - 1
      FROM result r WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.status = 'sending'
    RETURNING m.workspace_id, m.id, m.conversation_id, m.inbox_id, m.author_id, r.asks, r.line
), line AS (
    INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, data, status, author_kind,
                          created_at, sent_at)
    SELECT m.workspace_id, m.line, m.conversation_id, m.inbox_id, 'out', 'system',
           jsonb_build_object('system', jsonb_build_object('kind', 'schedule_asks', 'by', NULL, 'message_id', m.id,
               'code', m.asks ->> 'code',
               'agent', CASE WHEN a.id IS NOT NULL THEN jsonb_build_object('id', a.id, 'name', a.name) END)),
           'sent', 'system', %(now)s::timestamptz, %(now)s::timestamptz
      FROM message m LEFT JOIN agents a ON a.workspace_id = m.workspace_id AND a.id = m.author_id
), raised AS (
    SELECT workspace_id, conversation_id, max(line::text)::uuid AS line FROM message GROUP BY workspace_id, conversation_id
), moved AS (
    UPDATE conversations v SET last_activity_id = r.line, last_message_id = r.line, updated_at = %(now)s::timestamptz
      FROM raised r WHERE v.workspace_id = r.workspace_id AND v.id = r.conversation_id
)
SELECT workspace_id, id, conversation_id, line FROM message;

-- name: answered
-- Messages that waited for their time have left: now they are the conversation's last words, and an answer.
UPDATE conversations v
   SET last_message_id = greatest(v.last_message_id, r.id), last_activity_id = greatest(v.last_activity_id, r.id),
       waiting_since = NULL, failed_at = NULL, updated_at = %(now)s::timestamptz
  FROM (SELECT m.workspace_id, m.conversation_id, max(m.id::text)::uuid AS id
          FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS r (workspace_id, id)
          JOIN messages m ON m.workspace_id = r.workspace_id AND m.id = r.id
         GROUP BY m.workspace_id, m.conversation_id) r
 WHERE v.workspace_id = r.workspace_id AND v.id = r.conversation_id
RETURNING v.workspace_id, v.id;

-- name: close_window
UPDATE conversations v SET window_closes_at = least(v.window_closes_at, %(now)s::timestamptz)
  FROM messages m, unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS r (workspace_id, id)
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id
   AND v.workspace_id = m.workspace_id AND v.id = m.conversation_id
RETURNING v.workspace_id, v.id;

-- name: keep_provider_media
UPDATE media f SET provider_ids = f.provider_ids || jsonb_build_object(%(inbox_id)s::text, r.provider_id)
  FROM unnest(%(ids)s::uuid[], %(provider_ids)s::text[]) AS r (id, provider_id)
 WHERE f.workspace_id = %(workspace_id)s::uuid AND f.id = r.id;

-- name: forget_uploads
UPDATE media f SET provider_ids = f.provider_ids - m.inbox_id::text
  FROM messages m, unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS r (workspace_id, id)
 WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND f.workspace_id = m.workspace_id AND f.message_id = m.id;

-- name: learn_identities
-- The provider vouches that the keys are one account, not that it is this person's, as long as they have never written.
INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)
SELECT m.workspace_id, r.identity_id, v.contact_id, i.channel, r.kind, r.value,
       EXISTS (SELECT 1 FROM contact_identities k WHERE k.workspace_id = v.workspace_id AND k.contact_id = v.contact_id
                  AND k.channel = i.channel AND k.verified),
       %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(messages)s::uuid[], %(identity_ids)s::uuid[], %(kinds)s::text[], %(values)s::text[])
           AS r (workspace_id, message_id, identity_id, kind, value)
  JOIN messages m ON m.workspace_id = r.workspace_id AND m.id = r.message_id
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
  JOIN inboxes i ON i.workspace_id = m.workspace_id AND i.id = m.inbox_id
ON CONFLICT (workspace_id, channel, scope, kind, value) DO NOTHING;

-- name: conversation_for_address
SELECT v.id FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.inbox_id = %(inbox_id)s::uuid AND v.thread = ''
   AND v.contact_id = (SELECT ci.contact_id FROM contact_identities ci
                        WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.channel = %(channel)s::text
                          AND ci.scope = '' AND ci.kind = %(kind)s::text AND ci.value = %(value)s::text);

-- name: contact_for_address
WITH identity AS (
    INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)
    VALUES (%(workspace_id)s::uuid, %(identity_id)s::uuid, %(contact_id)s::uuid, %(channel)s::text, %(kind)s::text,
            %(value)s::text, false, %(now)s::timestamptz)
    ON CONFLICT (workspace_id, channel, scope, kind, value) DO UPDATE SET value = excluded.value
    RETURNING contact_id
), contact AS (
    INSERT INTO contacts (workspace_id, id, name, created_at, updated_at)
    SELECT %(workspace_id)s::uuid, identity.contact_id, '', %(now)s::timestamptz, %(now)s::timestamptz FROM identity
    ON CONFLICT (workspace_id, id) DO NOTHING
)
SELECT contact_id FROM identity;

-- name: open_conversation
INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, thread, subject, last_activity_id, created_at,
                           updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(inbox_id)s::uuid, %(contact_id)s::uuid, %(thread)s::text,
        %(subject)s::text, %(id)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id, contact_id, thread) DO UPDATE SET updated_at = excluded.updated_at
RETURNING id;

-- name: inbox
SELECT id, channel, slot, settings, archived_at FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: withdraw
INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, detail, created_at)
SELECT DISTINCT ON (v.workspace_id, v.contact_id)
       v.workspace_id, r.consent_id, v.contact_id, i.channel, 'all', 'withdrawn', 'provider', '', %(now)s::timestamptz
  FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(consent_ids)s::uuid[]) AS r (workspace_id, message_id, consent_id)
  JOIN messages m ON m.workspace_id = r.workspace_id AND m.id = r.message_id
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
  JOIN inboxes i ON i.workspace_id = m.workspace_id AND i.id = m.inbox_id
 WHERE NOT EXISTS (
       SELECT 1 FROM (SELECT s.state FROM consents s
                       WHERE s.workspace_id = v.workspace_id AND s.contact_id = v.contact_id AND s.channel = i.channel
                         AND s.purpose = 'all'
                       ORDER BY s.id DESC LIMIT 1) newest
        WHERE newest.state = 'withdrawn')
RETURNING workspace_id, contact_id;
