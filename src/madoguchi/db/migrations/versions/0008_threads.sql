-- Channels on which a person has several conversations in one inbox (e-mail): what leads a message to the right one.

ALTER TABLE conversations ADD COLUMN subject text NOT NULL DEFAULT '';

-- Every id that was seen in a conversation, ours, theirs and those that only others quoted. One id may lead to several
-- conversations: everybody who answers a newsletter quotes the same one.
CREATE TABLE thread_references (
    workspace_id    uuid NOT NULL,
    inbox_id        uuid NOT NULL,
    reference       text NOT NULL,
    conversation_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, reference, conversation_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX thread_references_conversation ON thread_references (workspace_id, conversation_id);

-- Who wrote or was written to in it; an id quoted by somebody else opens nothing.
CREATE TABLE thread_participants (
    workspace_id    uuid NOT NULL,
    conversation_id uuid NOT NULL,
    address         text NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, address),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['thread_references', 'thread_participants']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
