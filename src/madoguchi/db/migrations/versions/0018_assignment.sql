-- What an agent says of themselves, and whether a console of theirs is connected. Times are the machine's, not the
-- business clock's: a demo that jumps a day ahead must not send everybody home.
CREATE TABLE agent_presence (
    workspace_id uuid NOT NULL,
    agent_id     uuid NOT NULL,
    said         text NOT NULL DEFAULT 'available' CHECK (said IN ('available', 'away', 'offline')),
    online       boolean NOT NULL DEFAULT false,
    seen_at      timestamptz NOT NULL,
    absent_since timestamptz,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);
COMMENT ON COLUMN agent_presence.absent_since IS 'Null while the agent is connected and says to be available.';

-- How an inbox gives out its conversations; an inbox without a row leaves it to its agents.
CREATE TABLE inbox_assignment (
    workspace_id   uuid NOT NULL,
    inbox_id       uuid NOT NULL,
    keep_contacts  boolean NOT NULL DEFAULT false,
    mode           text NOT NULL DEFAULT 'manual' CHECK (mode IN ('manual', 'round_robin', 'least_open')),
    capacity       integer,
    agent_ids      uuid[] NOT NULL DEFAULT '{}',
    when_absent    text NOT NULL DEFAULT 'keep' CHECK (when_absent IN ('keep', 'queue')),
    absent_minutes integer NOT NULL DEFAULT 15,
    last_agent_id  uuid,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['agent_presence', 'inbox_assignment']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
