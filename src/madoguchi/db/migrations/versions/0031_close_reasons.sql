ALTER TABLE conversations ADD COLUMN close_reason text;
COMMENT ON COLUMN conversations.close_reason IS 'What was said when it was closed last; means nothing while it is not closed.';
