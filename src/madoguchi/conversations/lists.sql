-- Lists. A page is read from one index in the order it is shown, and looks at `reach` rows at most, whatever is filtered:
-- a filter that leaves little gives short pages, not long waits. The planner sees the parameters' values (plans are never
-- kept, see db/pool.py), so that conditions for absent filters vanish.

-- part: filters
-- Scalar sub-selects where EXISTS would do: the planner turns EXISTS into a join over whole tables.
AND (%(owner)s::uuid IS NULL OR v.assignee_id = %(owner)s::uuid)
AND (NOT %(free)s::boolean OR v.assignee_id IS NULL)
AND (%(inboxes)s::uuid[] IS NULL OR v.inbox_id = ANY (%(inboxes)s::uuid[]))
AND (%(team_id)s::uuid IS NULL OR v.team_id = %(team_id)s::uuid)
AND (%(contact_id)s::uuid IS NULL OR v.contact_id = ANY (ARRAY(
        SELECT c.id FROM contacts c WHERE c.workspace_id = %(workspace_id)s::uuid
                                      AND (c.id = %(contact_id)s::uuid OR c.survivor_id = %(contact_id)s::uuid))))
AND (%(labels_any)s::text[] IS NULL OR v.labels && %(labels_any)s::text[])
AND (%(labels_all)s::text[] IS NULL OR v.labels @> %(labels_all)s::text[])
AND (%(labels_none)s::text[] IS NULL OR NOT v.labels && %(labels_none)s::text[])
AND (%(close_reason)s::text IS NULL OR v.close_reason = %(close_reason)s::text)
AND (NOT %(unread)s::boolean OR v.unread > 0)
AND (NOT %(failed)s::boolean OR v.failed_at IS NOT NULL)
AND (NOT %(draft)s::boolean OR (
        SELECT true FROM drafts d WHERE d.workspace_id = v.workspace_id AND d.agent_id = %(agent_id)s::uuid
                                    AND d.conversation_id = v.id LIMIT 1))
AND (%(closes_before)s::timestamptz IS NULL
     OR (v.window_closes_at > %(now)s::timestamptz AND v.window_closes_at <= %(closes_before)s::timestamptz))
AND (%(waiting_before)s::timestamptz IS NULL OR v.waiting_since <= %(waiting_before)s::timestamptz)
AND (%(created_from)s::timestamptz IS NULL OR v.created_at >= %(created_from)s::timestamptz)
AND (%(created_to)s::timestamptz IS NULL OR v.created_at < %(created_to)s::timestamptz)
AND (%(updated_from)s::timestamptz IS NULL OR v.updated_at >= %(updated_from)s::timestamptz)
AND (%(updated_to)s::timestamptz IS NULL OR v.updated_at < %(updated_to)s::timestamptz)
AND (%(attributes)s::jsonb IS NULL OR (
        SELECT c.attributes @> %(attributes)s::jsonb FROM contacts c
         WHERE c.workspace_id = v.workspace_id AND c.id = v.contact_id LIMIT 1))
AND (%(language)s::text IS NULL OR (
        SELECT split_part(replace(lower(c.locale), '_', '-'), '-', 1) = %(language)s::text FROM contacts c
         WHERE c.workspace_id = v.workspace_id AND c.id = v.contact_id LIMIT 1))
AND (%(needle)s::text IS NULL
     OR (SELECT strpos(lower(concat(c.name, ' ', s.name)), %(needle)s::text) > 0 FROM contacts c
           LEFT JOIN contacts s ON s.workspace_id = c.workspace_id AND s.id = c.survivor_id
          WHERE c.workspace_id = v.workspace_id AND c.id = v.contact_id LIMIT 1)
     OR (SELECT bool_or(strpos(lower(ci.value), n) > 0) FROM contact_identities ci, unnest(%(needles)s::text[]) n
          WHERE ci.workspace_id = v.workspace_id AND ci.contact_id = v.contact_id))
AND (%(rest_of)s::text IS DISTINCT FROM 'waiting' OR v.waiting_since IS NULL OR v.status <> 'open')
AND (%(rest_of)s::text IS DISTINCT FROM 'closing' OR v.status <> 'open' OR v.window_closes_at IS NULL
     OR v.window_closes_at <= %(now)s::timestamptz)

