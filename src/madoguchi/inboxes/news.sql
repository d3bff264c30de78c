-- name: by_number
SELECT id FROM inboxes
 WHERE workspace_id = %(workspace_id)s::uuid AND channel = %(channel)s::text AND archived_at IS NULL
   AND regexp_replace(health_facts ->> 'display_number', '\D', '', 'g') = %(number)s::text
 ORDER BY id LIMIT 1;

-- name: note_health
-- What is only news leaves the state and its words as they are.
UPDATE inboxes
   SET health = coalesce(CASE WHEN held_reason IS NULL THEN %(health)s::text END, health),
       health_detail = CASE WHEN %(health)s::text IS NULL OR held_reason IS NOT NULL THEN health_detail
                            ELSE %(detail)s::text END,
       health_facts = health_facts || %(facts)s::jsonb, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: keep_news
INSERT INTO inbox_accounts AS a (workspace_id, inbox_id, state, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, jsonb_build_object('news', %(news)s::jsonb), %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id) DO UPDATE
   SET state = a.state || jsonb_build_object('news', coalesce(a.state -> 'news', '{}') || %(news)s::jsonb),
       updated_at = excluded.updated_at;
