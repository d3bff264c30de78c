-- What a provider sends with a signature that does not fit leaves no webhook behind; that it happens is kept here, for
-- the doctor: another app secret than the provider's is the commonest reason why nothing arrives.
CREATE TABLE webhook_refusals (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    requests     bigint NOT NULL,
    status       smallint NOT NULL,
    reason       text NOT NULL,
    refused_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN webhook_refusals.requests IS 'Since the credentials were changed last.';
ALTER TABLE webhook_refusals ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_refusals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_refusals USING (may_see(workspace_id));
