SELECT set_config('madoguchi.workspace', '*', true);

-- Labels and attributes of contacts once more, as rows that a list can be read from in order (an index on the array or the
-- document is out of reach behind row-level security). Kept by the triggers below.
CREATE TABLE contact_labels (
    workspace_id uuid NOT NULL,
    label        text NOT NULL,
    contact_id   uuid NOT NULL,
    PRIMARY KEY (workspace_id, label, contact_id)
);

CREATE TABLE contact_values (
    workspace_id uuid NOT NULL,
    key          text NOT NULL,
    value        text NOT NULL,
    contact_id   uuid NOT NULL,
    PRIMARY KEY (workspace_id, key, value, contact_id)
);
COMMENT ON COLUMN contact_values.key IS 'Its first 200 characters.';
COMMENT ON COLUMN contact_values.value IS 'In small letters, its first 200 characters: what an index entry can hold.';

-- Documents that search has to look at although no event tells it, and those it has to forget.
CREATE TABLE search_again (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    what         text NOT NULL,
    id           uuid NOT NULL,
    PRIMARY KEY (workspace_id, what, id)
);
COMMENT ON COLUMN search_again.what IS 'message: index it (again); forget: nothing of this contact or message may stay.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['contact_labels', 'contact_values', 'search_again']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;

CREATE FUNCTION keep_contact_labels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM contact_labels l
         WHERE l.workspace_id = NEW.workspace_id AND l.contact_id = NEW.id AND l.label <> ALL (NEW.labels);
    END IF;
    INSERT INTO contact_labels (workspace_id, label, contact_id)
    SELECT NEW.workspace_id, l, NEW.id FROM unnest(NEW.labels) l ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION keep_contact_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM contact_values v
         WHERE v.workspace_id = NEW.workspace_id AND v.contact_id = NEW.id
           AND NOT EXISTS (SELECT FROM jsonb_each_text(NEW.attributes) a
                            WHERE left(a.key, 200) = v.key AND left(lower(a.value), 200) = v.value);
    END IF;
    INSERT INTO contact_values (workspace_id, key, value, contact_id)
    SELECT NEW.workspace_id, left(a.key, 200), left(lower(a.value), 200), NEW.id
      FROM jsonb_each_text(NEW.attributes) a WHERE a.value IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- Row triggers whose conditions are looked at for every contact and true for those that have something.
CREATE TRIGGER contact_labels_given AFTER INSERT ON contacts FOR EACH ROW
    WHEN (NEW.labels <> '{}') EXECUTE FUNCTION keep_contact_labels();
CREATE TRIGGER contact_labels_changed AFTER UPDATE OF labels ON contacts FOR EACH ROW
    WHEN (OLD.labels IS DISTINCT FROM NEW.labels) EXECUTE FUNCTION keep_contact_labels();
CREATE TRIGGER contact_values_given AFTER INSERT ON contacts FOR EACH ROW
    WHEN (NEW.attributes <> '{}') EXECUTE FUNCTION keep_contact_values();
CREATE TRIGGER contact_values_changed AFTER UPDATE OF attributes ON contacts FOR EACH ROW
    WHEN (OLD.attributes IS DISTINCT FROM NEW.attributes) EXECUTE FUNCTION keep_contact_values();

-- What is there already.
INSERT INTO contact_labels (workspace_id, label, contact_id)
SELECT c.workspace_id, l, c.id FROM contacts c, unnest(c.labels) l ON CONFLICT DO NOTHING;
INSERT INTO contact_values (workspace_id, key, value, contact_id)
SELECT c.workspace_id, left(a.key, 200), left(lower(a.value), 200), c.id
  FROM contacts c, jsonb_each_text(c.attributes) a WHERE a.value IS NOT NULL
ON CONFLICT DO NOTHING;

-- After the rows, so that they are checked and sorted once.
CREATE INDEX contact_labels_of ON contact_labels (workspace_id, contact_id);
CREATE INDEX contact_values_of ON contact_values (workspace_id, contact_id);
ALTER TABLE contact_labels ADD FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE;
ALTER TABLE contact_values ADD FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE;

-- The index is made anew in the background: archived messages were never in it, people who are forgotten still were.
TRUNCATE search_chunks, search_terms, search_state;

SELECT set_config('madoguchi.workspace', '', true);
