-- name: put_draft
-- A draft or a removed template of this name gives way; one that the provider has does not.
INSERT INTO templates AS t (workspace_id, id, inbox_id, name, language, category, status, parameter_format, components,
                            definition, sample_ids, mapping, ttl_seconds, synced_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(inbox_id)s::uuid, %(name)s::text, %(language)s::text, %(category)s::text,
        'draft', %(parameter_format)s::text, %(components)s::jsonb, %(components)s::jsonb, %(sample_ids)s::uuid[],
        %(mapping)s::jsonb, %(ttl_seconds)s::integer, %(now)s::timestamptz)
ON CONFLICT (workspace_id, inbox_id, name, language) DO UPDATE
   SET category = excluded.category, status = 'draft', quality = NULL, reason = NULL, provider_id = NULL,
       parameter_format = excluded.parameter_format, components = excluded.components, definition = excluded.definition,
       sample_ids = excluded.sample_ids, mapping = excluded.mapping, ttl_seconds = excluded.ttl_seconds
 WHERE t.status IN ('draft', 'removed')
RETURNING id;

-- name: lock
SELECT id, inbox_id, name, language, category, status, quality, reason, parameter_format, components, definition, sample_ids,
       mapping, ttl_seconds, provider_id
  FROM templates WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: rewrite
UPDATE templates SET category = %(category)s::text, status = %(status)s::text, parameter_format = %(parameter_format)s::text,
       components = %(components)s::jsonb, definition = %(components)s::jsonb, sample_ids = %(sample_ids)s::uuid[],
       mapping = %(mapping)s::jsonb, ttl_seconds = %(ttl_seconds)s::integer
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: submitted
UPDATE templates SET status = %(status)s::text, category = %(category)s::text, provider_id = %(provider_id)s::text,
       reason = NULL, synced_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: set_mapping
UPDATE templates SET mapping = %(mapping)s::jsonb WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: drop_drafts
DELETE FROM templates
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid AND name = %(name)s::text
   AND status = 'draft' AND (%(language)s::text IS NULL OR language = %(language)s::text)
RETURNING id;

-- name: remove
UPDATE templates SET status = 'removed', synced_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid AND name = %(name)s::text
   AND status <> 'draft' AND (%(language)s::text IS NULL OR language = %(language)s::text)
RETURNING id;

-- name: samples
SELECT id, name, content_type, size, storage_key FROM media
 WHERE workspace_id = %(workspace_id)s::uuid AND id = ANY (%(ids)s::uuid[]) AND state = 'stored';
