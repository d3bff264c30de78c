-- What owners and supervisors have to hear about: a template was rejected, an inbox needs attention.

CREATE TABLE notices (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    kind         text NOT NULL,
    key          text NOT NULL,
    level        text NOT NULL CHECK (level IN ('news', 'attention', 'trouble')),
    inbox_id     uuid,
    data         jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL,
    dismissed_at timestamptz,
    dismissed_by uuid,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN notices.key IS 'What it is about; while a notice of this kind and key is open, it is not said a second time.';
COMMENT ON COLUMN notices.dismissed_by IS 'The agent who put it away; null while it is open, and when what it told of was put right.';
CREATE UNIQUE INDEX notices_open ON notices (workspace_id, kind, key) WHERE dismissed_at IS NULL;

ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notices USING (may_see(workspace_id));
