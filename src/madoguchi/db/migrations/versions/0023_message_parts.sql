-- The parts of a message that the provider knows by ids of their own: it is delivered when all of them are, failed when one is.
CREATE TABLE message_parts (
    workspace_id uuid NOT NULL,
    message_id   uuid NOT NULL,
    number       smallint NOT NULL,
    inbox_id     uuid NOT NULL,
    provider_id  text NOT NULL,
    status       text,
    PRIMARY KEY (workspace_id, message_id, number),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX message_parts_provider ON message_parts (workspace_id, inbox_id, provider_id);

ALTER TABLE message_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_parts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message_parts USING (may_see(workspace_id));
