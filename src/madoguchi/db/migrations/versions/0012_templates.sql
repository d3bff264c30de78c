-- Templates are written here too: drafts, what was submitted, and what fills the blanks.

ALTER TABLE templates
    ADD COLUMN definition  jsonb,
    ADD COLUMN sample_ids  uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN mapping     jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN ttl_seconds integer;
COMMENT ON COLUMN templates.definition IS 'The components as written here, with our own files as samples; null for one that was made elsewhere.';
COMMENT ON COLUMN templates.sample_ids IS 'Our files that show what headings are like; kept as long as the template.';
COMMENT ON COLUMN templates.mapping IS 'Variable to the fact of a contact that fills it: contact.name, attribute.member_since …';
