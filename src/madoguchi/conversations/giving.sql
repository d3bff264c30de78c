-- name: rules
SELECT inbox_id, keep_contacts, mode, capacity, agent_ids, when_absent, absent_minutes, last_agent_id
  FROM inbox_assignment WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = ANY (%(inboxes)s::uuid[]);

-- name: set_rule
INSERT INTO inbox_assignment (workspace_id, inbox_id, keep_contacts, mode, capacity, agent_ids, when_absent, absent_minutes)
SELECT i.workspace_id, i.id, %(keep_contacts)s::boolean, %(mode)s::text, %(capacity)s::int, %(agent_ids)s::uuid[],
       %(when_absent)s::text, %(absent_minutes)s::int
  FROM inboxes i WHERE i.workspace_id = %(workspace_id)s::uuid AND i.id = %(inbox_id)s::uuid AND i.archived_at IS NULL
ON CONFLICT (workspace_id, inbox_id)
DO UPDATE SET keep_contacts = excluded.keep_contacts, mode = excluded.mode, capacity = excluded.capacity,
              agent_ids = excluded.agent_ids, when_absent = excluded.when_absent,
              absent_minutes = excluded.absent_minutes;

-- name: there
SELECT id FROM inboxes WHERE workspace_id = %(workspace_id)s::uuid AND id = %(inbox_id)s::uuid AND archived_at IS NULL;

-- name: busy_inboxes
-- Which of these inboxes give out what comes in.
SELECT workspace_id, inbox_id FROM inbox_assignment
 WHERE workspace_id = ANY (%(workspaces)s::uuid[]) AND inbox_id = ANY (%(inboxes)s::uuid[])
   AND (keep_contacts OR mode <> 'manual');

-- name: one_at_a_time
-- The load of an agent is counted and then added to: two at once in one workspace would both see room for one.
SELECT pg_advisory_xact_lock(7312, hashtext(%(workspace_id)s::text));

-- name: waiting
-- Open conversations nobody has, the longest waiting first, with whose customers they are.
SELECT v.id, v.inbox_id, coalesce(s.owner_id, c.owner_id) AS owner_id
  FROM conversations v
  JOIN contacts c ON c.workspace_id = v.workspace_id AND c.id = v.contact_id
  LEFT JOIN contacts s ON s.workspace_id = c.workspace_id AND s.id = c.survivor_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = ANY (%(ids)s::uuid[])
   AND v.assignee_id IS NULL AND v.status = 'open'
 ORDER BY v.last_activity_id;

-- name: present
-- Whoever could be given work now. An agent whose row is being changed (disabled, perhaps) is passed over.
SELECT a.id, a.name,
       (SELECT count(*) FROM conversations v
         WHERE v.workspace_id = a.workspace_id AND v.assignee_id = a.id AND v.status = 'open') AS load
  FROM agents a
  JOIN agent_presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.status = 'active' AND p.absent_since IS NULL AND p.online
 ORDER BY a.id
   FOR SHARE OF a SKIP LOCKED;

-- name: give
-- The same condition as a claim: whoever was first, the other finds it taken.
UPDATE conversations v SET assignee_id = g.agent_id, claim = v.claim + 1, updated_at = %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(agents)s::uuid[]) AS g (id, agent_id)
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = g.id AND v.assignee_id IS NULL
RETURNING v.id, v.inbox_id, v.assignee_id, v.contact_id;

-- name: turn
UPDATE inbox_assignment SET last_agent_id = %(agent_id)s::uuid
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid;

-- name: write_told
-- One line in each thread: who has it now, or why nobody.
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, data, status, author_kind,
                      created_at, sent_at)
SELECT %(workspace_id)s::uuid, g.id, g.conversation_id, g.inbox_id, 'out', 'system', g.data, 'sent', 'system',
       %(now)s::timestamptz, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(conversations)s::uuid[], %(inboxes)s::uuid[], %(data)s::jsonb[])
           AS g (id, conversation_id, inbox_id, data);

-- name: hold_contacts
-- Before the conversations are touched: contacts before conversations, each by id, is the order in which everybody takes them.
-- CASE, because under row-level security coalesce() is no condition for an index: all contacts would be read.
SELECT c.id FROM contacts c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.owner_id IS NULL
   AND c.id IN (SELECT CASE WHEN o.survivor_id IS NULL THEN o.id ELSE o.survivor_id END FROM conversations v
                  JOIN inbox_assignment r ON r.workspace_id = v.workspace_id AND r.inbox_id = v.inbox_id AND r.keep_contacts
                  JOIN contacts o ON o.workspace_id = v.workspace_id AND o.id = v.contact_id
                 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = ANY (%(ids)s::uuid[]))
 ORDER BY c.id FOR NO KEY UPDATE;

-- name: become_owner
-- The first agent of a contact keeps it, where the inbox says so. CASE: see above.
UPDATE contacts c SET owner_id = v.assignee_id, updated_at = %(now)s::timestamptz
  FROM conversations v
  JOIN inbox_assignment r ON r.workspace_id = v.workspace_id AND r.inbox_id = v.inbox_id AND r.keep_contacts
  JOIN contacts o ON o.workspace_id = v.workspace_id AND o.id = v.contact_id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = ANY (%(ids)s::uuid[]) AND v.assignee_id IS NOT NULL
   AND c.workspace_id = v.workspace_id AND c.owner_id IS NULL
   AND c.id = CASE WHEN o.survivor_id IS NULL THEN o.id ELSE o.survivor_id END
RETURNING c.id;

-- name: left_behind
-- Open conversations of agents who have been absent for longer than their inbox waits.
SELECT v.workspace_id, v.id, v.inbox_id, v.assignee_id, a.name
  FROM inbox_assignment r
  JOIN agent_presence p ON p.workspace_id = r.workspace_id
                       AND p.absent_since < %(now)s::timestamptz - make_interval(mins => r.absent_minutes)
  JOIN agents a ON a.workspace_id = p.workspace_id AND a.id = p.agent_id
  JOIN conversations v ON v.workspace_id = r.workspace_id AND v.inbox_id = r.inbox_id
                      AND v.assignee_id = p.agent_id AND v.status = 'open'
 WHERE r.when_absent = 'queue'
 ORDER BY v.workspace_id, v.last_activity_id LIMIT %(limit)s::int;

-- name: take_back
UPDATE conversations v SET assignee_id = NULL, claim = v.claim + 1, updated_at = %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(agents)s::uuid[]) AS g (id, agent_id)
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = g.id AND v.assignee_id = g.agent_id AND v.status = 'open'
RETURNING v.id, v.inbox_id;

-- name: known_agents
SELECT id FROM agents WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);
