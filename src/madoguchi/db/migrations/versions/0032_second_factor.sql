CREATE TABLE agent_second_factors (
    workspace_id uuid NOT NULL,
    agent_id     uuid NOT NULL,
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    failures     integer NOT NULL DEFAULT 0,
    failed_at    timestamptz,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN agent_second_factors.secret IS 'Sealed.';
COMMENT ON COLUMN agent_second_factors.last_step IS 'Of the last code taken: it and earlier ones are not taken again.';
COMMENT ON COLUMN agent_second_factors.confirmed_at IS 'Null until a first code has shown that the app has the secret; not asked for before.';

CREATE TABLE agent_recovery_codes (
    workspace_id uuid NOT NULL,
    agent_id     uuid NOT NULL,
    digest       bytea NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, digest),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent_second_factors (workspace_id, agent_id) ON DELETE CASCADE
);
COMMENT ON TABLE agent_recovery_codes IS 'Those not used yet.';

ALTER TABLE agent_second_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_second_factors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_second_factors USING (may_see(workspace_id));
ALTER TABLE agent_recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_recovery_codes USING (may_see(workspace_id));
