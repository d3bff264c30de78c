-- name: agents
SELECT a.id, a.name, a.email, a.role, a.locale, a.status,
       CASE WHEN NOT coalesce(p.online, false) THEN 'offline' ELSE p.said END AS availability, a.created_at, a.updated_at
  FROM agents a
  LEFT JOIN agent_presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.id = ANY (%(ids)s::uuid[]);

-- name: inboxes
SELECT id, channel, name, health, health_detail, held_reason, held_at, checked_at, archived_at, updated_at FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);
