"""The short form of the queue that `make faults` starts with: a long one, and a poisoned event in the middle of it."""

import tempfile
from pathlib import Path

from tests.faults.storm.queue import start_with_queue


def test_a_long_queue_at_the_start_is_worked_off() -> None:
    # Not pytest's folder: the path of the database's socket must stay short.
    with tempfile.TemporaryDirectory(prefix="mdgqueue") as name:
        Path(name).chmod(0o755)
        found = start_with_queue(Path(name), 20_000, lambda _: None)
    assert found.wrong == []
