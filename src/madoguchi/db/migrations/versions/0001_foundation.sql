-- The foundation. Every tenant table carries workspace_id first in every primary, unique and foreign key, so that
-- row-level security, Citus and a plain reader all see the same rule. Times are business times, given by the caller.

CREATE TABLE installation (
    key   text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE installation IS 'Facts of this installation: the check value of the secret key and the like.';

CREATE TABLE workspaces (
    workspace_id uuid PRIMARY KEY,
    name         text NOT NULL,
    locale       text NOT NULL DEFAULT 'en',
    time_zone    text NOT NULL DEFAULT 'UTC',
    settings     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL
);

-- The live sequence has a row of its own: its lock is taken last in a transaction and held until the commit, so that
-- a reader never sees number n + 1 before n.
CREATE TABLE event_counters (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    seq          bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE agents (
    workspace_id  uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id            uuid NOT NULL,
    name          text NOT NULL,
    email         text NOT NULL,
    role          text NOT NULL CHECK (role IN ('owner', 'supervisor', 'agent')),
    password_hash text,
    locale        text,
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX agents_email ON agents (workspace_id, email);
CREATE INDEX agents_sign_in ON agents (email);
COMMENT ON COLUMN agents.email IS 'In lower case: an index on lower(email) is out of reach behind row-level security, lower() is not leakproof.';

CREATE TABLE sessions (
    workspace_id uuid NOT NULL,
    digest       bytea NOT NULL,
    agent_id     uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, digest),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE api_tokens (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    agent_id     uuid NOT NULL,
    name         text NOT NULL,
    digest       bytea NOT NULL,
    scopes       text[] NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, digest),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE inboxes (
    workspace_id  uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id            uuid NOT NULL,
    channel       text NOT NULL,
    name          text NOT NULL,
    account       text,
    credentials   bytea NOT NULL,
    settings      jsonb NOT NULL DEFAULT '{}',
    webhook_key   text NOT NULL,
    slot          smallint NOT NULL,
    health        text NOT NULL DEFAULT 'unchecked' CHECK (health IN ('unchecked', 'ok', 'attention', 'down')),
    health_detail text NOT NULL DEFAULT '',
    health_facts  jsonb NOT NULL DEFAULT '{}',
    checked_at    timestamptz,
    archived_at   timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX inboxes_webhook_key ON inboxes (workspace_id, webhook_key);
CREATE INDEX inboxes_slot ON inboxes (slot);
COMMENT ON COLUMN inboxes.account IS 'The provider''s id of the account, where one URL may serve several.';
COMMENT ON COLUMN inboxes.slot IS 'Which worker handles this inbox: a hash of its id.';

-- Inbound ------------------------------------------------------------------------------------------------------------

-- The log is written once and never updated; what still has to be processed is a narrow queue beside it, because
-- marking a row of the log would write its body a second time.
CREATE TABLE ingest_log (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    received_at  timestamptz NOT NULL,
    headers      jsonb NOT NULL,
    body         bytea NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
ALTER TABLE ingest_log ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE ingest_queue (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    slot         smallint NOT NULL,
    PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ingest_queue_order ON ingest_queue (slot, id);

CREATE TABLE set_aside (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    ingest_id    uuid NOT NULL,
    event_index  integer NOT NULL DEFAULT 0,
    reason       text NOT NULL CHECK (reason IN ('unreadable', 'unknown', 'failed')),
    detail       text NOT NULL,
    created_at   timestamptz NOT NULL,
    resolved_at  timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, ingest_id, event_index),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE set_aside IS 'Events that could not be processed, or that nobody knows yet; their bytes stay in ingest_log.';

-- People and their threads -------------------------------------------------------------------------------------------

CREATE TABLE contacts (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    name         text NOT NULL DEFAULT '',
    locale       text,
    attributes   jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE contact_identities (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    contact_id   uuid NOT NULL,
    channel      text NOT NULL,
    scope        text NOT NULL DEFAULT '',
    kind         text NOT NULL,
    value        text NOT NULL,
    verified     boolean NOT NULL DEFAULT true,
    current      boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, channel, scope, kind, value),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_identities_contact ON contact_identities (workspace_id, contact_id);
COMMENT ON COLUMN contact_identities.scope IS 'Where the key is valid: empty for the whole channel, else an account of the provider.';
COMMENT ON COLUMN contact_identities.current IS 'False for keys the provider replaced; they still lead to the contact.';

CREATE TABLE consents (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    contact_id   uuid NOT NULL,
    channel      text NOT NULL,
    purpose      text NOT NULL,
    state        text NOT NULL CHECK (state IN ('granted', 'withdrawn')),
    source       text NOT NULL,
    detail       text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX consents_contact ON consents (workspace_id, contact_id, channel, purpose, id DESC);

CREATE TABLE conversations (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL,
    inbox_id         uuid NOT NULL,
    contact_id       uuid NOT NULL,
    thread           text NOT NULL DEFAULT '',
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'snoozed', 'closed')),
    assignee_id      uuid,
    claim            bigint NOT NULL DEFAULT 0,
    labels           text[] NOT NULL DEFAULT '{}',
    unread           integer NOT NULL DEFAULT 0,
    last_message_id  uuid,
    last_activity_id uuid NOT NULL,
    last_inbound_at  timestamptz,
    window_closes_at timestamptz,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, inbox_id, contact_id, thread),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, assignee_id) REFERENCES agents (workspace_id, id)
) WITH (fillfactor = 80);
-- The lists are paged by last_activity_id: a UUIDv7, unique, so that the keyset has one column and no ties.
CREATE INDEX conversations_all ON conversations (workspace_id, status, last_activity_id DESC);
CREATE INDEX conversations_assignee ON conversations (workspace_id, assignee_id, status, last_activity_id DESC);
CREATE INDEX conversations_contact ON conversations (workspace_id, contact_id, last_activity_id DESC);
CREATE INDEX conversations_inbox ON conversations (workspace_id, inbox_id, status, last_activity_id DESC);
COMMENT ON COLUMN conversations.claim IS 'Grows with every change of assignee; a send carries the claim it was written under.';
COMMENT ON COLUMN conversations.thread IS 'Empty where a contact has one thread in an inbox; e-mail has one per subject thread.';

CREATE TABLE messages (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    conversation_id uuid NOT NULL,
    inbox_id        uuid NOT NULL,
    direction       text NOT NULL CHECK (direction IN ('in', 'out')),
    type            text NOT NULL,
    text            text,
    data            jsonb NOT NULL DEFAULT '{}',
    status          text NOT NULL CHECK (status IN
                        ('received', 'scheduled', 'queued', 'sending', 'uncertain', 'sent', 'delivered', 'read', 'failed')),
    error           jsonb,
    author_kind     text NOT NULL CHECK (author_kind IN ('contact', 'agent', 'bot', 'system', 'api')),
    author_id       uuid,
    claim           bigint,
    reply_to        uuid,
    reply_to_provider_id text,
    provider_id     text,
    created_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    delivered_at    timestamptz,
    read_at         timestamptz,
    failed_at       timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, inbox_id, provider_id)
) WITH (fillfactor = 85);
CREATE INDEX messages_conversation ON messages (workspace_id, conversation_id, id DESC);
COMMENT ON COLUMN messages.conversation_id IS 'No foreign key: checking it was a fifth of the cost of storing a message. Whoever adds messages updates the conversation in the same transaction, whoever deletes one locks it first.';
COMMENT ON COLUMN messages.created_at IS 'Inbound: when the customer wrote, by the provider''s clock. Outbound: when it was written here. Its id tells when it reached us.';

CREATE TABLE message_statuses (
    workspace_id uuid NOT NULL,
    message_id   uuid NOT NULL,
    status       text NOT NULL,
    provider_at  timestamptz,
    received_at  timestamptz NOT NULL,
    data         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, message_id, status)
);
COMMENT ON TABLE message_statuses IS 'What the provider reported, once per status, with its time and ours; messages.status is the furthest of them.';

-- A receipt can precede the answer to the send: it waits here under the provider''s id until somebody knows that id.
CREATE TABLE orphan_receipts (
    workspace_id uuid NOT NULL,
    inbox_id     uuid NOT NULL,
    provider_id  text NOT NULL,
    status       text NOT NULL,
    provider_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    payload      jsonb NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, provider_id, status)
);
CREATE INDEX orphan_receipts_age ON orphan_receipts (received_at);

CREATE TABLE reactions (
    workspace_id uuid NOT NULL,
    message_id   uuid NOT NULL,
    author_kind  text NOT NULL,
    author_id    uuid NOT NULL,
    emoji        text,
    reacted_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, message_id, author_kind, author_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE media (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    message_id   uuid,
    position     smallint NOT NULL DEFAULT 0,
    inbox_id     uuid,
    state        text NOT NULL CHECK (state IN ('pending', 'stored', 'failed', 'expired')),
    name         text NOT NULL DEFAULT '',
    content_type text NOT NULL DEFAULT 'application/octet-stream',
    size         bigint,
    sha256       text,
    width        integer,
    height       integer,
    storage_key  text,
    reference    jsonb,
    provider_ids jsonb NOT NULL DEFAULT '{}',
    detail       text NOT NULL DEFAULT '',
    created_by   uuid,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX media_message ON media (workspace_id, message_id, position);
COMMENT ON COLUMN media.reference IS 'What the channel needs to fetch the file from the provider.';
COMMENT ON COLUMN media.provider_ids IS 'Inbox id to the provider''s id of our upload, so that a file is uploaded once per inbox.';

CREATE TABLE templates (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL,
    inbox_id         uuid NOT NULL,
    name             text NOT NULL,
    language         text NOT NULL,
    category         text NOT NULL,
    status           text NOT NULL,
    quality          text,
    reason           text,
    parameter_format text NOT NULL DEFAULT 'positional',
    components       jsonb NOT NULL,
    provider_id      text,
    synced_at        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, inbox_id, name, language),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id) ON DELETE CASCADE
);

-- Outbound -----------------------------------------------------------------------------------------------------------

CREATE TABLE outbox (
    workspace_id    uuid NOT NULL,
    message_id      uuid NOT NULL,
    inbox_id        uuid NOT NULL,
    conversation_id uuid NOT NULL,
    slot            smallint NOT NULL,
    lane            smallint NOT NULL DEFAULT 0,
    sending         boolean NOT NULL DEFAULT false,
    scheduled       boolean NOT NULL DEFAULT false,
    attempts        smallint NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, message_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_order ON outbox (workspace_id, inbox_id, lane, due_at, message_id);
CREATE INDEX outbox_sending ON outbox (slot) WHERE sending;
CREATE INDEX outbox_conversation ON outbox (workspace_id, conversation_id, message_id);
COMMENT ON COLUMN outbox.scheduled IS 'Waits for a time chosen by its writer: what is written later may pass it.';
COMMENT ON COLUMN outbox.lane IS '0 conversational, 1 campaigns: a campaign never delays an agent''s reply.';

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    principal    text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       smallint,
    answer       bytea,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, principal, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- What happened ------------------------------------------------------------------------------------------------------

CREATE TABLE events (
    workspace_id uuid NOT NULL,
    seq          bigint NOT NULL,
    type         text NOT NULL,
    subject_id   uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX events_age ON events USING brin (created_at);
COMMENT ON TABLE events IS 'Which thing changed, in one gapless order per workspace; readers fetch the thing as it is now.';

CREATE TABLE audit_entries (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    actor_kind   text NOT NULL,
    actor_id     uuid,
    action       text NOT NULL,
    target_kind  text NOT NULL,
    target_id    uuid,
    data         jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

-- Row-level security -------------------------------------------------------------------------------------------------

-- A transaction names its workspace ('*' for the workers and the system); without a name it sees nothing. FORCE makes
-- the rule hold for the owner of the tables too, which is the only role the product uses.
CREATE FUNCTION may_see(tenant uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Written as CASE for the planner: it takes OR of two settings for one row in a hundred and then sorts whole tables
    -- where the first rows of an index would do; for CASE it assumes every second row.
    RETURN CASE current_setting('madoguchi.workspace', true) WHEN '*' THEN true WHEN tenant::text THEN true ELSE false END;

DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT c.table_name FROM information_schema.columns c
                 WHERE c.table_schema = current_schema() AND c.column_name = 'workspace_id'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
