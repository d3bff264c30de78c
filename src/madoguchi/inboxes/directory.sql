-- name: by_key
SELECT workspace_id, id, channel, name, credentials, tokens, settings, webhook_key FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND webhook_key = %(key)s::text AND archived_at IS NULL;

-- name: by_id
SELECT workspace_id, id, channel, name, credentials, tokens, settings, webhook_key FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: by_account
SELECT workspace_id, id, channel, name, credentials, tokens, settings, webhook_key FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND channel = %(channel)s::text AND account = %(account)s::text
   AND archived_at IS NULL
 ORDER BY id LIMIT 1;

-- name: announce
SELECT pg_notify('madoguchi_inboxes', %(id)s::text);
