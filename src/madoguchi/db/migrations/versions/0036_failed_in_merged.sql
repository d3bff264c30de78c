-- A letter that fails in a thread that was merged marks the conversation that shows it as well.
CREATE OR REPLACE FUNCTION mark_failed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversations SET failed_at = CASE WHEN NEW.status = 'failed' THEN coalesce(NEW.failed_at, NEW.created_at) END
     WHERE workspace_id = NEW.workspace_id
       AND id = ANY (ARRAY(SELECT unnest(ARRAY[v.id, v.survivor_id]) FROM conversations v
                            WHERE v.workspace_id = NEW.workspace_id AND v.id = NEW.conversation_id));
    RETURN NULL;
END $$;
