"""The whole way over a link to an operator: out by the pump, in by the listener, receipts in every odd order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.http import Http
from madoguchi.context import Context
from madoguchi.inbound.listeners import Listeners
from madoguchi.inbound.process import match_waiting
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.pump import OutboundPump
from madoguchi.simulator.sms.smsc import Smsc
from tests.inbound.conftest import Pipeline
from tests.support.world import Workspace, make_sms

LONG = "x" * 400


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    centre = Smsc({"desk": "secret"})
    await centre.start()
    yield centre
    await centre.stop()


@pytest.fixture
async def link(context: Context, workspace: Workspace, smsc: Smsc) -> InboxConfig:
    settings = {"provider": "smpp", "smpp_host": "127.0.0.1", "smpp_port": smsc.port, "smpp_tls": "none"}
    return await make_sms(
        context.db, workspace.id, settings=settings, credentials={"system_id": "desk", "smpp_password": "secret"}
    )


@asynccontextmanager
async def _working(context: Context, http: Http | None = None) -> AsyncIterator[None]:
    """`http`: of another process, which knows nothing of what this one keeps in memory."""
    used = http or context.http
    listeners = Listeners(context.db, InboxDirectory(context.db, context.secrets), used)
    pump = OutboundPump(context.db.dsn, InboxDirectory(context.db, context.secrets), used, context.storage)
    tasks = [asyncio.create_task(listeners.run()), asyncio.create_task(pump.run())]
    try:
        yield
    finally:
        listeners.stop()
        pump.stop()
        await asyncio.gather(*tasks)


async def _until(pipeline: Pipeline, statement: str, expected: list[tuple[Any, ...]]) -> None:
    async with asyncio.timeout(30):
        while True:
            await pipeline.process()
            await match_waiting(pipeline.work, pipeline.directory, range(64))
            if [tuple(row.values()) for row in await pipeline.all(statement)] == expected:
                return
            await asyncio.sleep(0.05)


async def _write(context: Context, workspace: Workspace, inbox: InboxConfig, text: str) -> Any:
    async with context.db.workspace(workspace.id) as tx:
        draft = MessageDraft(type="text", text=text)
        return await send_to_address(tx, workspace.agent.principal, inbox.id, "+819011110001", draft)


_STATUS = "SELECT status FROM messages WHERE direction = 'out' ORDER BY id"


@pytest.mark.parametrize("receipts", ["once", "twice", "before"])
async def test_a_long_message_is_delivered_when_all_its_parts_are(
    context: Context, workspace: Workspace, pipeline: Pipeline, smsc: Smsc, link: InboxConfig, receipts: str
) -> None:
    smsc.faults.receipts = receipts
    await _write(context, workspace, link, LONG)
    async with _working(context):
        await _until(pipeline, _STATUS, [("delivered",)])
    assert len(smsc.taken) == 3
    assert [row["status"] for row in await pipeline.all("SELECT status FROM message_parts")] == ["delivered"] * 3


async def test_one_part_that_fails_fails_it(
    context: Context, workspace: Workspace, pipeline: Pipeline, smsc: Smsc, link: InboxConfig
) -> None:
    smsc.faults.state = "UNDELIV"
    await _write(context, workspace, link, LONG)
    async with _working(context):
        await _until(pipeline, _STATUS, [("failed",)])
    assert (await pipeline.one("SELECT error ->> 'code' AS code FROM messages"))["code"] == "not_delivered"


async def test_a_lost_answer_is_settled_by_the_receipt_and_never_sent_again(
    context: Context,
    workspace: Workspace,
    pipeline: Pipeline,
    smsc: Smsc,
    link: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("madoguchi.outbound.parts.GUESS_AFTER", timedelta(0))
    smsc.faults.cut_at, smsc.faults.receipt_delay = 1, 0.5
    await _write(context, workspace, link, "hello")
    async with _working(context):
        await _until(pipeline, _STATUS, [("delivered",)])
    assert [each.text for each in smsc.taken] == ["hello"]


async def test_receipts_of_its_first_parts_do_not_deliver_a_message_whose_rest_is_unknown(
    context: Context,
    workspace: Workspace,
    pipeline: Pipeline,
    smsc: Smsc,
    link: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("madoguchi.outbound.parts.GUESS_AFTER", timedelta(0))
    smsc.faults.cut_at = 2
    await _write(context, workspace, link, LONG)
    parts = "SELECT status FROM message_parts ORDER BY number"
    async with _working(context):
        await _until(pipeline, parts, [("delivered",), (None,), (None,)])
        await _until(pipeline, "SELECT count(*) FROM orphan_receipts", [(1,)])  # of the part without an answer
    await match_waiting(pipeline.work, pipeline.directory, range(64))
    assert [tuple(row.values()) for row in await pipeline.all(_STATUS)] == [("uncertain",)]
    assert len(smsc.taken) == 2


async def test_a_message_whose_second_part_is_refused_has_failed_whatever_comes_of_the_first(
    context: Context,
    workspace: Workspace,
    pipeline: Pipeline,
    smsc: Smsc,
    link: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("madoguchi.outbound.parts.GUESS_AFTER", timedelta(0))
    smsc.faults.submit_status, smsc.faults.refuse_from = 0x0B, 2
    await _write(context, workspace, link, LONG)
    async with _working(context):
        await _until(pipeline, "SELECT count(*) FROM orphan_receipts", [(1,)])
        await _until(pipeline, _STATUS, [("failed",)])
    await match_waiting(pipeline.work, pipeline.directory, range(64))
    assert [tuple(row.values()) for row in await pipeline.all(_STATUS)] == [("failed",)]


async def test_what_customers_write_comes_in_and_the_answer_goes_out(
    context: Context, workspace: Workspace, pipeline: Pipeline, smsc: Smsc, link: InboxConfig
) -> None:
    async with _working(context):
        smsc.deliver("819011110001", "815012345678", LONG)
        await _until(pipeline, "SELECT text FROM messages WHERE direction = 'in'", [(LONG,)])
        await _write(context, workspace, link, "thanks")
        await _until(pipeline, _STATUS, [("delivered",)])
    assert len(await pipeline.all("SELECT id FROM conversations")) == 1
    assert (await pipeline.one("SELECT health FROM inboxes"))["health"] == "ok"


async def test_a_refused_bind_stands_on_the_inbox(
    context: Context, workspace: Workspace, pipeline: Pipeline, smsc: Smsc, link: InboxConfig
) -> None:
    smsc.accounts["desk"] = "changed"
    await _write(context, workspace, link, "waits")
    async with _working(context):
        await _until(
            pipeline,
            "SELECT health, split_part(health_detail, ':', 1), held_reason FROM inboxes",
            [("attention", "login_refused", "login_refused")],
        )
    assert [tuple(row.values()) for row in await pipeline.all(_STATUS)] == [("queued",)]
    assert smsc.taken == []


async def test_another_worker_goes_on_behind_the_parts_that_left(
    context: Context, workspace: Workspace, pipeline: Pipeline, smsc: Smsc, link: InboxConfig
) -> None:
    smsc.faults.submit_status, smsc.faults.refuse_from = 0x08, 2
    await _write(context, workspace, link, LONG)
    async with _working(context):
        await _until(
            pipeline,
            "SELECT m.status, jsonb_array_length(m.data -> 'begun' -> 'ids') FROM messages m"
            " JOIN outbox o ON o.message_id = m.id WHERE NOT o.sending",
            [("queued", 1)],
        )
    smsc.faults.submit_status = 0
    async with Http() as http, _working(context, http):
        await _until(pipeline, _STATUS, [("delivered",)])
    assert [each.part[2] for each in smsc.taken if each.part] == [1, 2, 3]
    assert len({each.part[0] for each in smsc.taken if each.part}) == 1, "one reference number for all of them"
    assert "begun" not in (await pipeline.one("SELECT data FROM messages"))["data"]


async def test_a_worker_that_dies_between_two_parts_leaves_it_uncertain(
    context: Context,
    workspace: Workspace,
    pipeline: Pipeline,
    smsc: Smsc,
    link: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("madoguchi.outbound.parts.GUESS_AFTER", timedelta(0))
    smsc.faults.lose_answers, smsc.faults.receipt_delay = 1, 0.2
    await _write(context, workspace, link, LONG)
    async with Http() as http:
        pump = OutboundPump(context.db.dsn, InboxDirectory(context.db, context.secrets), http, context.storage)
        dying = asyncio.create_task(pump.run())
        async with asyncio.timeout(30):
            while not smsc.taken:
                await asyncio.sleep(0.02)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    async with _working(context):
        await _until(pipeline, _STATUS, [("uncertain",)])
        await _until(pipeline, "SELECT status FROM orphan_receipts", [("delivered",)])
        await _until(pipeline, _STATUS, [("uncertain",)])
    assert len(smsc.taken) == 1, "nobody sends it again"
