-- name: page
SELECT id FROM companies
 WHERE workspace_id = %(workspace_id)s::uuid AND (name, id) > (%(name)s::text, %(after)s::uuid)
   AND (%(needle)s::text = '' OR strpos(lower(name), %(needle)s::text) > 0 OR strpos(domain, %(needle)s::text) > 0)
 ORDER BY name, id LIMIT %(limit)s::int;

-- name: by_ids
SELECT c.id, c.name, c.domain, c.created_at, c.updated_at,
       (SELECT count(*) FROM (SELECT 1 FROM contacts p WHERE p.workspace_id = c.workspace_id AND p.company_id = c.id
                               LIMIT 1000) few) AS contacts
  FROM companies c WHERE c.workspace_id = %(workspace_id)s::uuid AND c.id = ANY (%(ids)s::uuid[]);

-- name: lock
SELECT id, name, domain FROM companies
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid FOR UPDATE;

-- name: insert
INSERT INTO companies (workspace_id, id, name, domain, created_at, updated_at)
VALUES (%(workspace_id)s::uuid, %(id)s::uuid, %(name)s::text, %(domain)s::text, %(now)s::timestamptz,
        %(now)s::timestamptz);

-- name: update
UPDATE companies SET name = %(name)s::text, domain = %(domain)s::text, updated_at = %(now)s::timestamptz
 WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;

-- name: delete
DELETE FROM companies WHERE workspace_id = %(workspace_id)s::uuid AND id = %(id)s::uuid;
