"""What the queries of a day read with ten thousand messages behind it and with a million."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from madoguchi.db.embedded import EmbeddedServer
from madoguchi.db.migrate import migrate
from madoguchi.logs import configure_logs
from tests.growth.measure import MESSAGES_EACH, blocks_of

_SHORT, _LONG = 10_000, 1_000_000


def measure(share: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Raises RuntimeError when a query reads more because of the past."""
    configure_logs()
    folder = Path(tempfile.mkdtemp(prefix="mdgbench"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data")
    try:
        dsn = server.start()
        migrate(dsn)
        return asyncio.run(_compare(dsn, folder / "media", max(_SHORT * 5, int(_LONG * share)), say))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _compare(dsn: str, media: Path, most: int, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"a day after {_SHORT:,} messages")
    short = await blocks_of(dsn, media / "short", _SHORT // MESSAGES_EACH)
    say(f"a day after {most:,} messages")
    long = await blocks_of(dsn, media / "long", most // MESSAGES_EACH)
    grown = long.grown_from(short)
    if grown or long.failed:
        raise RuntimeError(f"These queries read more because of the past: {grown}; these failed: {long.failed}")
    both = short.read.keys() & long.read.keys()
    return {
        "messages": most,
        "queries": len(both),
        "of them named": len(short.named & long.named),
        f"blocks after {_SHORT:,}": sum(short.read[name] for name in both),
        f"blocks after {most:,}": sum(long.read[name] for name in both),
        "grown": 0,
    }
