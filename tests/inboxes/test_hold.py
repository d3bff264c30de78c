"""A queue that holds until the account is repaired, and what people hear of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import AccountNotice, ProviderError
from madoguchi.channels.health import Health, Trouble
from madoguchi.context import Context
from madoguchi.db.pool import Database
from madoguchi.events.service import record
from madoguchi.inboxes.health import check
from madoguchi.inboxes.hold import Reason, do_hold, do_resume
from madoguchi.inboxes.jobs import defer_checks
from madoguchi.inboxes.news import do_note
from tests.support.live import Programs, running_programs
from tests.support.world import Workspace

EXPIRED = Reason("token_invalid", "The access token is no longer valid", "Session has expired (190)")


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def hold(database: Database, inbox: InboxConfig, reason: Reason = EXPIRED) -> int:
    async with database.workspace(inbox.workspace_id) as tx:
        changes = await do_hold(tx, inbox.workspace_id, inbox.id, reason)
        await record(tx, inbox.workspace_id, changes)
    return len(changes)


def probed(monkeypatch: pytest.MonkeyPatch, health: Health) -> None:
    async def probe(_inbox: InboxConfig, _http: object) -> Health:
        return health

    monkeypatch.setattr(registry.channel("whatsapp"), "probe", probe, raising=False)


async def test_a_held_inbox_says_why_and_tells_once(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    assert await hold(database, inbox) == 2
    assert await hold(database, inbox) == 0
    owner = web.client(workspace.owner)
    shown = (await owner.get(f"/inboxes/{inbox.id}")).body
    assert (shown["health"], shown["held"]["reason"], shown["held"]["waiting"]) == ("attention", "token_invalid", 0)
    assert shown["held"]["title"]["ja"]
    (notice,) = (await owner.get("/notices")).body["items"]
    assert (notice["kind"], notice["level"], notice["data"]["code"]) == ("inbox_held", "trouble", "token_invalid")
    assert set(notice["data"]["advice"]) == {"en", "ja"}


async def test_new_credentials_let_it_flow_again(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    await hold(database, inbox)
    owner = web.client(workspace.owner)
    answer = await owner.patch(f"/inboxes/{inbox.id}", {"credentials": {"access_token": "EAAnew"}})
    assert (answer.body["held"], answer.body["health"]) == (None, "unchecked")
    assert (await owner.get("/notices")).body["items"] == []
    # A send that was under way with the former token tells nothing about the new one.
    assert await hold(database, inbox) == 0


async def test_a_change_of_the_name_repairs_nothing(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    await hold(database, inbox)
    answer = await web.client(workspace.owner).patch(f"/inboxes/{inbox.id}", {"name": "Shop 2"})
    assert answer.body["held"]["reason"] == "token_invalid"


@pytest.mark.parametrize(
    ("health", "holds"),
    [
        (Health("ok"), False),
        (Health("attention", "Quality is low", troubles=(Trouble("quality_low"),)), False),
        (Health("attention", "not reachable", answered=False), True),
        (Health("attention", "expired", holds=ProviderError("token_invalid", "190", "x", ""), answered=False), True),
    ],
)
async def test_a_check_resumes_only_what_works(
    context: Context,
    inbox: InboxConfig,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    health: Health,
    holds: bool,
) -> None:
    await hold(database, inbox)
    probed(monkeypatch, health)
    await check(database, context.http, context.secrets, inbox.workspace_id, inbox.id)
    async with database.workspace(inbox.workspace_id) as tx:
        row: Any = await (await tx.execute("SELECT held_reason FROM inboxes")).fetchone()
    assert (row["held_reason"] is not None) is holds


async def test_a_check_under_way_while_the_credentials_change_counts_for_nothing(
    web: Programs,
    workspace: Workspace,
    context: Context,
    inbox: InboxConfig,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def probe(_inbox: InboxConfig, _http: object) -> Health:
        asked.set()
        await answered.wait()
        return Health("attention", "expired", holds=ProviderError("token_invalid", "190", "x", ""), answered=False)

    monkeypatch.setattr(registry.channel("whatsapp"), "probe", probe, raising=False)
    checking = asyncio.create_task(check(database, context.http, context.secrets, inbox.workspace_id, inbox.id))
    await asked.wait()
    await web.client(workspace.owner).patch(f"/inboxes/{inbox.id}", {"credentials": {"access_token": "EAAnew"}})
    answered.set()
    await checking
    shown = (await web.client(workspace.owner).get(f"/inboxes/{inbox.id}")).body
    assert (shown["held"], shown["health"]) == (None, "unchecked")


async def test_troubles_are_told_and_are_over(
    web: Programs,
    workspace: Workspace,
    context: Context,
    inbox: InboxConfig,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    soon = Trouble("token_expires", "attention", "2026-12-01T00:00:00.000Z")
    probed(monkeypatch, Health("attention", "soon", troubles=(soon, Trouble("pin_missing", "news"))))
    await check(database, context.http, context.secrets, inbox.workspace_id, inbox.id)
    owner = web.client(workspace.owner)
    (notice,) = (await owner.get("/notices")).body["items"]
    assert (notice["kind"], notice["data"]["code"], notice["data"]["reason"]) == (
        "inbox_trouble",
        soon.code,
        soon.detail,
    )
    assert [each["code"] for each in (await owner.get(f"/inboxes/{inbox.id}")).body["health_facts"]["troubles"]] == [
        "token_expires",
        "pin_missing",
    ]
    probed(monkeypatch, Health("ok"))
    await check(database, context.http, context.secrets, inbox.workspace_id, inbox.id)
    assert (await owner.get("/notices")).body["items"] == []


async def test_the_daily_check_takes_all_and_the_frequent_one_those_that_hold(
    context: Context, inbox: InboxConfig, database: Database
) -> None:
    async def waiting() -> int:
        async with database.system() as tx:
            found = await tx.execute("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'inboxes.check'")
            row: Any = await found.fetchone()
            return int(row["n"])

    await defer_checks(context, everything=False)
    assert await waiting() == 0
    await defer_checks(context, everything=True)
    assert await waiting() == 1
    await hold(database, inbox)
    await defer_checks(context, everything=False)
    assert await waiting() == 2


def notice(kind: str, health: Any = None, **data: Any) -> AccountNotice:
    return AccountNotice(WABA, kind, kind, health, data)


WABA = "200000000000001"


async def test_news_change_what_is_shown(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    async def hear(*news: AccountNotice) -> dict[str, Any]:
        async with database.workspace(inbox.workspace_id) as tx:
            for each in news:
                await record(tx, inbox.workspace_id, await do_note(tx, inbox, each))
        shown: dict[str, Any] = (await web.client(workspace.owner).get(f"/inboxes/{inbox.id}")).body
        return shown

    async def told() -> list[str]:
        items = (await web.client(workspace.owner).get("/notices")).body["items"]
        return [each["data"]["code"] for each in items]

    shown = await hear(notice("account.limit", max_daily_conversations_per_business="TIER_2K"))
    assert (shown["health_facts"]["limit"], shown["health"], await told()) == ("TIER_2K", "unchecked", [])
    shown = await hear(notice("number.name", "attention", decision="REJECTED", rejection_reason="NAME_X"))
    assert (shown["health"], shown["health_facts"]["name_status"], await told()) == (
        "attention",
        "DECLINED",
        ["name_declined"],
    )
    await hear(notice("number.name", decision="APPROVED"))
    assert await told() == []
    ban = {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "December 1, 2026"}
    await hear(notice("account.disabled_update", "attention", ban_info=ban))
    assert await told() == ["account_disable_scheduled"]
    await hear(notice("account.disabled_update", "ok", ban_info={"waba_ban_state": "REINSTATE"}))
    assert await told() == []
    shown = await hear(notice("error", code="payment_problem", provider_code="131042"))
    assert (shown["held"]["reason"], await told()) == ("payment_problem", ["payment_problem"])
    await hear(notice("something.new", anything=1))
    async with database.workspace(inbox.workspace_id) as tx:
        row: Any = await (await tx.execute("SELECT state FROM inbox_accounts")).fetchone()
        await do_resume(tx, inbox.workspace_id, inbox.id)
    assert row["state"]["news"]["something.new"] == {"anything": 1}
