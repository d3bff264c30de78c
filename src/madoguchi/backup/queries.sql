-- name: tables
-- Our tables with their columns, primary key, the tables they refer to, and the columns counted by a sequence. What is
-- a part of a partitioned table comes with the whole.
SELECT c.relname,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum),
       ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place),
       ARRAY(SELECT DISTINCT t.relname::text FROM pg_constraint f JOIN pg_class t ON t.oid = f.confrelid
              WHERE f.conrelid = c.oid AND f.contype = 'f'),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL),
       c.relforcerowsecurity
  FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relname <> 'alembic_version'
 ORDER BY c.relname;

-- name: revision
SELECT version_num FROM alembic_version;

-- name: media
SELECT storage_key, size, sha256 FROM media WHERE storage_key IS NOT NULL ORDER BY storage_key;

-- name: workers_alive
SELECT count(*) FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND classid = 7300
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: hold_back
-- What was waiting or under way when the backup was taken may have left the original since: nobody here can know.
WITH held AS (
    DELETE FROM outbox RETURNING workspace_id, message_id
)
UPDATE messages m SET status = 'uncertain', error = '{"code": "restored"}'
  FROM held
 WHERE m.workspace_id = held.workspace_id AND m.id = held.message_id AND m.status IN ('queued', 'scheduled', 'sending');

-- name: free_jobs
UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE status = 'doing';

-- name: forget_workers
DELETE FROM procrastinate_workers;
