-- name: add_consent
-- Providers tell whole seconds: a withdrawal within the second of the newest entry still counts, an agreement does not.
INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, detail, created_at)
SELECT %(workspace_id)s::uuid, %(id)s::uuid, %(contact_id)s::uuid, %(channel)s::text, %(purpose)s::text, %(state)s::text,
       %(source)s::text, %(detail)s::text, %(at)s::timestamptz
 WHERE NOT EXISTS (
    SELECT 1
      FROM (SELECT s.state, s.created_at FROM consents s
             WHERE s.workspace_id = %(workspace_id)s::uuid AND s.contact_id = %(contact_id)s::uuid
               AND s.channel = %(channel)s::text AND s.purpose = %(purpose)s::text
             ORDER BY s.id DESC LIMIT 1) newest
     WHERE newest.state = %(state)s::text
        OR newest.created_at >= %(at)s::timestamptz
               + CASE WHEN %(state)s::text = 'withdrawn' THEN interval '1 second' ELSE interval '0' END);
