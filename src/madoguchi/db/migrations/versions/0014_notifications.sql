-- What each agent is told of, on which devices, and how far that has come.

CREATE TABLE notification_settings (
    workspace_id uuid NOT NULL,
    agent_id     uuid NOT NULL,
    settings     jsonb NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE notification_settings IS 'Without a row the defaults hold.';

CREATE TABLE push_subscriptions (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    agent_id     uuid NOT NULL,
    endpoint     text NOT NULL,
    p256dh       text NOT NULL,
    auth         text NOT NULL,
    device       text NOT NULL CHECK (device IN ('desktop', 'phone')),
    name         text NOT NULL,
    locale       text NOT NULL,
    created_at   timestamptz NOT NULL,
    pushed_at    timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, endpoint),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX push_subscriptions_agent ON push_subscriptions (workspace_id, agent_id);
COMMENT ON COLUMN push_subscriptions.endpoint IS 'Where the browser''s maker takes pushes for this device; one browser belongs to the agent who signed in last.';

CREATE TABLE agent_attention (
    workspace_id    uuid NOT NULL,
    agent_id        uuid NOT NULL,
    conversation_id uuid,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE agent_attention IS 'When a console of this agent was last in front of somebody, and on which conversation.';

CREATE TABLE push_cursors (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    seq          bigint NOT NULL
);
COMMENT ON TABLE push_cursors IS 'Events up to here were looked at for pushes. There is a row as long as the workspace has a device.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['notification_settings', 'push_subscriptions', 'agent_attention', 'push_cursors'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
