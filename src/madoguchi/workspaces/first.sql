-- name: facts
-- What is done shows in the tables; only the newest messages are looked at, however many there are.
SELECT w.settings -> 'first_steps' AS kept,
       EXISTS (SELECT 1 FROM inboxes i WHERE i.workspace_id = w.workspace_id AND i.archived_at IS NULL) AS inbox,
       (SELECT count(*) FROM (SELECT 1 FROM agents a WHERE a.workspace_id = w.workspace_id LIMIT 2) few) > 1 AS colleague,
       m.received AS message, m.answered AS answer
  FROM workspaces w,
       LATERAL (SELECT coalesce(bool_or(n.direction = 'in'), false) AS received,
                       coalesce(bool_or(n.direction = 'out' AND n.author_kind = 'agent' AND n.type <> 'note'
                                        AND n.status IN ('sent', 'delivered', 'read')), false) AS answered
                  FROM (SELECT direction, author_kind, type, status FROM messages
                         WHERE workspace_id = %(workspace_id)s::uuid ORDER BY id DESC LIMIT 500) n) m
 WHERE w.workspace_id = %(workspace_id)s::uuid;

-- name: mark
UPDATE workspaces
   SET settings = settings || jsonb_build_object('first_steps', (settings -> 'first_steps') || %(given)s::jsonb)
 WHERE workspace_id = %(workspace_id)s::uuid AND settings ? 'first_steps';
