-- name: parts
-- pg_get_expr writes the bounds as they would be given: FOR VALUES FROM ('…') TO ('…'), or DEFAULT.
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = to_regclass(%(table)s::text);
