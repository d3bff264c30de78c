-- What is said about a message can come before it: a reaction, changed words, a deletion wait here until it is known.
CREATE TABLE waiting_remarks (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    target       text NOT NULL,
    provider_id  text NOT NULL,
    received_at  timestamptz NOT NULL,
    payload      jsonb NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, target, provider_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX waiting_remarks_age ON waiting_remarks (received_at);
COMMENT ON COLUMN waiting_remarks.target IS 'The provider''s id of the message it is about.';

ALTER TABLE conversations ADD COLUMN entered_at timestamptz, ADD COLUMN free_until timestamptz;
COMMENT ON COLUMN conversations.entered_at IS 'When the customer last came in by a click on an advertisement.';
COMMENT ON COLUMN conversations.free_until IS 'Until when the provider charges nothing because of it.';

ALTER TABLE waiting_remarks ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiting_remarks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON waiting_remarks USING (may_see(workspace_id));
