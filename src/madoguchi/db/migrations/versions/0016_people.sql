-- What a business wants to know of a contact beyond a name, and whom the contact works for.

CREATE TABLE attribute_definitions (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    key          text NOT NULL,
    label        text NOT NULL,
    type         text NOT NULL CHECK (type IN ('text', 'number', 'boolean', 'date', 'list', 'url', 'phone', 'email')),
    options      text[] NOT NULL DEFAULT '{}',
    required     boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, key)
);
COMMENT ON TABLE attribute_definitions IS 'How contacts.attributes are called and checked; keys without one are free.';

CREATE TABLE companies (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    name         text NOT NULL,
    domain       text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name),
    UNIQUE (workspace_id, domain)
);

ALTER TABLE contacts ADD COLUMN company_id uuid;
ALTER TABLE contacts ADD COLUMN labels text[] NOT NULL DEFAULT '{}';
ALTER TABLE contacts ADD COLUMN owner_id uuid;
ALTER TABLE contacts ADD FOREIGN KEY (workspace_id, owner_id) REFERENCES agents (workspace_id, id);
COMMENT ON COLUMN contacts.owner_id IS 'The agent who looks after the contact, where an inbox keeps contacts with their agents.';
ALTER TABLE contacts ADD FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id)
    ON DELETE SET NULL (company_id);
CREATE INDEX contacts_company ON contacts (workspace_id, company_id, id DESC);

CREATE TABLE contact_notes (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    contact_id   uuid NOT NULL,
    author_id    uuid,
    text         text NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, author_id) REFERENCES agents (workspace_id, id)
);
CREATE INDEX contact_notes_contact ON contact_notes (workspace_id, contact_id, id DESC);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attribute_definitions', 'companies', 'contact_notes']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
