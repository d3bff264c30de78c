"""The processes a supervisor runs: `prepare` once, then `web` and `worker` for as long as they live."""
