-- name: newest
SELECT DISTINCT ON (s.contact_id, s.channel, s.purpose) s.contact_id, s.channel, s.purpose, s.state, s.source, s.detail,
       s.created_at
  FROM consents s
 WHERE s.workspace_id = %(workspace_id)s::uuid
   AND s.contact_id IN (SELECT c.id FROM contacts c WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = ANY (%(ids)s::uuid[])
                        UNION ALL
                        SELECT c.id FROM contacts c WHERE c.workspace_id = %(workspace_id)s::uuid
                           AND c.survivor_id = ANY (%(ids)s::uuid[]))
 ORDER BY s.contact_id, s.channel, s.purpose, s.id DESC;

-- name: addresses
SELECT DISTINCT coalesce(c.survivor_id, c.id) AS person, c.id, ci.channel
  FROM contacts c
  JOIN contact_identities ci ON ci.workspace_id = c.workspace_id AND ci.contact_id = c.id
 WHERE c.workspace_id = %(workspace_id)s::uuid
   AND (c.id = ANY (%(ids)s::uuid[]) OR c.survivor_id = ANY (%(ids)s::uuid[]));

-- name: add
INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, detail, created_at)
SELECT %(workspace_id)s::uuid, g.id, g.contact_id, g.channel, g.purpose, g.state, %(source)s::text, g.detail, g.at
  FROM json_to_recordset(%(rows)s::json)
       AS g (id uuid, contact_id uuid, channel text, purpose text, state text, detail text, at timestamptz);

-- name: take_back
DELETE FROM consents WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]);
