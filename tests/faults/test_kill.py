"""`kill -9` at each stage of both pipelines, a restart, and a full count.

Nothing acknowledged is lost, nothing reaches a customer twice, nothing is left half done.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from tests.outbound.conftest import Desk, add_conversation
from tests.support.meta import Provider, running_provider, sign, status, text_message, webhook
from tests.support.ports import free_port
from tests.support.world import SECRET_KEY, Workspace, make_inbox

_DYING = Path(__file__).with_name("dying.py")
_CUSTOMERS = 6

INBOUND_STAGES = [
    ("madoguchi.inbound.pump:read_batch", "after"),
    ("madoguchi.inbound.process:parse_batch", "after"),
    ("madoguchi.inbound.thread:find_threads", "after"),
    ("madoguchi.inbound.process:store_messages", "after"),
    ("madoguchi.inbound.process:apply_receipts", "after"),
    ("madoguchi.inbound.process:mark_done", "after"),
    ("madoguchi.inbound.process:write_events", "after"),
    ("madoguchi.inbound.process:apply", "after"),
]
OUTBOUND_STAGES = [
    ("madoguchi.outbound.pump:take", "after"),
    ("madoguchi.outbound.pump:mark_sending", "before"),
    ("madoguchi.outbound.pump:mark_sending", "after"),
    ("madoguchi.outbound.pump:send_once", "before"),
    ("madoguchi.outbound.pump:send_once", "after"),
    ("madoguchi.outbound.pump:record_outcomes", "before"),
    ("madoguchi.outbound.results:_record_accepted", "after"),
    ("madoguchi.outbound.pump:record_outcomes", "after"),
]
RECEIVE_STAGES = [
    ("madoguchi.inbound.commit:GroupCommit.add", "before"),
    ("madoguchi.inbound.commit:GroupCommit._commit", "before"),
    ("madoguchi.inbound.commit:GroupCommit._commit", "after"),
    ("madoguchi.processes.doorway:_Delivery.answer", "before"),
]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def desk(context: Context, workspace: Workspace, provider: Provider) -> Desk:
    inbox = await make_inbox(context.db, workspace.id, graph_url=provider.url)
    return Desk(context, workspace, inbox, await add_conversation(context, inbox, "819011110001"))


class Processes:
    def __init__(self, dsn: str, media: Path) -> None:
        self._options = ["--dsn", dsn, "--secret", SECRET_KEY, "--media", str(media)]

    @asynccontextmanager
    async def start(self, role: str, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(_DYING), role, *self._options, *options, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.wait(), 30)

    async def die(self, role: str, at: str, when: str) -> None:
        """Run until it kills itself; failing to is a failure of the test."""
        async with self.start(role, "--at", at, "--when", when) as process:
            assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL


@pytest.fixture
def processes(dsn: str, tmp_path: Path) -> Processes:
    return Processes(dsn, tmp_path / "media")


async def _quiet(desk: Desk) -> None:
    """Until both queues are empty."""
    async with asyncio.timeout(30):
        while (await desk.one("SELECT (SELECT count(*) FROM ingest_queue) + (SELECT count(*) FROM outbox) AS n"))["n"]:
            await asyncio.sleep(0.05)


async def _acknowledge(desk: Desk, bodies: list[bytes]) -> None:
    """Webhooks through the real receiver: all are answered 200."""
    directory = InboxDirectory(desk.context.db, desk.context.secrets)
    commit = GroupCommit(desk.context.db.dsn)
    commit.start()
    receiver = Receiver(directory, commit)
    answers = await asyncio.gather(*(_post(receiver, desk.inbox, body) for body in bodies))
    await commit.stop()
    assert set(answers) == {200}


async def _post(receiver: Receiver, inbox: InboxConfig, body: bytes) -> int:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/webhooks/{inbox.settings['webhook_key']}",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in sign(body).items()],
    }
    await receiver(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(("point", "when"), INBOUND_STAGES, ids=lambda v: v.rpartition(".")[2])
async def test_nothing_acknowledged_is_lost(desk: Desk, processes: Processes, point: str, when: str) -> None:
    ours = await desk.write("a message of ours")
    await desk.do("UPDATE messages SET status = 'sent', provider_id = 'wamid.ours' WHERE id = %s", ours)
    await desk.do("DELETE FROM outbox")
    bodies = [
        webhook(text_message(str(n), from_user_id=f"JP.{n % _CUSTOMERS}", **{"from": f"8190000000{n % _CUSTOMERS}"}))
        for n in range(40)
    ]
    bodies += [webhook(statuses=(status("wamid.ours", name),)) for name in ("read", "sent", "delivered")]
    await _acknowledge(desk, bodies)
    await processes.die("worker", point, when)
    async with processes.start("worker"):
        await _quiet(desk)
    texts = [m["text"] for m in await desk.all("SELECT text FROM messages WHERE direction = 'in'")]
    assert sorted(texts, key=int) == [str(n) for n in range(40)]
    unread = await desk.one("SELECT sum(unread) AS n, count(*) AS threads FROM conversations WHERE unread > 0")
    assert (unread["n"], unread["threads"]) == (40, _CUSTOMERS)
    assert (await desk.message(ours))["status"] == "read"
    await _check_events(desk)


@pytest.mark.parametrize(("point", "when"), OUTBOUND_STAGES, ids=lambda v: v.rpartition(".")[2])
async def test_nothing_is_sent_twice(
    desk: Desk, provider: Provider, processes: Processes, point: str, when: str
) -> None:
    ids = [await desk.write(str(n)) for n in range(3)]
    for number in range(_CUSTOMERS):
        other = await add_conversation(desk.context, desk.inbox, f"4479000000{number:02d}")
        desk.conversation_id = other
        ids += [await desk.write(f"{number}.{n}") for n in range(3)]
    await processes.die("worker", point, when)
    async with processes.start("worker"):
        await _quiet(desk)
    taken = [request["biz_opaque_callback_data"] for request in provider.taken]
    assert len(taken) == len(set(taken))
    messages = {str(m["id"]): m["status"] for m in await desk.all("SELECT id, status FROM messages")}
    assert set(messages) == {str(i) for i in ids}
    assert set(messages.values()) <= {"sent", "uncertain"}
    assert {i for i, state in messages.items() if state == "sent"} <= set(taken)
    assert set(taken) <= set(messages)
    unknown = [i for i, state in messages.items() if state == "uncertain"]
    assert len(unknown) in _in_doubt(point, when, len(ids))
    await _check_events(desk)


def _in_doubt(point: str, when: str, count: int) -> range:
    """How many messages may be left in doubt: none before the first mark; some once a mark is there without its record;
    after the first record those that were still under way, if any."""
    stage = (point.partition(":")[2], when)
    if stage in {("take", "after"), ("mark_sending", "before")}:
        return range(1)
    return range(count + 1) if stage == ("record_outcomes", "after") else range(1, count + 1)


async def _check_events(desk: Desk) -> None:
    """No gap in the sequence, and every message has its event."""
    row = await desk.one(
        "SELECT count(*) AS n, min(seq) AS first, max(seq) AS last,"
        " (SELECT seq FROM event_counters) AS counter FROM events"
    )
    assert (row["first"], row["last"], row["n"]) == (1, row["counter"], row["counter"])
    silent = await desk.all(
        "SELECT m.id FROM messages m WHERE NOT EXISTS"
        " (SELECT 1 FROM events e WHERE e.subject_id = m.id AND e.type = 'message.created')"
    )
    assert silent == []


@pytest.mark.parametrize(("point", "when"), RECEIVE_STAGES, ids=lambda v: v.rpartition(".")[2])
async def test_what_was_answered_200_survives_its_receiver(
    desk: Desk, processes: Processes, point: str, when: str
) -> None:
    """A provider that gets no 200 sends again; in the end each message is there once."""
    bodies = [webhook(text_message(str(n), from_user_id=f"JP.{n}", **{"from": f"81900000{n:04d}"})) for n in range(30)]
    waiting = dict(enumerate(bodies))
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhooks/{desk.inbox.settings['webhook_key']}"
    async with processes.start("web", "--port", str(port), "--at", point, "--when", when, "--nth", "2") as process:
        await _listening(port)
        acknowledged = await _deliver(url, waiting)
        assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL
    assert waiting, "the fault came too late to matter"
    kept = {bytes(row["body"]) for row in await desk.all("SELECT body FROM ingest_log")}
    assert {bodies[n] for n in acknowledged} <= kept
    async with processes.start("web", "--port", str(port)), processes.start("worker"):
        await _listening(port)
        await _deliver(url, waiting)
        assert not waiting
        await _quiet(desk)
    texts = [m["text"] for m in await desk.all("SELECT text FROM messages WHERE direction = 'in'")]
    assert sorted(texts, key=int) == [str(n) for n in range(30)]


async def _deliver(url: str, waiting: dict[int, bytes]) -> set[int]:
    """Each once, a few at a time; what is answered 200 is taken off the list."""
    acknowledged: set[int] = set()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for number, body in list(waiting.items()):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(url, data=body, headers=sign(body)) as answer:
                    if answer.status == 200:
                        acknowledged.add(number)
                        del waiting[number]
    return acknowledged


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
