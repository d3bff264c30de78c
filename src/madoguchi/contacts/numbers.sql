-- name: hold
-- Whoever makes a person out of a number waits for whoever does the same elsewhere: two channels share no unique key. The
-- locks are few and taken in order, because a batch may bring thousands of new people. Returned: where numbers meet at all.
WITH asked AS (
    SELECT g.position, g.workspace_id, g.number
      FROM json_to_recordset(%(rows)s::json) AS g (position int, workspace_id uuid, channel text, number text)
      JOIN workspaces w ON w.workspace_id = g.workspace_id AND coalesce(w.settings ->> 'meet_numbers', 'true') = 'true'
     WHERE EXISTS (SELECT 1 FROM inboxes i WHERE i.workspace_id = g.workspace_id AND i.channel <> g.channel)
), held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(7319, key)
      FROM (SELECT DISTINCT hashtext(workspace_id::text || number) & 255 AS key FROM asked ORDER BY key) keys
)
SELECT a.position FROM asked a WHERE (SELECT count(*) FROM held) >= 0;

-- name: holders
-- The people whom another channel knows by this number and vouches for. Two who are one person by now count as one; two
-- different ones are for a human to decide. Whoever has an address on the asking channel already keeps it alone: a thread has
-- one address, and an answer must not leave for another telephone.
SELECT g.position, min(ci.contact_id::text)::uuid AS contact_id
  FROM json_to_recordset(%(rows)s::json) AS g (position int, workspace_id uuid, channel text, value text)
  JOIN contact_identities ci ON ci.workspace_id = g.workspace_id AND ci.channel = ANY (%(channels)s::text[])
                            AND ci.scope = '' AND ci.kind = 'phone' AND ci.value = g.value
  JOIN contacts c ON c.workspace_id = ci.workspace_id AND c.id = ci.contact_id
 WHERE ci.channel <> g.channel AND ci.verified AND ci.current
   AND NOT EXISTS (SELECT 1 FROM contact_identities k WHERE k.workspace_id = ci.workspace_id AND k.contact_id = ci.contact_id
                      AND k.channel = g.channel)
   AND NOT EXISTS (SELECT 1 FROM conversations v
                     JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id AND i.channel = g.channel
                    WHERE v.workspace_id = ci.workspace_id AND v.contact_id = ci.contact_id)
 GROUP BY g.position
HAVING count(DISTINCT coalesce(c.survivor_id, c.id)) = 1;

-- name: namesakes
-- Whoever else has one of these telephone numbers, typed or not: a human decides.
SELECT s.id, s.name, min(ci.value) AS value, bool_or(ci.verified) AS verified
  FROM contact_identities ci
  JOIN contacts c ON c.workspace_id = ci.workspace_id AND c.id = ci.contact_id
  -- CASE: under row-level security coalesce() is no condition for an index.
  JOIN contacts s ON s.workspace_id = c.workspace_id
                 AND s.id = CASE WHEN c.survivor_id IS NULL THEN c.id ELSE c.survivor_id END
 WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.channel = ANY (%(channels)s::text[]) AND ci.scope = ''
   AND ci.kind = 'phone' AND ci.value = ANY (%(values)s::text[]) AND ci.current AND ci.contact_id <> ALL (%(contact_ids)s::uuid[])
 GROUP BY s.id, s.name
 ORDER BY s.id LIMIT 5;
