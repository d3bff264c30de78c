ALTER TABLE agents ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN agents.preferences IS 'What the agent chose for themselves, by key.';
