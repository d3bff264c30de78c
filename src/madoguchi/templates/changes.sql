-- name: state
SELECT id, name, language, category, status, reason, components FROM templates
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   AND name = %(name)s::text AND language = %(language)s::text
   FOR UPDATE;

-- name: apply_change
UPDATE templates SET status = coalesce(%(status)s::text, status), category = coalesce(%(category)s::text, category),
       quality = coalesce(%(quality)s::text, quality), reason = coalesce(%(reason)s::text, reason),
       components = coalesce(%(components)s::jsonb, components),
       definition = CASE WHEN %(components)s::jsonb IS NULL THEN definition END
 WHERE workspace_id = %(workspace_id)s::uuid AND inbox_id = %(inbox_id)s::uuid
   AND name = %(name)s::text AND language = %(language)s::text
RETURNING id, name, language, category, status, reason;
