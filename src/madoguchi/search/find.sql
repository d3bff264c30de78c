-- name: blocks
-- In which blocks each term is: entries of the primary key, a few hundred for each term at ten million documents.
SELECT t.term, array_agg(t.block) AS blocks FROM search_terms t
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.term = ANY (%(terms)s::text[])
   AND t.block BETWEEN %(first)s::int AND %(last)s::int
 GROUP BY t.term;

-- name: postings
SELECT t.block, t.docs FROM search_terms t
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.term = ANY (%(terms)s::text[])
   AND t.block = ANY (%(blocks)s::int[]);

-- name: ids
SELECT c.chunk, c.ids FROM search_chunks c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.kind = %(kind)s::text AND c.chunk = ANY (%(chunks)s::int[]);

-- name: chunk_before
-- The last row of documents that begins before this id.
SELECT c.chunk FROM search_chunks c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.kind = %(kind)s::text AND c.first_id <= %(id)s::uuid
 ORDER BY c.chunk DESC LIMIT 1;

-- name: messages
-- The texts to look into, with what a result shows.
SELECT m.id, coalesce(v.survivor_id, m.conversation_id) AS conversation_id, m.inbox_id, i.name AS inbox_name, i.channel, m.direction, m.type, m.text, m.created_at,
       m.author_kind, CASE WHEN m.author_kind = 'contact' THEN v.contact_id ELSE m.author_id END AS author_id,
       CASE WHEN m.author_kind = 'contact' THEN c.name ELSE a.name END AS author_name,
       coalesce(s.id, v.contact_id) AS contact_id, coalesce(s.name, c.name) AS contact_name,
       (SELECT array_agg(f.name ORDER BY f.position) FROM media f
         WHERE f.workspace_id = %(workspace_id)s::uuid AND f.message_id = m.id) AS files
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM messages
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) m
 CROSS JOIN LATERAL (SELECT contact_id, survivor_id FROM conversations
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.conversation_id LIMIT 1) v
 CROSS JOIN LATERAL (SELECT name, survivor_id FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = v.contact_id LIMIT 1) c
  LEFT JOIN LATERAL (SELECT id, name FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = c.survivor_id LIMIT 1) s ON true
 CROSS JOIN LATERAL (SELECT name, channel FROM inboxes
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.inbox_id LIMIT 1) i
  LEFT JOIN LATERAL (SELECT name FROM agents
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = m.author_id LIMIT 1) a ON true
 WHERE (%(inbox_id)s::uuid IS NULL OR m.inbox_id = %(inbox_id)s::uuid)
   AND (%(agent_id)s::uuid IS NULL OR (m.direction = 'out' AND m.author_id = %(agent_id)s::uuid))
   AND (%(direction)s::text IS NULL OR m.direction = %(direction)s::text)
   AND (%(from_at)s::timestamptz IS NULL OR m.created_at >= %(from_at)s::timestamptz)
   AND (%(to_at)s::timestamptz IS NULL OR m.created_at < %(to_at)s::timestamptz);

-- name: contacts
-- Whoever is merged is found by their own words and shown as who they are now.
SELECT c.id, person.id AS contact_id, person.name AS contact_name, c.created_at,
       concat_ws(' ', c.name,
           (SELECT string_agg(ci.value, ' ') FROM contact_identities ci
             WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = c.id AND ci.current),
           (SELECT string_agg(a.value, ' ') FROM jsonb_each_text(c.attributes) a)) AS text,
       (SELECT v.id FROM conversations v
         WHERE v.workspace_id = %(workspace_id)s::uuid AND v.survivor_id IS NULL
           AND v.contact_id IN (SELECT g.id FROM contacts g
                                 WHERE g.workspace_id = %(workspace_id)s::uuid
                                   AND (g.id = person.id OR g.survivor_id = person.id))
         ORDER BY v.last_activity_id DESC LIMIT 1) AS conversation_id
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) c
 CROSS JOIN LATERAL (SELECT id, name FROM contacts
                      -- CASE: under row-level security coalesce() is no condition for an index.
                      WHERE workspace_id = %(workspace_id)s::uuid
                        AND id = CASE WHEN c.survivor_id IS NULL THEN c.id ELSE c.survivor_id END LIMIT 1) person;

-- name: state
SELECT s.docs, s.filling IS NOT NULL AS filling, c.seq - s.seq AS behind
  FROM search_state s JOIN event_counters c ON c.workspace_id = s.workspace_id
 WHERE s.workspace_id = %(workspace_id)s::uuid;
