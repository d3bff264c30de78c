-- One person under two contacts: the one points to the other, and nothing else is rewritten (docs/adr).
ALTER TABLE contacts ADD COLUMN merged_into uuid;
ALTER TABLE contacts ADD COLUMN survivor_id uuid;
ALTER TABLE contacts ADD COLUMN merged_at timestamptz;
ALTER TABLE contacts ADD COLUMN merged_by uuid;
ALTER TABLE contacts ADD FOREIGN KEY (workspace_id, merged_into) REFERENCES contacts (workspace_id, id);
ALTER TABLE contacts ADD FOREIGN KEY (workspace_id, survivor_id) REFERENCES contacts (workspace_id, id);
ALTER TABLE contacts ADD FOREIGN KEY (workspace_id, merged_by) REFERENCES agents (workspace_id, id);
CREATE INDEX contacts_merged ON contacts (workspace_id, survivor_id) WHERE survivor_id IS NOT NULL;
COMMENT ON COLUMN contacts.merged_into IS 'Where it was merged to; the edge that un-merging takes away.';
COMMENT ON COLUMN contacts.survivor_id IS 'The end of the chain of merged_into, so that readers follow one step. Null: it stands for itself.';
