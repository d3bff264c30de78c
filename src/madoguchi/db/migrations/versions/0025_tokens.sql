-- What the provider gave in exchange for an inbox's credentials, sealed like them; beside them, so that what the owner entered
-- stays as it was entered.
ALTER TABLE inboxes ADD COLUMN tokens bytea;
