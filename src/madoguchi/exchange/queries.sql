-- name: add
INSERT INTO contact_imports (workspace_id, id, agent_id, filename, storage_key, size, state, encoding, delimiter, total,
                             created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(agent_id)s::uuid, %(filename)s::text, %(storage_key)s::text, %(size)s::bigint,
        'draft', %(encoding)s::text, %(delimiter)s::text, %(total)s::int, %(now)s::timestamptz, %(now)s::timestamptz);

-- name: one
SELECT * FROM contact_imports WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: page
SELECT * FROM contact_imports
 WHERE workspace_id = %(workspace_id)s::uuid AND id < %(before)s::uuid ORDER BY id DESC LIMIT %(limit)s::int;

-- name: lock
SELECT * FROM contact_imports WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: unfinished
-- Those that nobody has gone on with for a while: their worker is gone.
SELECT workspace_id, id FROM contact_imports
 WHERE state IN ('running', 'undoing') AND updated_at < %(before)s::timestamptz ORDER BY workspace_id, id;

-- name: forget_drafts
-- Files that were put down and never started.
UPDATE contact_imports i SET state = 'cancelled', storage_key = NULL
  FROM (SELECT workspace_id, id, storage_key FROM contact_imports
         WHERE state = 'draft' AND created_at < %(before)s::timestamptz LIMIT 100) old
 WHERE i.workspace_id = old.workspace_id AND i.id = old.id
RETURNING old.storage_key;

-- name: forget_imports
DELETE FROM contact_imports
 WHERE state IN ('done', 'cancelled', 'failed', 'undone') AND created_at < %(before)s::timestamptz;

-- name: used_channels
SELECT DISTINCT channel FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND archived_at IS NULL;

-- name: start
UPDATE contact_imports SET state = 'running', encoding = %(encoding)s::text, delimiter = %(delimiter)s::text,
       mapping = %(mapping)s::jsonb, known = %(known)s::text, total = %(total)s::int, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: set_state
UPDATE contact_imports SET state = %(state)s::text, updated_at = %(now)s::timestamptz,
       undo_from = CASE WHEN %(state)s::text = 'undoing' THEN done ELSE undo_from END,
       storage_key = CASE WHEN %(forgets_file)s::boolean THEN NULL ELSE storage_key END
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: rejected
SELECT number, line, fault FROM contact_import_rows
 WHERE workspace_id = %(workspace_id)s::uuid AND import_id = %(id)s::uuid AND outcome = 'rejected' AND number > %(after)s::int
 ORDER BY number LIMIT %(limit)s::int;

-- name: known_people
-- Who has one of these numbers or addresses; a contact that is merged into another counts as that one.
SELECT ci.channel, ci.kind, ci.value, coalesce(c.survivor_id, c.id) AS contact_id
  FROM json_to_recordset(%(rows)s::json) AS g (channel text, kind text, value text)
  JOIN contact_identities ci ON ci.workspace_id = %(workspace_id)s::uuid AND ci.channel = g.channel AND ci.scope = ''
                            AND ci.kind = g.kind AND ci.value = g.value
  JOIN contacts c ON c.workspace_id = ci.workspace_id AND c.id = ci.contact_id;

-- name: lock_people
SELECT id, name, locale, attributes, labels, company_id FROM contacts
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE;

-- name: companies
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(names)s::text[]) AS g (id, name)
), added AS (
    INSERT INTO companies (workspace_id, id, name, created_at, updated_at)
    SELECT %(workspace_id)s::uuid, id, name, %(now)s::timestamptz, %(now)s::timestamptz FROM given ORDER BY name
    ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id, name
)
SELECT id, name FROM added
UNION ALL
SELECT c.id, c.name FROM companies c WHERE c.workspace_id = %(workspace_id)s::uuid AND c.name = ANY (%(names)s::text[]);

