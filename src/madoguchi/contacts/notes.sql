-- name: page
SELECT n.id, n.contact_id, n.text, n.author_id, a.name AS author_name, n.created_at, n.updated_at
  FROM contact_notes n
  LEFT JOIN agents a ON a.workspace_id = n.workspace_id AND a.id = n.author_id
 WHERE n.workspace_id = %(workspace_id)s::uuid AND n.contact_id = ANY (%(contact_ids)s::uuid[]) AND n.id < %(before)s::uuid
 ORDER BY n.id DESC LIMIT %(limit)s::int;

-- name: insert
INSERT INTO contact_notes (workspace_id, id, contact_id, author_id, text, created_at, updated_at)
SELECT c.workspace_id, %(id)s::uuid, c.id, %(author_id)s::uuid, %(text)s::text, %(now)s::timestamptz, %(now)s::timestamptz
  FROM contacts c WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = %(contact_id)s::uuid;

-- name: lock
SELECT author_id FROM contact_notes
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(contact_ids)s::uuid[]) AND id = %(id)s::uuid FOR UPDATE;

-- name: update
UPDATE contact_notes SET text = %(text)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: delete
DELETE FROM contact_notes WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
