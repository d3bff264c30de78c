-- name: seen
-- True when the agent was thought to be gone: then the screens hear of it.
INSERT INTO agent_presence AS p (workspace_id, agent_id, online, seen_at)
VALUES (%(workspace_id)s::uuid, %(agent_id)s::uuid, true, %(now)s::timestamptz)
ON CONFLICT (workspace_id, agent_id)
DO UPDATE SET seen_at = excluded.seen_at, online = true,
              absent_since = CASE WHEN p.said = 'available' THEN NULL ELSE coalesce(p.absent_since, excluded.seen_at) END
RETURNING (SELECT NOT o.online FROM agent_presence o
            WHERE o.workspace_id = %(workspace_id)s::uuid AND o.agent_id = %(agent_id)s::uuid) AS returned;

-- name: say
INSERT INTO agent_presence AS p (workspace_id, agent_id, said, seen_at, absent_since)
SELECT a.workspace_id, a.id, %(said)s::text, %(now)s::timestamptz, %(now)s::timestamptz FROM agents a
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.id = %(agent_id)s::uuid AND a.status = 'active'
ON CONFLICT (workspace_id, agent_id)
DO UPDATE SET said = excluded.said,
              absent_since = CASE WHEN excluded.said = 'available' AND p.online THEN NULL
                                  ELSE coalesce(p.absent_since, excluded.seen_at) END
RETURNING agent_id;

-- name: gone
UPDATE agent_presence SET online = false, absent_since = coalesce(absent_since, seen_at)
 WHERE online AND seen_at < %(before)s::timestamptz
RETURNING workspace_id, agent_id;
