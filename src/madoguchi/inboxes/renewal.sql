-- name: one_at_a_time
-- Providers give a new refresh token with each answer and refuse the old one: two workers must never use the same.
SELECT pg_advisory_xact_lock(7313, hashtext(%(id)s::text));

-- name: keep
UPDATE inboxes SET tokens = %(tokens)s::bytea
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid
RETURNING pg_notify('madoguchi_inboxes', id::text);
