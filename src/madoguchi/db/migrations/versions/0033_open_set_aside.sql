CREATE INDEX set_aside_open ON set_aside (workspace_id, id) WHERE resolved_at IS NULL;
