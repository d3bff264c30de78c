-- name: one
SELECT png FROM workspace_logos WHERE workspace_id = %(workspace_id)s::uuid AND digest = %(digest)s::text;

-- name: keep
INSERT INTO workspace_logos (workspace_id, digest, png, updated_at)
VALUES (%(workspace_id)s::uuid, %(digest)s::text, %(png)s::bytea, %(now)s::timestamptz)
ON CONFLICT (workspace_id) DO UPDATE SET digest = excluded.digest, png = excluded.png, updated_at = excluded.updated_at;

-- name: remove
DELETE FROM workspace_logos WHERE workspace_id = %(workspace_id)s::uuid;
