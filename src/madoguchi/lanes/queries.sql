-- name: lanes
-- What waits in each lane and since when. Counting ends at `most`, and the oldest are looked up at the front of their
-- indexes, so that a look costs the same with an empty queue and with a million rows in it. Jobs have the server's own
-- times, hence the second clock.
WITH slots AS (SELECT generate_series(0, 63)::smallint AS slot),
inbound AS (
    SELECT (SELECT count(*) FROM (SELECT 1 FROM ingest_queue LIMIT %(most)s::int) found) AS waiting,
           (SELECT first.id FROM slots CROSS JOIN LATERAL (
                   SELECT q.id FROM ingest_queue q WHERE q.slot = slots.slot ORDER BY q.id LIMIT 1) first
             ORDER BY first.id LIMIT 1) AS oldest_id
), outbound AS (
    SELECT l.lane, coalesce(sum(due.waiting), 0) AS waiting, min(due.oldest) AS oldest
      FROM (VALUES ('conversational', 0::smallint), ('campaigns', 1::smallint)) AS l (lane, number)
      LEFT JOIN inboxes i ON true
      LEFT JOIN LATERAL (
            SELECT count(*) AS waiting, min(found.due_at) AS oldest
              FROM (SELECT o.due_at FROM outbox o
                     WHERE o.workspace_id = i.workspace_id AND o.inbox_id = i.id AND o.lane = l.number
                       AND o.due_at <= %(now)s::timestamptz
                     ORDER BY o.due_at LIMIT %(most)s::int) found) due ON true
     GROUP BY l.lane
), jobs AS (
    SELECT q.queue AS lane, coalesce(w.waiting, 0) AS waiting, w.oldest
      FROM unnest(%(queues)s::text[]) AS q (queue)
      LEFT JOIN LATERAL (
            SELECT count(*) AS waiting, min(found.since) AS oldest
              FROM (SELECT greatest(j.scheduled_at, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)) AS since
                      FROM procrastinate_jobs j
                     WHERE j.queue_name = q.queue AND j.status = 'todo'
                       AND (j.scheduled_at IS NULL OR j.scheduled_at <= %(server_now)s::timestamptz)
                     ORDER BY j.id LIMIT %(most_jobs)s::int) found) w ON true
)
SELECT 'inbound' AS lane, waiting::bigint, oldest_id, NULL::timestamptz AS oldest FROM inbound
UNION ALL SELECT lane, waiting::bigint, NULL, oldest FROM outbound
UNION ALL SELECT lane, waiting::bigint, NULL, oldest FROM jobs;

-- name: set_aside
SELECT count(*) FROM (SELECT FROM set_aside WHERE resolved_at IS NULL LIMIT %(most)s::int) open;

-- name: workers
-- Each worker's process holds one of these locks, shared, for as long as it lives (pumps.py).
SELECT DISTINCT objid::int AS worker FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND classid = 7300 AND objid IN (1, 2, 3)
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
