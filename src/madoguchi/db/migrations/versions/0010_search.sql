-- Search: an index of our own, because GIN cannot be used behind row-level security (docs/adr/0012-search.md).

-- Documents are numbered per workspace and kind, in the order in which they became known. Their ids, 256 to a row.
CREATE TABLE search_chunks (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    kind         text NOT NULL,
    chunk        integer NOT NULL,
    ids          bytea NOT NULL,
    first_id     uuid NOT NULL,
    PRIMARY KEY (workspace_id, kind, chunk)
);
ALTER TABLE search_chunks ALTER COLUMN ids SET STORAGE EXTERNAL;
COMMENT ON COLUMN search_chunks.ids IS '16 bytes for each document; a document that was there twice is there twice.';
COMMENT ON COLUMN search_chunks.first_id IS 'Of the first document: where a time lies in the numbering.';

-- For each term and each block of 16,384 documents: which of them have it (search/postings.py).
CREATE TABLE search_terms (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    kind         text NOT NULL,
    term         text COLLATE "C" NOT NULL,
    block        integer NOT NULL,
    docs         bytea NOT NULL,
    PRIMARY KEY (workspace_id, kind, term, block)
) WITH (fillfactor = 90);
ALTER TABLE search_terms ALTER COLUMN docs SET STORAGE MAIN;

-- How far a workspace is indexed.
CREATE TABLE search_state (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    seq          bigint NOT NULL,
    filling      text,
    filled_to    uuid,
    docs         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id)
);
COMMENT ON COLUMN search_state.seq IS 'The last event that was looked at.';
COMMENT ON COLUMN search_state.filling IS 'What was there before the first event and is being gone through; null: done.';
COMMENT ON COLUMN search_state.docs IS 'Kind to the number of its documents.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['search_chunks', 'search_terms', 'search_state']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING (may_see(workspace_id))', name);
    END LOOP;
END $$;
