-- name: behind
-- Workspaces that have events nobody has looked at, or were never looked at, or where something has to be done again.
SELECT c.workspace_id FROM event_counters c
  LEFT JOIN search_state s ON s.workspace_id = c.workspace_id
 WHERE s.workspace_id IS NULL OR s.seq < c.seq OR s.filling IS NOT NULL
    OR EXISTS (SELECT FROM search_again a WHERE a.workspace_id = c.workspace_id)
 ORDER BY c.workspace_id LIMIT 1000;

-- name: inbound_waiting
SELECT count(*) AS n FROM (SELECT 1 FROM ingest_queue LIMIT %(most)s) q;

-- name: begin
-- From here on events tell; what was there before is gone through by id.
INSERT INTO search_state (workspace_id, seq, filling, filled_to)
SELECT c.workspace_id, c.seq, 'contact', '00000000-0000-0000-0000-000000000000' FROM event_counters c
 WHERE c.workspace_id = %(workspace_id)s::uuid
ON CONFLICT (workspace_id) DO NOTHING;

-- name: state
-- Whoever holds the row indexes the workspace; others leave it.
SELECT s.seq, s.filling, s.filled_to, s.docs, s.forgetting_kind, s.forgetting_chunk, c.seq AS newest,
       (SELECT min(e.seq) FROM events e WHERE e.workspace_id = s.workspace_id) AS oldest
  FROM search_state s JOIN event_counters c ON c.workspace_id = s.workspace_id
 WHERE s.workspace_id = %(workspace_id)s::uuid FOR UPDATE OF s SKIP LOCKED;

-- name: keep_state
UPDATE search_state SET seq = %(seq)s::bigint, filling = %(filling)s::text, filled_to = %(filled_to)s::uuid,
       docs = %(docs)s::jsonb, forgetting_kind = %(forgetting_kind)s::text, forgetting_chunk = %(forgetting_chunk)s::int
 WHERE workspace_id = %(workspace_id)s::uuid;

-- name: events
SELECT e.seq, e.type, e.subject_id FROM events e
 WHERE e.workspace_id = %(workspace_id)s::uuid AND e.seq > %(seq)s::bigint
 ORDER BY e.seq LIMIT %(limit)s::int;

-- name: next_contacts
SELECT c.id FROM contacts c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id > %(after)s::uuid ORDER BY c.id LIMIT %(limit)s::int;

-- name: next_messages
SELECT m.id FROM messages m
 WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id > %(after)s::uuid ORDER BY m.id LIMIT %(limit)s::int;

-- name: contacts_of
SELECT v.contact_id AS id FROM conversations v
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.id = ANY (%(ids)s::uuid[]);

-- name: contacts
SELECT c.id, concat_ws(' ', c.name,
           (SELECT string_agg(ci.value, ' ') FROM contact_identities ci
             WHERE ci.workspace_id = %(workspace_id)s::uuid AND ci.contact_id = c.id AND ci.current),
           (SELECT string_agg(a.value, ' ') FROM jsonb_each_text(c.attributes) a)) AS text
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM contacts
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) c
 ORDER BY c.id;

-- name: messages
SELECT m.id, m.type, m.direction, m.inbox_id, m.author_kind, m.author_id, m.text,
       (SELECT array_agg(f.name) FROM media f
         WHERE f.workspace_id = %(workspace_id)s::uuid AND f.message_id = m.id) AS files
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM messages
                      WHERE workspace_id = %(workspace_id)s::uuid AND id = wanted.id LIMIT 1) m
 WHERE m.type NOT IN ('system', 'reaction')
 ORDER BY m.id;

-- name: known_terms
SELECT t.term, t.docs FROM search_terms t
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.block = %(block)s::int
   AND t.term = ANY (%(terms)s::text[]);

-- name: put_terms
INSERT INTO search_terms (workspace_id, kind, term, block, docs)
SELECT %(workspace_id)s::uuid, %(kind)s::text, g.term, %(block)s::int, g.docs
  FROM unnest(%(terms)s::text[], %(docs)b::bytea[]) AS g (term, docs)
ON CONFLICT (workspace_id, kind, term, block) DO UPDATE SET docs = excluded.docs;

-- name: newest_chunk
SELECT c.first_id FROM search_chunks c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.kind = %(kind)s::text ORDER BY c.chunk DESC LIMIT 1;

-- name: put_chunks
INSERT INTO search_chunks AS c (workspace_id, kind, chunk, ids, first_id)
SELECT %(workspace_id)s::uuid, %(kind)s::text, g.chunk, g.ids, g.first_id
  FROM unnest(%(chunks)s::int[], %(ids)b::bytea[], %(firsts)s::uuid[]) AS g (chunk, ids, first_id)
ON CONFLICT (workspace_id, kind, chunk) DO UPDATE SET ids = c.ids || excluded.ids;

-- name: lag
SELECT coalesce(sum(greatest(c.seq - coalesce(s.seq, 0), 0)), 0)::bigint AS events,
       count(*) FILTER (WHERE s.filling IS NOT NULL OR s.workspace_id IS NULL) AS filling
  FROM event_counters c LEFT JOIN search_state s ON s.workspace_id = c.workspace_id;
