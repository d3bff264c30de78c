-- Why an inbox's queue holds; NULL while it flows.
ALTER TABLE inboxes ADD COLUMN held_reason text;
ALTER TABLE inboxes ADD COLUMN held_detail text NOT NULL DEFAULT '';
ALTER TABLE inboxes ADD COLUMN held_at timestamptz;
-- When the credentials were last changed: a refusal of the former ones says nothing about these.
ALTER TABLE inboxes ADD COLUMN credentials_at timestamptz;

CREATE TABLE inbox_accounts (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    secrets      bytea,
    state        jsonb NOT NULL DEFAULT '{}',
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN inbox_accounts.secrets IS 'Sealed, bound to the inbox: the PIN, private keys.';
COMMENT ON COLUMN inbox_accounts.state IS 'What is known of the account between two checks: news by kind, a locked PIN.';

CREATE TABLE blocked_identities (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    identity_id  uuid NOT NULL,
    blocked_by   uuid,
    blocked_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, identity_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, identity_id) REFERENCES contact_identities (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX blocked_identities_identity ON blocked_identities (workspace_id, identity_id);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['inbox_accounts', 'blocked_identities']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