-- part: driver
-- At most one of these is given: the one that leaves the fewest. It names the index; the rest is filtered row by row.
AND (%(by_owner)s::uuid IS NULL OR v.assignee_id = %(by_owner)s::uuid)
AND (NOT %(by_free)s::boolean OR v.assignee_id IS NULL)
AND (%(by_inbox)s::uuid IS NULL OR v.inbox_id = %(by_inbox)s::uuid)
AND (%(by_team)s::uuid IS NULL OR v.team_id = %(by_team)s::uuid)
AND (%(by_contact)s::uuid IS NULL OR v.contact_id = ANY (ARRAY(
        SELECT c.id FROM contacts c WHERE c.workspace_id = %(workspace_id)s::uuid
                                      AND (c.id = %(by_contact)s::uuid OR c.survivor_id = %(by_contact)s::uuid))))

-- name: newest
-- The first sort key tells the planner that the rows of nobody come from their index in the wanted order.
SELECT found.id, found.last_activity_id
  FROM unnest(%(statuses)s::text[]) AS wanted (status)
 CROSS JOIN LATERAL (
       SELECT v.id, v.last_activity_id
         FROM (SELECT v.* FROM conversations v
                WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = wanted.status
                  AND v.last_activity_id < %(before)s::uuid
                  -- use: driver
                ORDER BY CASE WHEN %(by_free)s::boolean THEN v.assignee_id END, v.last_activity_id DESC
                LIMIT %(reach)s::int) v
        WHERE true
          -- use: filters
        ORDER BY CASE WHEN %(by_free)s::boolean THEN v.assignee_id END, v.last_activity_id DESC
        LIMIT %(limit)s::int) found
 ORDER BY found.last_activity_id DESC LIMIT %(limit)s::int;

-- name: newest_end
-- Where the look at `reach` rows ended, per status; nothing where it reached the last row.
SELECT last.last_activity_id
  FROM unnest(%(statuses)s::text[]) AS wanted (status)
 CROSS JOIN LATERAL (
       SELECT v.last_activity_id FROM conversations v
        WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = wanted.status
          AND v.last_activity_id < %(before)s::uuid
          -- use: driver
        ORDER BY CASE WHEN %(by_free)s::boolean THEN v.assignee_id END, v.last_activity_id DESC
       OFFSET %(reach)s::int - 1 LIMIT 1) last
 ORDER BY 1 DESC;

-- name: newest_of_label
SELECT found.id, found.last_activity_id
  FROM unnest(%(statuses)s::text[]) AS wanted (status)
 CROSS JOIN LATERAL (
       SELECT v.id, v.last_activity_id
         FROM (SELECT l.conversation_id, l.last_activity_id FROM conversation_labels l
                WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(by_label)s::text
                  AND l.status = wanted.status AND l.last_activity_id < %(before)s::uuid
                ORDER BY l.last_activity_id DESC LIMIT %(reach)s::int) l
        CROSS JOIN LATERAL (SELECT v.* FROM conversations v
                             WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = l.conversation_id LIMIT 1) v
        WHERE true
          -- use: filters
        ORDER BY l.last_activity_id DESC
        LIMIT %(limit)s::int) found
 ORDER BY found.last_activity_id DESC LIMIT %(limit)s::int;

-- name: newest_of_label_end
SELECT last.last_activity_id
  FROM unnest(%(statuses)s::text[]) AS wanted (status)
 CROSS JOIN LATERAL (
       SELECT l.last_activity_id FROM conversation_labels l
        WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(by_label)s::text
          AND l.status = wanted.status AND l.last_activity_id < %(before)s::uuid
        ORDER BY l.last_activity_id DESC
       OFFSET %(reach)s::int - 1 LIMIT 1) last
 ORDER BY 1 DESC;

-- name: waiting
-- Who has waited longest comes first.
SELECT v.id, v.waiting_since AS at
  FROM (SELECT v.* FROM conversations v
         WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = 'open' AND v.waiting_since IS NOT NULL
           AND (v.waiting_since, v.id) > (%(after)s::timestamptz, %(after_id)s::uuid)
         ORDER BY v.waiting_since, v.id LIMIT %(reach)s::int) v
 WHERE true
   -- use: filters
 ORDER BY v.waiting_since, v.id LIMIT %(limit)s::int;

