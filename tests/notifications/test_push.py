"""From an event to a device: planned behind the pipelines, encrypted, sent, cleaned up after."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from procrastinate import JobContext

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import Invalid
from madoguchi.db.pool import Database
from madoguchi.notifications.jobs import tell
from madoguchi.notifications.planner import plan
from madoguchi.notifications.push import check_endpoint, is_allowed
from tests.support.live import Programs, running_programs
from tests.support.pushes import PushService, running_push_service
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Person, Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with running_push_service() as service:
        yield service


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox, "Hanako")


async def jobs(database: Database) -> list[dict[str, Any]]:
    """What waits to be told, oldest first; taken out of line."""
    async with database.system() as tx:
        rows = await (
            await tx.execute(
                "DELETE FROM procrastinate_jobs WHERE task_name = 'notifications.tell' RETURNING args, scheduled_at, id"
            )
        ).fetchall()
    return [row["args"] | {"later": row["scheduled_at"] is not None} for row in sorted(rows, key=lambda r: r["id"])]


async def work(context: Context) -> None:
    """Plan, and do every job that is due now."""
    await plan(context.db)
    job = cast("JobContext", SimpleNamespace(additional_context={"context": context}))
    for each in await jobs(context.db):
        each.pop("later")
        await tell(job, **each)


async def assign(database: Database, thread: Thread, agent: Person) -> None:
    async with database.workspace(thread.inbox.workspace_id) as tx:
        await tx.execute("UPDATE conversations SET assignee_id = %s WHERE id = %s", (agent.id, thread.id))


async def test_a_device_rings_for_an_own_conversation(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma = web.client(workspace.agent)
    key = (await emma.get("/me/notifications")).body["push_key"]
    assert len(base64.urlsafe_b64decode(key + "=")) == 65
    device = service.device("emma")
    made = await emma.post("/me/push-subscriptions", device.subscription(device="phone", name="Phone", locale="ja"))
    assert (made.status, made.body["host"], made.body["pushed_at"]) == (201, "127.0.0.1", None)
    await assign(database, thread, workspace.agent)
    await receive(database, thread, "the secret words")
    await work(context)
    ((name, headers, body),) = service.got
    told = device.read(body)
    assert (name, told["kind"], told["name"], told["text"], told["lang"]) == ("emma", "assigned", "Hanako", None, "ja")
    assert told["conversation_id"] == str(thread.id)
    assert (headers["Content-Encoding"], headers["Urgency"]) == ("aes128gcm", "high")
    assert int(headers["TTL"]) > 0
    claims = headers["Authorization"].split("t=")[1].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["aud"] == service.url
    assert f"k={key}" in headers["Authorization"]
    assert (await emma.get("/me/push-subscriptions")).body["items"][0]["pushed_at"] is not None
    await work(context)
    assert len(service.got) == 1, "an event is told once"


async def test_the_text_only_when_it_is_wanted(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma, device = web.client(workspace.agent), service.device("emma")
    await emma.post("/me/push-subscriptions", device.subscription())
    await emma.put("/me/notifications", {"show_text": True})
    await receive(database, thread, "x" * 1000)
    await work(context)
    assert device.read(service.got[0][2])["text"] == "x" * 300


async def test_dead_addresses_go_and_tired_services_are_asked_again(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma = web.client(workspace.agent)
    for name, status in {"gone": 410, "unknown": 404, "tired": 503, "busy": 429, "no": 403, "fine": 201}.items():
        service.answers[name] = status
        await emma.post("/me/push-subscriptions", service.device(name).subscription(name=name))
    await receive(database, thread)
    await work(context)
    assert len(service.got) == 6
    left = {each["name"]: each["id"] for each in (await emma.get("/me/push-subscriptions")).body["items"]}
    assert set(left) == {"tired", "busy", "no", "fine"}
    (again,) = await jobs(database)
    assert (set(again["devices"]), again["later"], again["tries"]) == ({left["tired"], left["busy"]}, True, 1)


async def test_nobody_is_told_of_what_is_before_their_eyes(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma, device = web.client(workspace.agent), service.device("emma")
    await emma.post("/me/push-subscriptions", device.subscription())
    assert (await emma.put("/me/attention", {"conversation_id": str(thread.id)})).status == 204
    await receive(database, thread)
    await work(context)
    assert (service.got, await jobs(database)) == ([], [])
    # In front of the console, but on something else: the console first, the device a little later.
    await emma.put("/me/attention", {"conversation_id": None})
    await receive(database, thread)
    await work(context)
    (held,) = await jobs(database)
    assert (service.got, held["held"], held.pop("later")) == ([], True, True)
    job = cast("JobContext", SimpleNamespace(additional_context={"context": context}))
    await tell(job, **held)
    assert len(service.got) == 1
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE conversations SET unread = 0")
    await tell(job, **held)
    assert len(service.got) == 1, "read meanwhile"


async def test_settings_hold_for_devices_too(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma = web.client(workspace.agent)
    for kind in ("desktop", "phone"):
        await emma.post("/me/push-subscriptions", service.device(kind).subscription(device=kind))
    await emma.put("/me/notifications", {"desktop": False})
    await receive(database, thread)
    await work(context)
    assert [each[0] for each in service.got] == ["phone"]
    await emma.put("/me/notifications", {"kinds": ["mention"]})
    await receive(database, thread)
    await work(context)
    assert len(service.got) == 1


async def test_what_is_old_is_not_told(
    web: Programs,
    context: Context,
    database: Database,
    workspace: Workspace,
    thread: Thread,
    service: PushService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await web.client(workspace.agent).post("/me/push-subscriptions", service.device("emma").subscription())
    await receive(database, thread)
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    await work(context)
    assert service.got == []


async def test_a_workspace_without_devices_is_not_looked_at(
    web: Programs, context: Context, database: Database, workspace: Workspace, thread: Thread, service: PushService
) -> None:
    emma = web.client(workspace.agent)
    await receive(database, thread)
    assert await plan(database) == 0
    made = await emma.post("/me/push-subscriptions", service.device("emma").subscription())
    await receive(database, thread)
    assert await plan(database) == 1
    assert (await emma.delete(f"/me/push-subscriptions/{made.body['id']}")).status == 204
    assert (await emma.delete(f"/me/push-subscriptions/{made.body['id']}")).status == 404
    await receive(database, thread)
    assert await plan(database) == 0
    async with database.system() as tx:
        row = await (await tx.execute("SELECT count(*) AS n FROM push_cursors")).fetchone()
    assert row == {"n": 0}


async def test_a_browser_rings_for_one_person(web: Programs, workspace: Workspace, service: PushService) -> None:
    emma, ken, device = web.client(workspace.agent), web.client(workspace.supervisor), service.device("shared")
    first = await emma.post("/me/push-subscriptions", device.subscription())
    second = await ken.post("/me/push-subscriptions", device.subscription())
    assert first.body["id"] == second.body["id"]
    assert (await emma.get("/me/push-subscriptions")).body["items"] == []
    assert len((await ken.get("/me/push-subscriptions")).body["items"]) == 1
    assert (await emma.delete(f"/me/push-subscriptions/{second.body['id']}")).status == 404


async def test_settings_are_kept_and_checked(web: Programs, workspace: Workspace, inbox: InboxConfig) -> None:
    emma = web.client(workspace.agent)
    wanted = {
        "kinds": ["asked"],
        "inbox_ids": [str(inbox.id)],
        "weekdays": [1, 2],
        "quiet": {"since": "22:00", "until": "07:00"},
        "time_zone": "Asia/Tokyo",
        "sound": False,
        "desktop": True,
        "phone": False,
        "show_text": True,
    }
    assert (await emma.put("/me/notifications", wanted)).body["settings"] == wanted
    assert (await emma.get("/me/notifications")).body["settings"] == wanted
    bad = await emma.put("/me/notifications", {"time_zone": "Mars/Base", "inbox_ids": [str(UUID(int=1))]})
    assert (bad.status, {each["field"] for each in bad.body["errors"]}) == (422, {"time_zone", "inbox_ids"})
    for wrong in ({"quiet": {"since": "25:00", "until": "07:00"}}, {"weekdays": [0]}, {"kinds": ["x"]}, {"what": 1}):
        assert (await emma.put("/me/notifications", wrong)).status == 422, wrong


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://intranet/x",
        "https://user:pw@push.example.com/x",
        "file:///etc/passwd",
        "https://",
        "https://push.example.com:99999/x",
    ],
)
async def test_an_address_inside_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid):
        check_endpoint(endpoint, "https://desk.example.com")
    assert not await is_allowed(endpoint, "https://desk.example.com")


def test_real_push_services_are_allowed() -> None:
    for endpoint in (
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QAbc",
    ):
        check_endpoint(endpoint, "https://desk.example.com")
        check_endpoint(endpoint, "http://127.0.0.1:8900")
