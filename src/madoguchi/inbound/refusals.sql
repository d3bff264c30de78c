-- name: note
-- Counts from the start again when the credentials were changed since.
INSERT INTO webhook_refusals AS w (workspace_id, inbox_id, requests, status, reason, refused_at)
SELECT i.workspace_id, i.id, %(requests)s::bigint, %(status)s::smallint, %(reason)s::text, %(now)s::timestamptz
  FROM inboxes i WHERE i.workspace_id = %(workspace_id)s::uuid AND i.id = %(inbox_id)s::uuid
ON CONFLICT (workspace_id, inbox_id) DO UPDATE
   SET status = excluded.status, reason = excluded.reason, refused_at = excluded.refused_at,
       requests = excluded.requests + CASE
           WHEN w.refused_at < (SELECT i.credentials_at FROM inboxes i
                                 WHERE i.workspace_id = w.workspace_id AND i.id = w.inbox_id) THEN 0
           ELSE w.requests END;
