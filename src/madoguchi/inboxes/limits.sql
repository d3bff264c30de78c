-- name: inbox
SELECT i.id, i.workspace_id, i.channel, i.name, i.settings, i.health_facts FROM inboxes i
 WHERE i.workspace_id = %(workspace_id)s::uuid AND i.id = %(id)s::uuid AND i.archived_at IS NULL;

-- name: used
-- Bounded twice: by 24 hours, and by `most`.
SELECT count(*) AS used, min(found.at) AS oldest
  FROM (SELECT b.at FROM begun_contacts b
         WHERE b.workspace_id = %(workspace_id)s::uuid AND b.channel = %(channel)s::text AND b.at > %(since)s::timestamptz
         ORDER BY b.at LIMIT %(most)s::int) found;
