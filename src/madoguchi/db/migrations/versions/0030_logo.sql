-- A small picture of our own making, so that it lies in the backup and every node has it.
CREATE TABLE workspace_logos (
    workspace_id uuid NOT NULL PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    digest       text NOT NULL,
    png          bytea NOT NULL,
    updated_at   timestamptz NOT NULL
);
COMMENT ON COLUMN workspace_logos.digest IS 'Of the picture, in its address: another picture is another address.';
ALTER TABLE workspace_logos ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace_logos FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workspace_logos USING (may_see(workspace_id));
