-- name: contacts
SELECT c.id, c.name, c.locale, c.attributes, c.labels, c.company_id, m.name AS company_name,
       c.survivor_id, s.name AS survivor_name, c.owner_id, o.name AS owner_name, c.created_at, c.updated_at
  FROM contacts c
  LEFT JOIN companies m ON m.workspace_id = c.workspace_id AND m.id = c.company_id
  LEFT JOIN agents o ON o.workspace_id = c.workspace_id AND o.id = c.owner_id
  LEFT JOIN contacts s ON s.workspace_id = c.workspace_id AND s.id = c.survivor_id
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = ANY (%(ids)s::uuid[]);

-- name: identities
SELECT contact_id, id, channel, scope, kind, value, verified, current FROM contact_identities
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(ids)s::uuid[])
 ORDER BY contact_id, NOT current, id;

-- name: page
-- Conditions for absent filters vanish: the planner sees the parameters' values.
SELECT c.id FROM contacts c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id < %(before)s::uuid AND c.survivor_id IS NULL
   AND (%(company_id)s::uuid IS NULL OR c.company_id = %(company_id)s::uuid)
   AND (%(channel)s::text IS NULL OR EXISTS (
        SELECT 1 FROM contact_identities ci WHERE ci.workspace_id = c.workspace_id AND ci.contact_id = c.id
           AND ci.channel = %(channel)s::text))
 ORDER BY c.id DESC LIMIT %(limit)s::int;

-- name: page_of_label
-- Read in order from the label's rows, each contact looked up: LIMIT 1 keeps the planner from joining whole tables.
SELECT listed.contact_id AS id FROM contact_labels listed
 CROSS JOIN LATERAL (SELECT * FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = listed.contact_id LIMIT 1) c
 WHERE listed.workspace_id = %(workspace_id)s::uuid AND listed.label = %(label)s::text
   AND listed.contact_id < %(before)s::uuid AND c.survivor_id IS NULL
   AND (%(company_id)s::uuid IS NULL OR c.company_id = %(company_id)s::uuid)
   AND (%(key)s::text IS NULL OR lower(c.attributes ->> %(key)s::text) = %(value)s::text)
   AND (%(channel)s::text IS NULL OR EXISTS (
        SELECT 1 FROM contact_identities ci WHERE ci.workspace_id = c.workspace_id AND ci.contact_id = c.id
           AND ci.channel = %(channel)s::text))
 ORDER BY listed.contact_id DESC LIMIT %(limit)s::int;

-- name: page_of_value
SELECT listed.contact_id AS id FROM contact_values listed
 CROSS JOIN LATERAL (SELECT * FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = listed.contact_id LIMIT 1) c
 WHERE listed.workspace_id = %(workspace_id)s::uuid AND listed.key = left(%(key)s::text, 200)
   AND listed.value = left(%(value)s::text, 200) AND listed.contact_id < %(before)s::uuid AND c.survivor_id IS NULL
   AND (%(company_id)s::uuid IS NULL OR c.company_id = %(company_id)s::uuid)
   AND (%(key)s::text IS NULL OR lower(c.attributes ->> %(key)s::text) = %(value)s::text)
   AND (%(channel)s::text IS NULL OR EXISTS (
        SELECT 1 FROM contact_identities ci WHERE ci.workspace_id = c.workspace_id AND ci.contact_id = c.id
           AND ci.channel = %(channel)s::text))
 ORDER BY listed.contact_id DESC LIMIT %(limit)s::int;

-- name: search
-- Bounded: the newest contacts that the filters leave (`recent`) by part of name or identity, and at any age by whole
-- identity.
WITH matching AS (
    SELECT r.id FROM unnest(%(recent)s::uuid[]) AS r (id)
     CROSS JOIN LATERAL (SELECT c.name FROM contacts c
                          WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = r.id LIMIT 1) called
     CROSS JOIN LATERAL (SELECT string_agg(lower(ci.value), ' ') AS keys FROM contact_identities ci
                          WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = r.id) known_as
     WHERE strpos(lower(called.name), %(needle)s::text) > 0 OR strpos(known_as.keys, %(needle)s::text) > 0
    UNION
    SELECT c.id FROM contact_identities ci
      JOIN contacts known ON known.workspace_id = ci.workspace_id AND known.id = ci.contact_id
      -- CASE: under row-level security coalesce() is no condition for an index.
      JOIN contacts c ON c.workspace_id = ci.workspace_id
                     AND c.id = CASE WHEN known.survivor_id IS NULL THEN known.id ELSE known.survivor_id END
     WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.value = ANY (%(exact)s::text[])
       AND c.id < %(before)s::uuid
       AND (%(company_id)s::uuid IS NULL OR c.company_id = %(company_id)s::uuid)
       AND (%(label)s::text IS NULL OR %(label)s::text = ANY (c.labels))
       AND (%(key)s::text IS NULL OR lower(c.attributes ->> %(key)s::text) = %(value)s::text)
       AND (%(channel)s::text IS NULL OR ci.channel = %(channel)s::text)
)
SELECT id FROM matching ORDER BY id DESC LIMIT %(limit)s::int;

-- name: insert
INSERT INTO contacts (workspace_id, id, name, locale, attributes, labels, company_id, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(name)s::text, %(locale)s::text, %(attributes)s::jsonb,
        %(labels)s::text[], %(company_id)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz);

