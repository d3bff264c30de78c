-- The people we wrote to outside their window, once in 24 hours each: what the provider's limit counts. One row for each person,
-- moved on when the 24 hours are over; what is older is deleted, so that counting never grows with the history.
CREATE TABLE begun_contacts (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    channel      text NOT NULL,
    contact_id   uuid NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, channel, contact_id)
);
CREATE INDEX begun_contacts_at ON begun_contacts (workspace_id, channel, at);
CREATE INDEX begun_contacts_age ON begun_contacts (at);

ALTER TABLE begun_contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE begun_contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON begun_contacts USING (may_see(workspace_id));
