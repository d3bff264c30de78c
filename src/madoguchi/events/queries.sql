-- name: record
-- The counter is taken last in the transaction; its row lock is held until the commit and makes seq order commit order.
WITH numbered AS (
    UPDATE event_counters c SET seq = c.seq + cardinality(%(types)s::text[])
     WHERE c.workspace_id = %(workspace_id)s
    RETURNING c.seq - cardinality(%(types)s::text[]) AS base, c.seq AS last
), written AS (
    INSERT INTO events (workspace_id, seq, type, subject_id, created_at)
    SELECT %(workspace_id)s, n.base + e.ordinality, e.type, e.subject_id, %(now)s
      FROM numbered n, unnest(%(types)s::text[], %(subjects)s::uuid[]) WITH ORDINALITY AS e (type, subject_id, ordinality)
)
SELECT n.last, pg_notify('madoguchi_events', %(workspace_id)s::text || ' ' || n.last) FROM numbered n;

-- name: since
SELECT seq, type, subject_id, created_at FROM events
 WHERE workspace_id = %(workspace_id)s AND seq > %(since)s ORDER BY seq LIMIT %(limit)s;

-- name: bounds
SELECT c.seq AS last, coalesce((SELECT min(e.seq) FROM events e WHERE e.workspace_id = c.workspace_id), c.seq + 1) AS first
  FROM event_counters c WHERE c.workspace_id = %(workspace_id)s;

-- name: newest
SELECT workspace_id, seq FROM event_counters WHERE workspace_id = ANY (%(workspaces)s::uuid[]);
