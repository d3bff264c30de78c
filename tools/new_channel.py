"""Write a new channel's folder: `python tools/new_channel.py NAME` (what `make new-channel NAME=…` runs).

The folder works at once: a small channel that signs with a shared secret and sends text, with one case for each
direction. It passes the conformance test; make it your provider's from there. docs/channels/README.md explains it.
"""

import argparse
import re
import sys
from pathlib import Path

CHANNELS = Path(__file__).parent.parent / "src" / "madoguchi" / "channels"
PATTERNS = Path(__file__).parent / "channel_pattern"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")


def write_channel(name: str, parent: Path) -> Path:
    """Returns the new folder. Raises ValueError for a name that cannot be one, FileExistsError when it is taken."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a channel: use lower-case letters, digits and _, beginning with a letter."
        )
    folder = parent / name
    if folder.exists():
        raise FileExistsError(f"{folder} is there already.")
    for pattern in sorted(PATTERNS.rglob("*.pattern")):
        path = folder / pattern.relative_to(PATTERNS).with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = pattern.read_text("utf-8")
        path.write_text(text.replace("@name@", name).replace("@title@", name.replace("_", " ").title()), "utf-8")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="new_channel.py", description="Write a new channel's folder.")
    parser.add_argument("name", help="the channel's name, for example smoke_signal")
    try:
        folder = write_channel(parser.parse_args().name, CHANNELS)
    except (ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Wrote {folder}. Now: pytest tests/channels -k {folder.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
