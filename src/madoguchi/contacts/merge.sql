-- name: one_at_a_time
-- Merging and un-merging move whole trees of pointers: two at once in one workspace wait for one another.
SELECT pg_advisory_xact_lock(7311, hashtext(%(workspace_id)s::text));

-- name: places
SELECT id, name, merged_into, survivor_id FROM contacts
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE;

-- name: merge
-- The loser and everybody who was merged into it.
UPDATE contacts
   SET survivor_id = %(into)s::uuid,
       merged_into = CASE WHEN id = %(id)s::uuid THEN %(into)s::uuid ELSE merged_into END,
       merged_at = CASE WHEN id = %(id)s::uuid THEN %(now)s::timestamptz ELSE merged_at END,
       merged_by = CASE WHEN id = %(id)s::uuid THEN %(by)s::uuid ELSE merged_by END
 WHERE workspace_id = %(workspace_id)s::uuid AND (id = %(id)s::uuid OR survivor_id = %(id)s::uuid);

-- name: unmerge
-- Those who had been merged into the contact before stay with it.
WITH RECURSIVE tree AS (
    SELECT id FROM contacts WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
    UNION
    SELECT c.id FROM tree
      JOIN contacts c ON c.workspace_id = %(workspace_id)s::uuid AND c.survivor_id = %(root)s::uuid
                     AND c.merged_into = tree.id
)
UPDATE contacts
   SET survivor_id = CASE WHEN id = %(id)s::uuid THEN NULL ELSE %(id)s::uuid END,
       merged_into = CASE WHEN id = %(id)s::uuid THEN NULL ELSE merged_into END,
       merged_at = CASE WHEN id = %(id)s::uuid THEN NULL ELSE merged_at END,
       merged_by = CASE WHEN id = %(id)s::uuid THEN NULL ELSE merged_by END
 WHERE workspace_id = %(workspace_id)s::uuid AND id IN (SELECT id FROM tree);

-- name: group
-- The contact and everybody merged into it.
SELECT id FROM contacts
 WHERE workspace_id = %(workspace_id)s::uuid AND (id = %(id)s::uuid OR survivor_id = %(id)s::uuid);

-- name: members
SELECT c.id, c.name, c.survivor_id, c.merged_into, c.merged_at, c.merged_by, a.name AS merged_by_name
  FROM contacts c
  LEFT JOIN agents a ON a.workspace_id = c.workspace_id AND a.id = c.merged_by
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.survivor_id = ANY (%(ids)s::uuid[])
 ORDER BY c.survivor_id, c.merged_at, c.id;

-- name: reachable
-- Those of a person who have an address on the channel.
SELECT DISTINCT ci.contact_id AS id FROM contact_identities ci
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = ANY (%(ids)s::uuid[]) AND ci.channel = %(channel)s::text;

-- name: conversations
SELECT id FROM conversations
 WHERE workspace_id = %(workspace_id)s::uuid AND contact_id = ANY (%(ids)s::uuid[])
 ORDER BY last_activity_id DESC LIMIT %(limit)s::int;
