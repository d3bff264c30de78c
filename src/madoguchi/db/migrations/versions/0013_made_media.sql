-- Files made of other files, and uploads that nobody used.

ALTER TABLE media ADD COLUMN original_id uuid;
COMMENT ON COLUMN media.original_id IS 'The upload that this was converted from; kept as long as this is.';
CREATE INDEX media_originals ON media (workspace_id, original_id) WHERE original_id IS NOT NULL;
CREATE INDEX media_unused ON media (created_at) WHERE message_id IS NULL;
