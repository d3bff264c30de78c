-- A file of contacts: uploaded (draft), read in batches (running), and taken back when wanted (undoing, undone).
CREATE TABLE contact_imports (
    workspace_id   uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id             uuid NOT NULL,
    agent_id       uuid,
    filename       text NOT NULL,
    storage_key    text,
    size           bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('draft', 'running', 'done', 'cancelled', 'failed', 'undoing', 'undone')),
    encoding       text NOT NULL,
    delimiter      text NOT NULL,
    mapping        jsonb NOT NULL DEFAULT '[]',
    known          text NOT NULL DEFAULT 'fill' CHECK (known IN ('skip', 'fill', 'overwrite')),
    total          int NOT NULL,
    done           int NOT NULL DEFAULT 0,
    created        int NOT NULL DEFAULT 0,
    updated        int NOT NULL DEFAULT 0,
    skipped        int NOT NULL DEFAULT 0,
    rejected       int NOT NULL DEFAULT 0,
    taken_back     int NOT NULL DEFAULT 0,
    not_taken_back int NOT NULL DEFAULT 0,
    undo_from      int,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id)
);
COMMENT ON COLUMN contact_imports.done IS 'Rows of the file that are dealt with; the next batch begins behind them.';
COMMENT ON COLUMN contact_imports.undo_from IS 'Taking back goes from the last row to the first; this row and those before it are still to do.';
CREATE INDEX contact_imports_unfinished ON contact_imports (workspace_id, id) WHERE state IN ('running', 'undoing');

CREATE TABLE contact_import_rows (
    workspace_id uuid NOT NULL,
    import_id    uuid NOT NULL,
    number       int NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('created', 'updated', 'rejected')),
    line         int NOT NULL,
    contact_id   uuid,
    before       jsonb,
    after        jsonb,
    fault        jsonb,
    PRIMARY KEY (workspace_id, import_id, number),
    FOREIGN KEY (workspace_id, import_id) REFERENCES contact_imports (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN contact_import_rows.contact_id IS 'No foreign key: who is forgotten takes the rows along.';
CREATE INDEX contact_import_rows_contact ON contact_import_rows (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX contact_import_rows_rejected ON contact_import_rows (workspace_id, import_id, number) WHERE outcome = 'rejected';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['contact_imports', 'contact_import_rows']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