-- name: waiting_end
SELECT v.id, v.waiting_since AS at FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = 'open' AND v.waiting_since IS NOT NULL
   AND (v.waiting_since, v.id) > (%(after)s::timestamptz, %(after_id)s::uuid)
 ORDER BY v.waiting_since, v.id OFFSET %(reach)s::int - 1 LIMIT 1;

-- name: closing
-- Whose window closes next comes first; `after` starts at now.
SELECT v.id, v.window_closes_at AS at
  FROM (SELECT v.* FROM conversations v
         WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = 'open'
           AND (v.window_closes_at, v.id) > (%(after)s::timestamptz, %(after_id)s::uuid)
         ORDER BY v.window_closes_at, v.id LIMIT %(reach)s::int) v
 WHERE true
   -- use: filters
 ORDER BY v.window_closes_at, v.id LIMIT %(limit)s::int;

-- name: closing_end
SELECT v.id, v.window_closes_at AS at FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = 'open'
   AND (v.window_closes_at, v.id) > (%(after)s::timestamptz, %(after_id)s::uuid)
 ORDER BY v.window_closes_at, v.id OFFSET %(reach)s::int - 1 LIMIT 1;

-- name: mentioned
-- The newest mention first. Where the thread was merged, the one that shows it stands here, once, by its newest.
SELECT v.id, m.message_id AS at
  FROM conversation_mentions m
 CROSS JOIN LATERAL (SELECT g.id, g.survivor_id FROM conversations g
                      WHERE g.workspace_id = %(workspace_id)s::uuid AND g.id = m.conversation_id LIMIT 1) own
 CROSS JOIN LATERAL (SELECT v.* FROM conversations v
                      WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = coalesce(own.survivor_id, own.id) LIMIT 1) v
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.agent_id = %(agent_id)s::uuid AND m.message_id < %(before)s::uuid
   AND v.status = ANY (%(statuses)s::text[])
   AND (SELECT true FROM (SELECT v.id
                          UNION ALL
                          SELECT g.id FROM conversations g
                           WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = v.id) t
          JOIN conversation_mentions o ON o.workspace_id = %(workspace_id)s::uuid AND o.agent_id = %(agent_id)s::uuid
                                      AND o.conversation_id = t.id
         WHERE o.message_id > m.message_id LIMIT 1) IS NULL
   -- use: filters
 ORDER BY m.message_id DESC LIMIT %(limit)s::int;

-- name: sizes
-- How many conversations there are behind each way in, from the maintained counts.
SELECT s.kind, s.key, sum(s.total)::bigint AS total
  FROM (SELECT c.kind, c.key, c.total FROM conversation_counts c
         WHERE c.workspace_id = %(workspace_id)s::uuid AND c.kind || ':' || c.key = ANY (%(ways)s::text[])
           AND c.status = ANY (%(statuses)s::text[])
        UNION ALL
        SELECT d.kind, d.key, d.total FROM conversation_count_deltas d
         WHERE d.workspace_id = %(workspace_id)s::uuid AND d.kind || ':' || d.key = ANY (%(ways)s::text[])
           AND d.status = ANY (%(statuses)s::text[])) s
 GROUP BY 1, 2;

-- name: few
-- All that a narrow way in leads to, unsorted.
SELECT v.id, v.status, v.last_activity_id, v.waiting_since, v.window_closes_at
  FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.status = ANY (%(statuses)s::text[])
   -- use: driver
   -- use: filters
 LIMIT %(most)s::int;

-- name: few_by_ids
SELECT v.id, v.status, v.last_activity_id, v.waiting_since, v.window_closes_at
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT v.* FROM conversations v
                      WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = wanted.id LIMIT 1) v
 WHERE v.status = ANY (%(statuses)s::text[])
   -- use: filters
 LIMIT %(most)s::int;

-- name: ids_with_draft
SELECT d.conversation_id AS id FROM drafts d
 WHERE d.workspace_id = %(workspace_id)s::uuid AND d.agent_id = %(agent_id)s::uuid LIMIT %(most)s::int;

