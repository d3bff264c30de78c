-- One open invitation per agent: a new one takes the place of the last.
CREATE TABLE agent_invitations (
    workspace_id uuid NOT NULL,
    agent_id     uuid NOT NULL,
    digest       bytea NOT NULL,
    created_by   uuid,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id),
    UNIQUE (workspace_id, digest),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE agent_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_invitations USING (may_see(workspace_id));
