-- What an inbox's mailbox was read up to; the channel knows what it means.
CREATE TABLE listener_cursors (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    cursor       jsonb NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE listener_cursors ENABLE ROW LEVEL SECURITY;
ALTER TABLE listener_cursors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON listener_cursors USING (may_see(workspace_id));
