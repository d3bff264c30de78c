"""The account at a glance, with what to do about each problem."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from madoguchi.accounts.archive import asked_for
from madoguchi.accounts.models import OverviewOut, TroubleOut
from madoguchi.accounts.security import LOCKED, PIN, opened
from madoguchi.channels import registry
from madoguchi.channels.manifest import Manifest
from madoguchi.core import clock
from madoguchi.core.errors import NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.service import check_supervisor

Q = load_queries(__file__)


async def get_overview(tx: Connection, principal: Principal, secrets: SecretBox, inbox_id: UUID) -> OverviewOut:
    """As of the last check and the news since. Raises Forbidden, NotFound."""
    check_supervisor(principal)
    found = await tx.execute(Q.overview, {"workspace_id": principal.workspace_id, "inbox_id": inbox_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound("There is no such inbox.")
    manifest = registry.channel(row["channel"]).manifest
    facts = dict(row["health_facts"])
    locked = (row["state"] or {}).get(LOCKED)
    return OverviewOut(
        parts=manifest.capabilities.account,
        troubles=list(_troubles(manifest, facts.pop("troubles", []))),
        facts=facts,
        checked_at=rfc3339(row["checked_at"]),
        last_event_at=rfc3339(row["last_event_at"]),
        pin_kept=PIN in opened(secrets, inbox_id, row["secrets"]),
        asked_for=asked_for(row["state"] or {}),
        pin_locked_until=locked if locked and locked > (rfc3339(clock.now()) or "") else None,
    )


def _troubles(manifest: Manifest, given: Iterable[dict[str, Any]]) -> Iterable[TroubleOut]:
    for each in given:
        code = each["code"]
        yield TroubleOut(code, each["level"], manifest.words(code), manifest.advice.get(code, {}), each["detail"])
