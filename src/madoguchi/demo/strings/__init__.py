"""What the demo says at the terminal, in the terminal's language."""

import os
import tomllib
from functools import cache
from pathlib import Path

_LANGUAGES = ("en", "ja")


def language() -> str:
    """By the usual variables, in their usual order; English where they say nothing we know."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return next((known for known in _LANGUAGES if named.startswith(known)), "en")


def text(key: str, **facts: object) -> str:
    return _strings(language())[key].format(**facts)


@cache
def _strings(named: str) -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name(f"{named}.toml").read_text(encoding="utf-8"))
