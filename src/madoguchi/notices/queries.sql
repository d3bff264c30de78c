-- name: add
-- What is open already is not said twice; it takes the newer facts.
INSERT INTO notices AS n (workspace_id, id, kind, key, level, inbox_id, data, created_at)
SELECT %(workspace_id)s::uuid, g.id, g.kind, g.key, g.level, g.inbox_id, g.data::jsonb, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(keys)s::text[], %(levels)s::text[], %(inboxes)s::uuid[],
              %(data)s::text[]) AS g (id, kind, key, level, inbox_id, data)
ON CONFLICT (workspace_id, kind, key) WHERE dismissed_at IS NULL DO UPDATE
   SET level = excluded.level, inbox_id = excluded.inbox_id, data = excluded.data
 WHERE (n.level, n.inbox_id, n.data) IS DISTINCT FROM (excluded.level, excluded.inbox_id, excluded.data)
RETURNING id;

-- name: settle
UPDATE notices SET dismissed_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND dismissed_at IS NULL
   AND (kind, key) IN (SELECT g.kind, g.key FROM unnest(%(kinds)s::text[], %(keys)s::text[]) AS g (kind, key))
RETURNING id;

-- name: page
SELECT n.id, n.kind, n.level, n.inbox_id, i.name AS inbox_name, i.channel, n.data, n.created_at, n.dismissed_at
  FROM notices n LEFT JOIN inboxes i ON i.workspace_id = n.workspace_id AND i.id = n.inbox_id
 WHERE n.workspace_id = %(workspace_id)s::uuid AND n.id < %(before)s::uuid
   AND (n.dismissed_at IS NOT NULL) = %(dismissed)s::boolean
 ORDER BY n.id DESC LIMIT %(limit)s::int;

-- name: by_ids
SELECT id, kind, dismissed_at IS NOT NULL AS dismissed FROM notices
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);

-- name: dismiss
UPDATE notices SET dismissed_at = %(now)s::timestamptz, dismissed_by = %(agent_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid AND dismissed_at IS NULL
RETURNING id;

-- name: dismiss_all
UPDATE notices SET dismissed_at = %(now)s::timestamptz, dismissed_by = %(agent_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND dismissed_at IS NULL
RETURNING id;
