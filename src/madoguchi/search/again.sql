-- name: look_again
INSERT INTO search_again (workspace_id, what, id)
SELECT g.workspace_id, 'message', g.id FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS g (workspace_id, id)
-- Not DO NOTHING: the row is locked until the new words are committed, so that nobody indexes the old ones for them.
ON CONFLICT (workspace_id, what, id) DO UPDATE SET what = excluded.what;

-- name: forget
-- The contacts and everything that was said with them.
INSERT INTO search_again (workspace_id, what, id)
SELECT %(workspace_id)s::uuid, 'forget', c.id FROM unnest(%(contact_ids)s::uuid[]) AS c (id)
UNION ALL
SELECT m.workspace_id, 'forget', m.id FROM conversations v
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.conversation_id = v.id
 WHERE v.workspace_id = %(workspace_id)s::uuid AND v.contact_id = ANY (%(contact_ids)s::uuid[])
ON CONFLICT DO NOTHING;

-- name: take
DELETE FROM search_again a
 USING (SELECT g.id FROM search_again g
         WHERE g.workspace_id = %(workspace_id)s::uuid AND g.what = %(what)s::text
         ORDER BY g.id LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED) taken
 WHERE a.workspace_id = %(workspace_id)s::uuid AND a.what = %(what)s::text AND a.id = taken.id
RETURNING a.id;

-- name: begin_forgetting
-- Those that one walk through the index looks for; who comes later waits for the next.
WITH taken AS (
    DELETE FROM search_again a
     USING (SELECT g.id FROM search_again g WHERE g.workspace_id = %(workspace_id)s::uuid AND g.what = 'forget'
             ORDER BY g.id LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED) next
     WHERE a.workspace_id = %(workspace_id)s::uuid AND a.what = 'forget' AND a.id = next.id
    RETURNING a.id
)
INSERT INTO search_again (workspace_id, what, id)
SELECT %(workspace_id)s::uuid, 'forgetting', id FROM taken ON CONFLICT DO NOTHING;

-- name: forgetting
SELECT a.id FROM search_again a WHERE a.workspace_id = %(workspace_id)s::uuid AND a.what = 'forgetting';

-- name: end_forgetting
DELETE FROM search_again WHERE workspace_id = %(workspace_id)s::uuid AND what = 'forgetting';

-- name: chunks
SELECT c.kind, c.chunk, c.ids FROM search_chunks c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND (c.kind, c.chunk) >= (%(kind)s::text, %(chunk)s::int)
 ORDER BY c.kind, c.chunk LIMIT %(limit)s::int;

-- name: blank
-- The numbers stay, so that those behind them keep theirs; they lead to nobody.
UPDATE search_chunks c SET ids = g.ids
  FROM unnest(%(kinds)s::text[], %(chunks)s::int[], %(ids)b::bytea[]) AS g (kind, chunk, ids)
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.kind = g.kind AND c.chunk = g.chunk;

-- name: block
SELECT t.term, t.docs FROM search_terms t
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.block = %(block)s::int;

-- name: drop_terms
DELETE FROM search_terms t
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.block = %(block)s::int
   AND t.term = ANY (%(terms)s::text[]);

-- name: rewrite_terms
UPDATE search_terms t SET docs = g.docs
  FROM unnest(%(terms)s::text[], %(docs)b::bytea[]) AS g (term, docs)
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.kind = %(kind)s::text AND t.block = %(block)s::int
   AND t.term = g.term;
