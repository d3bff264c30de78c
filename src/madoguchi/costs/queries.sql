-- name: record
-- The first price told for each send; a message that has arrived already counts as delivered at once. What arrives later
-- marks the row, and only the first time.
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json)
             AS g (workspace_id uuid, message_id uuid, provider_id text, inbox_id uuid, at timestamptz, category text, type text,
                   model text, market text, billable boolean, delivered boolean)
), arrived AS (
    UPDATE message_costs c SET delivered = true FROM given g
     WHERE g.delivered AND c.workspace_id = g.workspace_id AND c.message_id = g.message_id
       AND c.provider_id = g.provider_id AND NOT c.delivered
)
INSERT INTO message_costs (workspace_id, message_id, provider_id, inbox_id, at, category, type, model, market, billable, delivered)
SELECT g.workspace_id, g.message_id, g.provider_id, g.inbox_id, g.at, g.category, g.type, g.model, g.market, g.billable,
       EXISTS (SELECT 1 FROM message_statuses s WHERE s.workspace_id = g.workspace_id AND s.message_id = g.message_id
                  AND s.status IN ('delivered', 'read', 'played'))
  FROM given g WHERE g.category IS NOT NULL
ON CONFLICT (workspace_id, message_id, provider_id) DO NOTHING;

-- name: sums
-- Days and months are those of the workspace's time zone.
SELECT CASE %(group)s::text
            WHEN 'category' THEN c.category
            WHEN 'type' THEN c.type
            WHEN 'market' THEN c.market
            WHEN 'inbox' THEN c.inbox_id::text
            WHEN 'month' THEN to_char(c.at AT TIME ZONE w.time_zone, 'YYYY-MM')
            ELSE to_char(c.at AT TIME ZONE w.time_zone, 'YYYY-MM-DD') END AS key,
       c.category, c.type,
       count(*) AS priced,
       count(*) FILTER (WHERE c.delivered) AS delivered,
       count(*) FILTER (WHERE c.delivered AND c.billable) AS billable
  FROM message_costs c
  JOIN workspaces w ON w.workspace_id = c.workspace_id
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.at >= %(since)s::timestamptz AND c.at < %(until)s::timestamptz
   AND (%(inbox_id)s::uuid IS NULL OR c.inbox_id = %(inbox_id)s::uuid)
 GROUP BY 1, c.category, c.type ORDER BY 1, c.category, c.type LIMIT %(most)s::int;
