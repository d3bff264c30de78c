-- name: page
SELECT id, name, colour, category, created_at, updated_at FROM labels
 WHERE workspace_id = %(workspace_id)s::uuid AND (category, name) > (%(category)s::text, %(after)s::text)
 ORDER BY category, name LIMIT %(limit)s::int;

-- name: by_ids
SELECT id, name, colour, category, created_at, updated_at FROM labels
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: lock
SELECT id, name, colour, category FROM labels
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: add
INSERT INTO labels (workspace_id, id, name, colour, category, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(name)s::text, %(colour)s::text, %(category)s::text,
        %(now)s::timestamptz, %(now)s::timestamptz)
RETURNING id, name, colour, category, created_at, updated_at;

-- name: change
UPDATE labels SET name = %(name)s::text, colour = %(colour)s::text, category = %(category)s::text,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id, name, colour, category, created_at, updated_at;

-- name: remove
DELETE FROM labels WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: rename_on_contacts
-- Contacts before conversations, each by id: whoever deletes a contact takes them in the same order. Who has the new name
-- already keeps it once.
WITH held AS MATERIALIZED (
    SELECT c.id FROM contact_labels l
      JOIN contacts c ON c.workspace_id = l.workspace_id AND c.id = l.contact_id
     WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(old)s::text ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE contacts c
   SET labels = CASE WHEN %(name)s::text = ANY (c.labels) THEN array_remove(c.labels, %(old)s::text)
                     ELSE array_replace(c.labels, %(old)s::text, %(name)s::text) END
  FROM held WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = held.id;

-- name: take_off_contacts
WITH held AS MATERIALIZED (
    SELECT c.id FROM contact_labels l
      JOIN contacts c ON c.workspace_id = l.workspace_id AND c.id = l.contact_id
     WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(name)s::text ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE contacts c SET labels = array_remove(c.labels, %(name)s::text)
  FROM held WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = held.id;

-- name: rename_on_conversations
WITH held AS MATERIALIZED (
    SELECT v.id FROM conversation_labels l
      JOIN conversations v ON v.workspace_id = l.workspace_id AND v.id = l.conversation_id
     WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(old)s::text ORDER BY v.id FOR NO KEY UPDATE OF v
)
UPDATE conversations v
   SET labels = CASE WHEN %(name)s::text = ANY (v.labels) THEN array_remove(v.labels, %(old)s::text)
                     ELSE array_replace(v.labels, %(old)s::text, %(name)s::text) END
  FROM held WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = held.id;

-- name: take_off_conversations
WITH held AS MATERIALIZED (
    SELECT v.id FROM conversation_labels l
      JOIN conversations v ON v.workspace_id = l.workspace_id AND v.id = l.conversation_id
     WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(name)s::text ORDER BY v.id FOR NO KEY UPDATE OF v
)
UPDATE conversations v SET labels = array_remove(v.labels, %(name)s::text)
  FROM held WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = held.id;
