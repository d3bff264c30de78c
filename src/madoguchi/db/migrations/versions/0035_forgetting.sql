ALTER TABLE search_state ADD COLUMN forgetting_kind text;
ALTER TABLE search_state ADD COLUMN forgetting_chunk int;
COMMENT ON COLUMN search_state.forgetting_kind IS 'With forgetting_chunk: how far the walk through the index has come that looks for deleted texts; null: none is under way.';
COMMENT ON COLUMN search_again.what IS 'message: index it (again); forget: nothing of this contact or message may stay; forgetting: a walk looks for it.';
