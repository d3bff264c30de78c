-- name: page
-- Those of everybody, then the caller's own, each as they were put in order.
SELECT id, agent_id, name, filter, sort, position, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid)
   AND (agent_id IS NOT NULL, position, name, id)
     > (%(after_own)s::boolean, %(after_position)s::int, %(after_name)s::text, %(after_id)s::uuid)
 ORDER BY agent_id IS NOT NULL, position, name, id LIMIT %(limit)s::int;

-- name: one
SELECT id, agent_id, name, filter, sort, position, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);

-- name: shared_by_ids
SELECT id, agent_id, name, filter, sort, position, created_at, updated_at FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND agent_id IS NULL;

-- name: add
INSERT INTO views (workspace_id, id, agent_id, name, filter, sort, position, created_at, updated_at)
SELECT %(workspace_id)s::uuid, %(id)s::uuid, %(owner_id)s::uuid, %(name)s::text, %(filter)s::jsonb, %(sort)s::text,
       (SELECT coalesce(max(o.position), 0) + 1 FROM views o
         WHERE o.workspace_id = %(workspace_id)s::uuid AND o.agent_id IS NOT DISTINCT FROM %(owner_id)s::uuid),
       %(now)s::timestamptz, %(now)s::timestamptz
RETURNING id, agent_id, name, filter, sort, position, created_at, updated_at;

-- name: change
-- Among others it comes last.
UPDATE views SET name = %(name)s::text, filter = %(filter)s::jsonb, sort = %(sort)s::text,
       position = CASE WHEN agent_id IS NOT DISTINCT FROM %(owner_id)s::uuid THEN position ELSE (
           SELECT coalesce(max(o.position), 0) + 1 FROM views o
            WHERE o.workspace_id = %(workspace_id)s::uuid AND o.agent_id IS NOT DISTINCT FROM %(owner_id)s::uuid) END,
       agent_id = %(owner_id)s::uuid, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING id, agent_id, name, filter, sort, position, created_at, updated_at;

-- name: remove
DELETE FROM views WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: kinds
SELECT id, agent_id FROM views
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[])
   AND (agent_id IS NULL OR agent_id = %(agent_id)s::uuid);

-- name: reorder
-- Those not named follow the named ones as they stood.
UPDATE views v SET position = o.place FROM (
    SELECT e.id, row_number() OVER (PARTITION BY e.agent_id ORDER BY t.place NULLS LAST, e.position, e.name, e.id) AS place
      FROM views e LEFT JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS t (id, place) ON t.id = e.id
     WHERE e.workspace_id = %(workspace_id)s::uuid AND ((%(own)s::boolean AND e.agent_id = %(agent_id)s::uuid)
                                                     OR (%(shared)s::boolean AND e.agent_id IS NULL))) o
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = o.id AND v.position <> o.place
RETURNING v.id, v.agent_id;
