-- name: unwell
SELECT id, channel, name, health, health_detail FROM inboxes
 WHERE archived_at IS NULL AND health IN ('attention', 'down')
 ORDER BY health DESC, id LIMIT %(most)s::int;

-- name: refused
-- What was refused since the credentials were changed last.
SELECT w.inbox_id, i.channel, i.name, w.requests, w.status, w.reason, w.refused_at
  FROM webhook_refusals w JOIN inboxes i ON i.workspace_id = w.workspace_id AND i.id = w.inbox_id
 WHERE w.refused_at > %(since)s::timestamptz AND i.archived_at IS NULL
   AND (i.credentials_at IS NULL OR i.credentials_at < w.refused_at)
 ORDER BY w.refused_at DESC LIMIT %(most)s::int;

-- name: oldest_workspace
SELECT min(created_at) AS created_at FROM workspaces;
