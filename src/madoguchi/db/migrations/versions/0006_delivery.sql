-- What became of a message, and what it cost.

ALTER TABLE messages ADD COLUMN attempts smallint NOT NULL DEFAULT 0, ADD COLUMN retries smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN messages.attempts IS 'How often it was given to the provider since it was queued last.';
COMMENT ON COLUMN messages.retries IS 'How often an agent sent it again; travels with the request, so that receipts of an earlier try do not count for a later one.';

CREATE TABLE earlier_sends (
    workspace_id uuid NOT NULL,
    message_id   uuid NOT NULL,
    number       smallint NOT NULL,
    provider_id  text,
    status       text NOT NULL,
    error        jsonb,
    attempts     smallint NOT NULL,
    ended_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, message_id, number),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE earlier_sends IS 'How a message stood when an agent sent it again; its statuses then begin anew.';

-- No foreign key to messages: what was paid for stays in the sums when a person is forgotten, and names nobody.
CREATE TABLE message_costs (
    workspace_id uuid NOT NULL,
    message_id   uuid NOT NULL,
    provider_id  text NOT NULL,
    inbox_id     uuid NOT NULL,
    at           timestamptz NOT NULL,
    category     text NOT NULL,
    type         text NOT NULL DEFAULT '',
    model        text NOT NULL DEFAULT '',
    market       text NOT NULL DEFAULT '',
    billable     boolean NOT NULL,
    delivered    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, message_id, provider_id)
) WITH (fillfactor = 85);
CREATE INDEX message_costs_at ON message_costs (workspace_id, at);
COMMENT ON TABLE message_costs IS 'The provider''s pricing of each message, as first told; charged when it is delivered.';
COMMENT ON COLUMN message_costs.market IS 'The recipient''s country by its ISO code, as far as the number or the id tells.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['earlier_sends', 'message_costs']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
