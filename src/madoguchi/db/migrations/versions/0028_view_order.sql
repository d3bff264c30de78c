-- Among the shared ones, or among an agent's own; equal places by name, as all stood before.
ALTER TABLE views ADD COLUMN position integer NOT NULL DEFAULT 0;
