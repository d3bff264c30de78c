-- What waits for its time may not be allowed any more when it comes: then its writer is asked, and it waits for the answer.
ALTER TABLE outbox ADD COLUMN asks jsonb, ADD COLUMN held boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN outbox.asks IS 'Why it did not leave when it was due, and what may be done; due_at is then infinity.';
COMMENT ON COLUMN outbox.held IS 'Waits a few seconds so that its writer can take it back.';