-- name: add_people
INSERT INTO contacts (workspace_id, id, name, locale, attributes, labels, company_id, created_at, updated_at)
SELECT %(workspace_id)s::uuid, g.id, g.name, g.locale, g.attributes, g.labels, g.company_id, %(now)s::timestamptz,
       %(now)s::timestamptz
  FROM json_to_recordset(%(rows)s::json)
       AS g (id uuid, name text, locale text, attributes jsonb, labels text[], company_id uuid);

-- name: change_people
UPDATE contacts c SET name = g.name, locale = g.locale, attributes = g.attributes, labels = g.labels,
       -- One that was deleted since is nobody's company any more.
       company_id = (SELECT m.id FROM companies m WHERE m.workspace_id = c.workspace_id AND m.id = g.company_id),
       updated_at = %(now)s::timestamptz
  FROM json_to_recordset(%(rows)s::json)
       AS g (id uuid, name text, locale text, attributes jsonb, labels text[], company_id uuid)
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = g.id;

-- name: add_identities
INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)
SELECT %(workspace_id)s::uuid, g.id, g.contact_id, g.channel, g.kind, g.value, false, %(now)s::timestamptz
  FROM json_to_recordset(%(rows)s::json) AS g (id uuid, contact_id uuid, channel text, kind text, value text)
 ORDER BY g.channel, g.kind, g.value
ON CONFLICT (workspace_id, channel, scope, kind, value) DO NOTHING;

-- name: keep_rows
INSERT INTO contact_import_rows (workspace_id, import_id, number, outcome, line, contact_id, before, after, fault)
SELECT %(workspace_id)s::uuid, %(id)s::uuid, g.number, g.outcome, g.line, g.contact_id, g.before, g.after, g.fault
  FROM json_to_recordset(%(rows)s::json)
       AS g (number int, outcome text, line int, contact_id uuid, before jsonb, after jsonb, fault jsonb);

-- name: advance
UPDATE contact_imports
   SET done = done + %(done)s::int, created = created + %(created)s::int, updated = updated + %(updated)s::int,
       skipped = skipped + %(skipped)s::int, rejected = rejected + %(rejected)s::int, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: rows_to_undo
-- The last ones first: what a later row wrote over an earlier one is taken off before it.
SELECT number, outcome, contact_id, before, after FROM contact_import_rows
 WHERE workspace_id = %(workspace_id)s::uuid AND import_id = %(id)s::uuid AND number <= %(from)s::int
   AND outcome IN ('created', 'updated')
 ORDER BY number DESC LIMIT %(limit)s::int;

-- name: delete_untouched
-- Whom nobody has written with, noted about, heard a word of consent from or combined with another since.
DELETE FROM contacts c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = ANY (%(ids)s::uuid[]) AND c.survivor_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.workspace_id = c.workspace_id AND v.contact_id = c.id)
   AND NOT EXISTS (SELECT 1 FROM contact_notes n WHERE n.workspace_id = c.workspace_id AND n.contact_id = c.id)
   AND NOT EXISTS (SELECT 1 FROM consents s WHERE s.workspace_id = c.workspace_id AND s.contact_id = c.id
                      AND s.source <> 'import')
   AND NOT EXISTS (SELECT 1 FROM contacts m WHERE m.workspace_id = c.workspace_id AND m.survivor_id = c.id)
RETURNING c.id;

-- name: delete_identities
-- Not those that somebody has used since.
DELETE FROM contact_identities ci
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.id = ANY (%(ids)s::uuid[]) AND NOT ci.verified
   AND NOT EXISTS (SELECT 1 FROM conversations v JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
                    WHERE v.workspace_id = ci.workspace_id AND v.contact_id = ci.contact_id AND i.channel = ci.channel);

-- name: identities_left
SELECT id FROM contact_identities WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: advance_undo
UPDATE contact_imports
   SET undo_from = %(from)s::int, taken_back = taken_back + %(taken_back)s::int,
       not_taken_back = not_taken_back + %(not_taken_back)s::int, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
