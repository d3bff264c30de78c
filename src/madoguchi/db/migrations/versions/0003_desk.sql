-- The agents' desk: what they keep at hand.

CREATE TABLE quick_replies (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    agent_id     uuid,
    shortcut     text NOT NULL,
    text         text NOT NULL,
    folder       text NOT NULL DEFAULT '',
    usage        bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    -- One shortcut means one thing to everybody, and one thing to each agent.
    UNIQUE NULLS NOT DISTINCT (workspace_id, agent_id, shortcut),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN quick_replies.agent_id IS 'Whose it is; null = shared by all.';

-- Conversations carry the names of their labels; this table says how they look and which ones are offered.
CREATE TABLE labels (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    name         text NOT NULL,
    colour       text NOT NULL,
    category     text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

-- What an agent has typed and not sent, so that it is there on their other screens too.
CREATE TABLE drafts (
    workspace_id    uuid NOT NULL,
    agent_id        uuid NOT NULL,
    conversation_id uuid NOT NULL,
    text            text NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, conversation_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX drafts_conversation ON drafts (workspace_id, conversation_id);

-- Until when a conversation is out of sight; null = until the customer writes.
ALTER TABLE conversations ADD COLUMN snoozed_until timestamptz;
CREATE INDEX conversations_due ON conversations (snoozed_until) WHERE status = 'snoozed' AND snoozed_until IS NOT NULL;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['quick_replies', 'labels', 'drafts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