-- name: ids_with_failure
SELECT v.id FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.failed_at IS NOT NULL
 ORDER BY v.last_activity_id DESC LIMIT %(most)s::int;

-- name: ids_with_label
SELECT l.conversation_id AS id FROM conversation_labels l
 WHERE l.workspace_id = %(workspace_id)s::uuid AND l.label = %(by_label)s::text LIMIT %(most)s::int;

-- name: ids_of_known
-- Conversations of whoever has exactly this number or address.
SELECT v.id FROM (SELECT DISTINCT ci.contact_id FROM contact_identities ci
                   WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.value = ANY (%(needles)s::text[]) LIMIT 100) known
  JOIN conversations v ON v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = known.contact_id
 LIMIT %(most)s::int;

-- name: channel_inboxes
SELECT id FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND channel = %(channel)s::text;

-- name: counts
-- What is kept and what is not folded in yet, in one snapshot: exact at any moment.
SELECT s.kind, s.key, s.status, sum(s.total)::bigint AS total, sum(s.unread)::bigint AS unread
  FROM (SELECT c.kind, c.key, c.status, c.total, c.unread FROM conversation_counts c
         WHERE c.workspace_id = %(workspace_id)s::uuid
        UNION ALL
        SELECT d.kind, d.key, d.status, d.total, d.unread FROM conversation_count_deltas d
         WHERE d.workspace_id = %(workspace_id)s::uuid) s
 GROUP BY 1, 2, 3 HAVING sum(s.total) <> 0;

-- name: count_mentions
-- What was merged counts with the one that shows it.
SELECT count(DISTINCT shown.id) AS open, count(DISTINCT shown.id) FILTER (WHERE m.unread > 0) AS unread
  FROM (SELECT m.conversation_id, m.unread FROM conversation_mentions m
         WHERE m.workspace_id = %(workspace_id)s::uuid AND m.agent_id = %(agent_id)s::uuid LIMIT 10000) m
  LEFT JOIN conversations g ON g.workspace_id = %(workspace_id)s::uuid AND g.id = m.conversation_id
                           AND g.survivor_id IS NOT NULL
 CROSS JOIN LATERAL (SELECT coalesce(g.survivor_id, m.conversation_id) AS id) shown;

-- name: fold_counts
WITH taken AS (
    DELETE FROM conversation_count_deltas RETURNING workspace_id, kind, key, status, total, unread
)
INSERT INTO conversation_counts AS c (workspace_id, kind, key, status, total, unread)
SELECT workspace_id, kind, key, status, sum(total), sum(unread) FROM taken
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (workspace_id, kind, key, status)
DO UPDATE SET total = c.total + excluded.total, unread = c.unread + excluded.unread;

-- name: recount
-- The difference between what is kept and what is there, written as one more difference: one snapshot, no lock, exact
-- while others write.
WITH there AS (
    SELECT v.workspace_id, c.kind, c.key, v.status, count(*) AS total, count(*) FILTER (WHERE v.unread > 0) AS unread
      FROM conversations v
     CROSS JOIN LATERAL count_cells(v.workspace_id, v.status, v.assignee_id, v.inbox_id, v.team_id, v.labels) c
     WHERE v.workspace_id = %(workspace_id)s::uuid
     GROUP BY 1, 2, 3, 4
), differing AS (
    SELECT s.workspace_id, s.kind, s.key, s.status, sum(s.total) AS total, sum(s.unread) AS unread
      FROM (SELECT * FROM there
            UNION ALL
            SELECT workspace_id, kind, key, status, -total, -unread FROM conversation_counts
             WHERE workspace_id = %(workspace_id)s::uuid
            UNION ALL
            SELECT workspace_id, kind, key, status, -total, -unread FROM conversation_count_deltas
             WHERE workspace_id = %(workspace_id)s::uuid) s
     GROUP BY 1, 2, 3, 4 HAVING sum(s.total) <> 0 OR sum(s.unread) <> 0
)
INSERT INTO conversation_count_deltas (workspace_id, kind, key, status, total, unread)
SELECT workspace_id, kind, key, status, total, unread FROM differing;

-- name: workspaces
SELECT workspace_id FROM workspaces ORDER BY workspace_id;
