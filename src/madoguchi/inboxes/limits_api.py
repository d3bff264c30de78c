"""What the provider lets an inbox send, and how much of it is used."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import get
from msgspec import Struct

from madoguchi.api.deps import Tx, Who
from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.errors import NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.setup import with_defaults

Q = load_queries(__file__, "limits.sql")

_DAY = timedelta(hours=24)
_MOST = 200_000  # above the largest limit that is a number
_TIER = re.compile(r"(\d+)(K|M)?$", re.IGNORECASE)


class Limits(Struct, frozen=True):
    """`used`: people written to first, each once in 24 hours, over all inboxes of the channel. `limit`, `remaining`: null
    where there is none or the provider has not told it (`tier` has its word). `frees_at`: when the oldest counts no more.
    """

    tier: str | None
    limit: int | None
    used: int
    remaining: int | None
    frees_at: Timestamp | None
    messages_per_second: float
    pair_seconds: float
    pair_burst: int


async def get_limits(tx: Connection, principal: Principal, inbox_id: UUID) -> Limits:
    """Raises NotFound."""
    row = await (await tx.execute(Q.inbox, {"workspace_id": principal.workspace_id, "id": inbox_id})).fetchone()
    if row is None:
        raise NotFound("There is no such inbox.")
    now = clock.now()
    asked = {"workspace_id": principal.workspace_id, "channel": row["channel"], "since": now - _DAY, "most": _MOST}
    found = await (await tx.execute(Q.used, asked)).fetchone() or {"used": 0, "oldest": None}
    channel, facts = registry.channel(row["channel"]), row["health_facts"]
    tier, used = facts.get("limit"), found["used"]
    limit = limit_of(tier)
    return Limits(
        tier=str(tier) if tier is not None else None,
        limit=limit,
        used=used,
        remaining=max(0, limit - used) if limit is not None else None,
        frees_at=rfc3339(found["oldest"] + _DAY) if found["oldest"] else None,
        messages_per_second=channel.rate(_config(row), facts),
        pair_seconds=channel.manifest.capabilities.pair_seconds,
        pair_burst=channel.manifest.capabilities.pair_burst,
    )


def limit_of(tier: Any) -> int | None:
    """`TIER_250`, `TIER_2K`, `TIER_100K` or a number; None for unlimited and for what nobody knows."""
    found = _TIER.search(str(tier or ""))
    if found is None:
        return None
    return int(found[1]) * {"K": 1_000, "M": 1_000_000}.get((found[2] or "").upper(), 1)


def _config(row: dict[str, Any]) -> InboxConfig:
    """Without its secrets, which no rule needs."""
    manifest = registry.channel(row["channel"]).manifest
    settings = with_defaults(manifest, row["settings"])
    return InboxConfig(row["id"], row["workspace_id"], row["channel"], row["name"], {}, settings)


@get("/api/v1/inboxes/{inbox_id:uuid}/limits", tags=["inboxes"], summary="What the provider lets an inbox send")
async def read_limits(tx: Tx, principal: Who, inbox_id: UUID) -> Limits:
    """The limit on people written to first in 24 hours, how much of it is used, and how fast the inbox may send."""
    return await get_limits(tx, principal, inbox_id)
