ALTER TABLE quick_replies ADD COLUMN media_ids uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN quick_replies.media_ids IS 'Our files that go with the text, in their order; kept as long as the quick reply. What is sent is a copy.';
-- Asked for each old upload that went with no message.
CREATE INDEX quick_replies_media ON quick_replies USING gin (media_ids);
