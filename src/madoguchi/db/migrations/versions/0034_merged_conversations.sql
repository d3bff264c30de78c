-- Two threads that are one: the one points to the other, and nothing else is rewritten (docs/adr).
ALTER TABLE conversations ADD COLUMN merged_into uuid;
ALTER TABLE conversations ADD COLUMN survivor_id uuid;
ALTER TABLE conversations ADD COLUMN status_before text;
ALTER TABLE conversations DROP CONSTRAINT conversations_status_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_status_check
    CHECK (status IN ('open', 'snoozed', 'closed', 'merged')) NOT VALID;
ALTER TABLE conversations ADD FOREIGN KEY (workspace_id, survivor_id) REFERENCES conversations (workspace_id, id) NOT VALID;
CREATE INDEX conversations_merged ON conversations (workspace_id, survivor_id) WHERE survivor_id IS NOT NULL;
COMMENT ON COLUMN conversations.merged_into IS 'Where it was merged to; the edge that un-merging takes away.';
COMMENT ON COLUMN conversations.survivor_id IS 'The end of the chain of merged_into, so that readers follow one step. Null: it stands for itself.';
COMMENT ON COLUMN conversations.status_before IS 'What it was when it was merged, and will be when that is undone.';