-- name: active_agent
SELECT id FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND status = 'active' FOR SHARE;

-- name: company
SELECT id FROM companies WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR KEY SHARE;

-- name: insert_identities
INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)
SELECT %(workspace_id)s::uuid, given.id, %(contact_id)s::uuid, given.channel, given.kind, given.value, false,
       %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(channels)s::text[], %(kinds)s::text[], %(values)s::text[])
           AS given (id, channel, kind, value)
 ORDER BY given.channel, given.kind, given.value
ON CONFLICT (workspace_id, channel, scope, kind, value) DO NOTHING;

-- name: held
SELECT count(*) AS n FROM contact_identities ci
  JOIN unnest(%(channels)s::text[], %(kinds)s::text[], %(values)s::text[]) AS given (channel, kind, value)
    ON given.channel = ci.channel AND given.kind = ci.kind AND given.value = ci.value
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.scope = '' AND ci.contact_id = %(contact_id)s::uuid;

-- name: taken
SELECT ci.channel, ci.kind, ci.value, c.id, c.name FROM contact_identities ci
  JOIN contacts c ON c.workspace_id = ci.workspace_id AND c.id = ci.contact_id
  JOIN unnest(%(channels)s::text[], %(kinds)s::text[], %(values)s::text[]) AS given (channel, kind, value)
    ON given.channel = ci.channel AND given.kind = ci.kind AND given.value = ci.value
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.scope = '' AND ci.contact_id <> %(contact_id)s::uuid LIMIT 1;

-- name: update
UPDATE contacts
   SET name = coalesce(%(name)s::text, name),
       locale = CASE WHEN %(sets_locale)s::boolean THEN %(locale)s::text ELSE locale END,
       attributes = jsonb_strip_nulls(attributes || %(attributes)s::jsonb),
       labels = coalesce(%(labels)s::text[], labels),
       company_id = CASE WHEN %(sets_company)s::boolean THEN %(company_id)s::uuid ELSE company_id END,
       owner_id = CASE WHEN %(sets_owner)s::boolean THEN %(owner_id)s::uuid ELSE owner_id END,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: conversation_ids
SELECT id FROM conversations
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[])
 ORDER BY last_activity_id DESC LIMIT %(limit)s::int;

-- name: lock_contacts
-- Contacts before conversations, each by id: the order in which everybody takes them, a cascading delete as well.
SELECT id FROM contacts
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(contact_ids)s::uuid[]) ORDER BY id FOR UPDATE;

-- name: lock_conversations
-- Before anything is read: whoever is adding messages is waited for, whoever comes later finds nothing to add to.
SELECT id FROM conversations
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[]) ORDER BY id FOR UPDATE;

-- name: delete_messages
DELETE FROM messages m USING conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = ANY (%(contact_ids)s::uuid[])
   AND m.workspace_id = v.workspace_id AND m.conversation_id = v.id;

-- name: delete
DELETE FROM contacts WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(contact_ids)s::uuid[]);

-- name: stored_files
SELECT f.storage_key FROM conversations v
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.conversation_id = v.id
  JOIN media f ON f.workspace_id = m.workspace_id AND f.message_id = m.id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = ANY (%(contact_ids)s::uuid[]) AND f.storage_key IS NOT NULL;

-- name: consents
SELECT id, contact_id, channel, purpose, state, source, detail, created_at FROM consents
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[]) AND id < %(before)s::uuid
 ORDER BY id DESC LIMIT %(limit)s::int;

-- name: insert_consent
INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, detail, created_at)
SELECT %(workspace_id)s::uuid, given.id, given.contact_id, %(channel)s::text, %(purpose)s::text, %(state)s::text,
       %(source)s::text, %(detail)s::text, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(contact_ids)s::uuid[]) AS given (id, contact_id);

-- name: message_ids
SELECT m.id FROM messages m
  JOIN conversations v ON v.workspace_id = m.workspace_id AND v.id = m.conversation_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = ANY (%(contact_ids)s::uuid[]) AND m.type <> 'reaction'
 ORDER BY m.id LIMIT %(limit)s::int;

-- name: forget_traces
-- Rows that point to the person's messages without a foreign key: queues and receipts are written too often for one.
WITH theirs AS (
    SELECT m.id, v.id AS conversation_id FROM conversations v
      JOIN messages m ON m.workspace_id = v.workspace_id AND m.conversation_id = v.id
     WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = ANY (%(contact_ids)s::uuid[])
), receipts AS (
    DELETE FROM message_statuses s USING theirs
     WHERE s.workspace_id = %(workspace_id)s::uuid AND s.message_id = theirs.id
), import_rows AS (
    DELETE FROM contact_import_rows r
     WHERE r.workspace_id = %(workspace_id)s::uuid AND r.contact_id = ANY (%(contact_ids)s::uuid[])
), reactions AS (
    DELETE FROM reactions r
     WHERE r.workspace_id = %(workspace_id)s::uuid AND r.author_kind = 'contact' AND r.author_id = ANY (%(contact_ids)s::uuid[])
       AND r.message_id IN (SELECT id FROM theirs)
)
DELETE FROM outbox o USING theirs WHERE o.workspace_id = %(workspace_id)s::uuid AND o.message_id = theirs.id;
