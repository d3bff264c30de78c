-- name: page
SELECT t.id, t.inbox_id, i.channel, t.name, t.language, t.category, t.status, t.quality, t.reason, t.parameter_format,
       t.components, t.definition, t.mapping, t.ttl_seconds, t.provider_id, t.synced_at
  FROM templates t JOIN inboxes i ON i.workspace_id = t.workspace_id AND i.id = t.inbox_id
 WHERE t.workspace_id = %(workspace_id)s::uuid AND i.archived_at IS NULL
   AND (%(inbox_id)s::uuid IS NULL OR t.inbox_id = %(inbox_id)s::uuid)
   AND (%(status)s::text IS NULL OR lower(t.status) = lower(%(status)s::text))
   AND (%(status)s::text IS NOT NULL OR t.status <> 'removed')
   AND (%(quality)s::text IS NULL OR lower(t.quality) = lower(%(quality)s::text))
   AND (%(category)s::text IS NULL OR lower(t.category) = lower(%(category)s::text))
   AND (%(language)s::text IS NULL OR t.language = %(language)s::text)
   AND (%(q)s::text = '' OR strpos(t.name, lower(%(q)s::text)) > 0 OR strpos(lower(t.components::text), lower(%(q)s::text)) > 0)
   AND (t.name, t.language, t.id) > (%(after_name)s::text, %(after_language)s::text, %(after)s::uuid)
 ORDER BY t.name, t.language, t.id LIMIT %(limit)s::int;

-- name: by_ids
SELECT t.id, t.inbox_id, i.channel, t.name, t.language, t.category, t.status, t.quality, t.reason, t.parameter_format,
       t.components, t.definition, t.mapping, t.ttl_seconds, t.provider_id, t.synced_at
  FROM templates t JOIN inboxes i ON i.workspace_id = t.workspace_id AND i.id = t.inbox_id
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.id = ANY (%(ids)s::uuid[]);

-- name: by_name
SELECT name, language, category, status, components, parameter_format, quality, provider_id, reason FROM templates
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   AND name = %(name)s::text AND language = %(language)s::text;

-- name: states
-- Locked, so that what is said about a change of state is said once.
SELECT id, name, language, category, status, reason FROM templates
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   AND (name, language) IN (SELECT g.name, g.language FROM unnest(%(names)s::text[], %(languages)s::text[]) AS g (name, language))
 ORDER BY id FOR UPDATE;

-- name: upsert
-- Rows that are as they were are not touched, so that only real changes are told.
INSERT INTO templates AS t (workspace_id, id, inbox_id, name, language, category, status, quality, reason, parameter_format,
                            components, provider_id, synced_at)
SELECT %(workspace_id)s::uuid, g.id, %(inbox_id)s::uuid, g.name, g.language, g.category, g.status, g.quality, g.reason,
       g.parameter_format, g.components::jsonb, g.provider_id, %(now)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(names)s::text[], %(languages)s::text[], %(categories)s::text[], %(statuses)s::text[],
              %(qualities)s::text[], %(reasons)s::text[], %(formats)s::text[], %(components)s::text[],
              %(provider_ids)s::text[])
           AS g (id, name, language, category, status, quality, reason, parameter_format, components, provider_id)
ON CONFLICT (workspace_id, inbox_id, name, language) DO UPDATE
   SET category = excluded.category, status = excluded.status, quality = excluded.quality, reason = excluded.reason,
       parameter_format = excluded.parameter_format, components = excluded.components,
       provider_id = excluded.provider_id, synced_at = excluded.synced_at
 WHERE (t.category, t.status, t.quality, t.reason, t.parameter_format, t.components, t.provider_id)
       IS DISTINCT FROM (excluded.category, excluded.status, excluded.quality, excluded.reason, excluded.parameter_format,
                         excluded.components, excluded.provider_id)
RETURNING id;

-- name: mark_removed
-- A draft is ours alone: that the provider does not have it says nothing.
UPDATE templates t SET status = 'removed', synced_at = %(now)s::timestamptz
 WHERE t.workspace_id = %(workspace_id)s::uuid AND t.inbox_id = %(inbox_id)s::uuid AND t.status NOT IN ('removed', 'draft')
   AND NOT EXISTS (SELECT 1 FROM unnest(%(names)s::text[], %(languages)s::text[]) AS g (name, language)
                    WHERE g.name = t.name AND g.language = t.language)
RETURNING id;

-- name: inboxes_of
SELECT workspace_id, id FROM inboxes WHERE channel = ANY (%(channels)s::text[]) AND archived_at IS NULL;
