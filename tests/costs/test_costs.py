"""The cost ledger: each price once, charged on arrival, summed by what one asks for."""

from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import ReceiptReceived
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.receipts import apply_receipts
from tests.support.live import running_programs
from tests.support.threads import make_thread
from tests.support.world import Workspace

UTILITY = {"category": "utility", "type": "regular", "model": "PMP", "billable": True, "market": "JP"}
FREE = {"category": "service", "type": "free_customer_service", "model": "PMP", "billable": False, "market": "JP"}


class Ledger:
    """One conversation whose messages are sent and receipted by hand."""

    def __init__(self, context: Context, inbox: InboxConfig) -> None:
        self.context, self.inbox = context, inbox

    async def send(self, wamid: str) -> None:
        thread = await make_thread(self.context.db, self.inbox)
        async with self.context.db.system() as tx:
            await tx.execute(
                "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, status, author_kind,"
                " provider_id, created_at) VALUES (%s, %s, %s, %s, 'out', 'text', 'sent', 'agent', %s, %s)",
                (self.inbox.workspace_id, new_id(), thread.id, self.inbox.id, wamid, clock.now()),
            )

    async def tell(self, *told: tuple[str, str, dict[str, Any] | None]) -> None:
        """Receipts of one batch: provider's id, status, price."""
        now = clock.now()
        receipts = [
            ReceiptReceived("1", wamid, status, now, data={"pricing": price} if price else {})  # type: ignore[arg-type]
            for wamid, status, price in told
        ]
        async with self.context.db.system() as tx:
            await apply_receipts(tx, [Arrived(self.inbox.workspace_id, self.inbox.id, each) for each in receipts])

    async def rows(self) -> list[dict[str, Any]]:
        async with self.context.db.system() as tx:
            return await (
                await tx.execute("SELECT provider_id, category, delivered FROM message_costs ORDER BY provider_id")
            ).fetchall()


@pytest.fixture
def ledger(context: Context, inbox: InboxConfig) -> Ledger:
    return Ledger(context, inbox)


async def test_a_price_counts_once_and_is_charged_on_arrival(ledger: Ledger) -> None:
    await ledger.send("wamid.a")
    await ledger.tell(("wamid.a", "sent", UTILITY))
    assert await ledger.rows() == [{"provider_id": "wamid.a", "category": "utility", "delivered": False}]
    await ledger.tell(("wamid.a", "delivered", FREE), ("wamid.a", "delivered", UTILITY))
    await ledger.tell(("wamid.a", "read", UTILITY))
    assert await ledger.rows() == [{"provider_id": "wamid.a", "category": "utility", "delivered": True}]


async def test_the_price_may_come_after_the_arrival_or_with_it(ledger: Ledger) -> None:
    for wamid in ("wamid.a", "wamid.b", "wamid.c"):
        await ledger.send(wamid)
    await ledger.tell(("wamid.a", "delivered", None), ("wamid.b", "sent", UTILITY), ("wamid.b", "delivered", None))
    await ledger.tell(("wamid.a", "sent", UTILITY), ("wamid.c", "failed", UTILITY))
    assert [(row["provider_id"], row["delivered"]) for row in await ledger.rows()] == [
        ("wamid.a", True),
        ("wamid.b", True),
        ("wamid.c", False),
    ]


async def test_sums_by_what_is_asked_for(ledger: Ledger, context: Context, workspace: Workspace) -> None:
    for number in range(3):
        await ledger.send(f"wamid.{number}")
    await ledger.tell(("wamid.0", "delivered", UTILITY), ("wamid.1", "sent", UTILITY), ("wamid.2", "delivered", FREE))
    now = clock.now()
    span = {"from": (now - timedelta(days=1)).isoformat(), "to": (now + timedelta(days=1)).isoformat()}
    async with running_programs(context) as web:
        client = web.client(workspace.agent)
        found = (await client.get("/costs", **span)).body
        assert found["items"] == [
            {"key": "service", "category": "service", "type": "free_customer_service"}
            | {"priced": 1, "delivered": 1, "billable": 0},
            {"key": "utility", "category": "utility", "type": "regular", "priced": 2, "delivered": 1, "billable": 1},
        ]
        for group, key in (("market", "JP"), ("inbox", str(ledger.inbox.id)), ("month", f"{now:%Y-%m}")):
            lines = (await client.get("/costs", group=group, **span)).body["items"]
            assert {line["key"] for line in lines} == {key}, group
        other = (await client.get("/costs", inbox_id=str(new_id()), **span)).body
        assert other["items"] == []


async def test_bad_times_are_refused_by_name(context: Context, workspace: Workspace) -> None:
    async with running_programs(context) as web:
        client = web.client(workspace.agent)
        for since, until, field in (
            ("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "to"),
            ("2024-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "to"),
            ("2026-11-02T00:00:00", "2026-11-03T00:00:00Z", "from"),
        ):
            answer = await client.get("/costs", **{"from": since, "to": until})
            assert (answer.status, answer.body["errors"][0]["field"]) == (422, field), (since, until)
