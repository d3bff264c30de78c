"""What the demo remembers about itself in its data folder."""

import json
import os
from pathlib import Path
from typing import NamedTuple


class DemoState(NamedTuple):
    workspace_id: str
    inbox_id: str
    webhook_url: str
    api_token: str
    language: str
    """Of the names that were given."""
    introduced: bool = False
    """Whether the simulated customers have written their first messages."""


def read_state(data_dir: Path) -> DemoState | None:
    file = _file(data_dir)
    return DemoState(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def write_state(data_dir: Path, state: DemoState) -> None:
    fresh = _file(data_dir).with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(state._asdict(), out, indent=2)
    fresh.rename(_file(data_dir))


def _file(data_dir: Path) -> Path:
    return data_dir / "demo.json"
