-- name: by_address
-- Of two workspaces that claim an address the first has it.
SELECT DISTINCT ON (lower(settings ->> 'address')) workspace_id, id, lower(settings ->> 'address') AS address
  FROM inboxes
 WHERE channel = ANY (%(channels)s::text[]) AND archived_at IS NULL AND lower(settings ->> 'address') = ANY (%(addresses)s::text[])
 ORDER BY lower(settings ->> 'address'), id;
