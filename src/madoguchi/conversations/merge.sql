-- name: one_at_a_time
-- Merging and un-merging move whole trees of pointers: two at once in one workspace wait for one another.
SELECT pg_advisory_xact_lock(7313, hashtext(%(workspace_id)s::text));

-- name: places
-- Those, where each of them is shown, and what is shown by it: all that is written, in one order for everybody.
SELECT v.id, v.inbox_id, v.contact_id, v.subject, v.status, v.merged_into, v.survivor_id, v.assignee_id, i.channel,
       (SELECT a.name FROM agents a WHERE a.workspace_id = v.workspace_id AND a.id = v.assignee_id) AS assignee_name,
       EXISTS (SELECT FROM outbox o WHERE o.workspace_id = v.workspace_id AND o.conversation_id = v.id) AS waits
  FROM conversations v
  JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id
 WHERE v.workspace_id = %(workspace_id)s::uuid
   AND v.id = ANY (ARRAY(
       SELECT unnest(%(ids)s::uuid[])
       UNION ALL
       SELECT g.survivor_id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.id = ANY (%(ids)s::uuid[]) AND g.survivor_id IS NOT NULL
       UNION ALL
       SELECT g.id FROM conversations g
        WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = ANY (%(ids)s::uuid[])))
 ORDER BY v.id FOR UPDATE OF v;

-- name: merge
-- The one that goes, and everything that was merged into it. It keeps what is its own, for when it comes back; no list
-- and no count looks at it meanwhile.
UPDATE conversations
   SET survivor_id = %(into)s::uuid,
       status_before = CASE WHEN id = %(id)s::uuid THEN status ELSE status_before END,
       status = 'merged',
       merged_into = CASE WHEN id = %(id)s::uuid THEN %(into)s::uuid ELSE merged_into END,
       updated_at = CASE WHEN id = %(id)s::uuid THEN %(now)s::timestamptz ELSE updated_at END
 WHERE workspace_id = %(workspace_id)s::uuid AND (id = %(id)s::uuid OR survivor_id = %(id)s::uuid);

-- name: take_over
-- What was unread, waited or had an agent in the one, is and has so in the other. Before `merge`.
UPDATE conversations v
   SET unread = v.unread + gone.unread,
       status = CASE WHEN gone.status = 'open' THEN 'open' ELSE v.status END,
       snoozed_until = CASE WHEN gone.status = 'open' THEN NULL ELSE v.snoozed_until END,
       waiting_since = least(v.waiting_since, CASE WHEN gone.status = 'open' THEN gone.waiting_since END),
       failed_at = coalesce(v.failed_at, gone.failed_at),
       last_inbound_at = greatest(v.last_inbound_at, gone.last_inbound_at),
       assignee_id = coalesce(v.assignee_id, gone.assignee_id),
       claim = v.claim + CASE WHEN v.assignee_id IS NULL AND gone.assignee_id IS NOT NULL THEN 1 ELSE 0 END,
       updated_at = %(now)s::timestamptz
  FROM conversations gone
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = %(into)s::uuid
   AND gone.workspace_id = v.workspace_id AND gone.id = %(id)s::uuid;

-- name: give_back
-- What was taken over and is still so goes back: unread and failed letters go with their thread, and who waits is looked for
-- in what stays. All the way up: each on it had taken over from the one below. Before `unmerge`.
WITH RECURSIVE above AS (
    SELECT g.merged_into AS id FROM conversations g WHERE g.workspace_id = %(workspace_id)s::uuid AND g.id = %(id)s::uuid
    UNION
    SELECT g.merged_into FROM above
      JOIN conversations g ON g.workspace_id = %(workspace_id)s::uuid AND g.id = above.id AND g.merged_into IS NOT NULL
), leaving AS (
    SELECT %(id)s::uuid AS id
    UNION
    SELECT g.id FROM leaving
      JOIN conversations g ON g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(root)s::uuid
                          AND g.merged_into = leaving.id
), staying AS (
    SELECT %(root)s::uuid AS id
    UNION ALL
    SELECT g.id FROM conversations g
     WHERE g.workspace_id = %(workspace_id)s::uuid AND g.survivor_id = %(root)s::uuid
       AND g.id NOT IN (SELECT id FROM leaving)
)
UPDATE conversations v
   SET unread = greatest(0, v.unread - gone.unread),
       failed_at = CASE WHEN v.failed_at IS DISTINCT FROM gone.failed_at THEN v.failed_at END,
       waiting_since = CASE WHEN v.id = %(root)s::uuid AND v.waiting_since = gone.waiting_since THEN (
           SELECT min(m.created_at) FROM staying s
             JOIN messages m ON m.workspace_id = %(workspace_id)s::uuid AND m.conversation_id = s.id
            WHERE m.direction = 'in' AND m.type NOT IN ('system', 'reaction')
              AND m.id > coalesce((SELECT o.id FROM staying t
                                     JOIN messages o ON o.workspace_id = %(workspace_id)s::uuid AND o.conversation_id = t.id
                                    WHERE o.direction = 'out' AND o.type NOT IN ('note', 'system', 'reaction')
                                      AND o.status <> 'scheduled'
                                    ORDER BY o.id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000'))
           ELSE v.waiting_since END,
       updated_at = %(now)s::timestamptz
  FROM conversations gone
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id IN (SELECT id FROM above)
   AND gone.workspace_id = v.workspace_id AND gone.id = %(id)s::uuid;

-- name: unmerge
-- Those that had been merged into it before stay with it.
WITH RECURSIVE tree AS (
    SELECT id FROM conversations WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
    UNION
    SELECT v.id FROM tree
      JOIN conversations v ON v.workspace_id = %(workspace_id)s::uuid AND v.survivor_id = %(root)s::uuid
                          AND v.merged_into = tree.id
)
UPDATE conversations
   SET survivor_id = CASE WHEN id = %(id)s::uuid THEN NULL ELSE %(id)s::uuid END,
       merged_into = CASE WHEN id = %(id)s::uuid THEN NULL ELSE merged_into END,
       status = CASE WHEN id = %(id)s::uuid THEN coalesce(status_before, 'open') ELSE status END,
       status_before = CASE WHEN id = %(id)s::uuid THEN NULL ELSE status_before END,
       updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id IN (SELECT id FROM tree);
