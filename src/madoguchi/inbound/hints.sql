-- name: by_proof
-- What was merged leads to the one that stays; what it is about is still its own subject.
SELECT DISTINCT ON (g.position) g.position, coalesce(v.survivor_id, v.id) AS conversation_id, v.subject
  FROM json_to_recordset(%(rows)s::json) AS g (position int, workspace_id uuid, inbox_id uuid, conversation_id uuid)
  JOIN conversations v ON v.workspace_id = g.workspace_id AND v.id = g.conversation_id AND v.inbox_id = g.inbox_id
 ORDER BY g.position, v.last_activity_id DESC;

-- name: by_reference
SELECT DISTINCT ON (g.position) g.position, coalesce(v.survivor_id, v.id) AS conversation_id, v.subject
  FROM json_to_recordset(%(rows)s::json)
           AS g (position int, workspace_id uuid, inbox_id uuid, contact_id uuid, address text, reference text, rank int)
  JOIN thread_references t ON t.workspace_id = g.workspace_id AND t.inbox_id = g.inbox_id AND t.reference = g.reference
  JOIN conversations v ON v.workspace_id = t.workspace_id AND v.id = t.conversation_id
 WHERE v.contact_id = g.contact_id
    OR EXISTS (SELECT 1 FROM thread_participants p
                WHERE p.workspace_id = v.workspace_id AND p.conversation_id = v.id AND p.address = g.address)
 ORDER BY g.position, g.rank, v.last_activity_id DESC;

-- name: remember_references
-- An id that leads to another conversation of the same person stays there: a topic that was parted from an old thread goes
-- on quoting the old letters.
INSERT INTO thread_references (workspace_id, inbox_id, reference, conversation_id)
SELECT g.workspace_id, g.inbox_id, g.reference, g.conversation_id
  FROM json_to_recordset(%(rows)s::json) AS g (workspace_id uuid, inbox_id uuid, reference text, conversation_id uuid)
 WHERE NOT EXISTS (
       SELECT 1 FROM thread_references t
         JOIN conversations there ON there.workspace_id = t.workspace_id AND there.id = t.conversation_id
         JOIN conversations here ON here.workspace_id = g.workspace_id AND here.id = g.conversation_id
        WHERE t.workspace_id = g.workspace_id AND t.inbox_id = g.inbox_id AND t.reference = g.reference
          AND t.conversation_id <> g.conversation_id AND there.contact_id = here.contact_id)
ON CONFLICT DO NOTHING;

-- name: remember_people
INSERT INTO thread_participants (workspace_id, conversation_id, address)
SELECT g.workspace_id, g.conversation_id, g.address
  FROM json_to_recordset(%(rows)s::json) AS g (workspace_id uuid, conversation_id uuid, address text)
ON CONFLICT DO NOTHING;
