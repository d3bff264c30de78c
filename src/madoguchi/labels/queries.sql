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

-- name: rename_on_conversations
-- A conversation that has the new name already keeps it once.
UPDATE conversations
   SET labels = CASE WHEN %(name)s::text = ANY (labels) THEN array_remove(labels, %(old)s::text)
                     ELSE array_replace(labels, %(old)s::text, %(name)s::text) END
 WHERE workspace_id = %(workspace_id)s::uuid AND %(old)s::text = ANY (labels);

-- name: take_off_conversations
UPDATE conversations SET labels = array_remove(labels, %(name)s::text)
 WHERE workspace_id = %(workspace_id)s::uuid AND %(name)s::text = ANY (labels);

-- name: rename_on_contacts
UPDATE contacts
   SET labels = CASE WHEN %(name)s::text = ANY (labels) THEN array_remove(labels, %(old)s::text)
                     ELSE array_replace(labels, %(old)s::text, %(name)s::text) END
 WHERE workspace_id = %(workspace_id)s::uuid AND %(old)s::text = ANY (labels);

-- name: take_off_contacts
UPDATE contacts SET labels = array_remove(labels, %(name)s::text)
 WHERE workspace_id = %(workspace_id)s::uuid AND %(name)s::text = ANY (labels);
