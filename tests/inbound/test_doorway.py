"""Webhooks over a real socket, as a web process takes them: the short way and the ordinary one give the same answers."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import Database
from madoguchi.inbound import commit as commit_module
from madoguchi.inbound.receive import Receiver
from tests.support.meta import sign, text_message, webhook
from tests.support.web import Web, running_web

BODY = webhook(text_message("こんにちは"))


class Wire:
    """One connection to the web process, spoken by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, path: str, body: bytes = BODY, *further: str, method: str = "POST", signed: bool = True) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: madoguchi", f"Content-Length: {len(body)}", *further]
        lines += [f"{name}: {value}" for name, value in (sign(body) if signed else {}).items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(30):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body

    async def ended(self) -> bool:
        async with asyncio.timeout(30):
            return await self._reader.read() == b""

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Web]:
    async with running_web(context) as web:
        yield web


@pytest.fixture
async def wire(web: Web) -> AsyncIterator[Wire]:
    address = urlsplit(web.url)
    wire = Wire(*await asyncio.open_connection(address.hostname, address.port))
    yield wire
    wire.close()


@pytest.fixture
async def path(inbox: InboxConfig, wire: Wire) -> str:
    """Known to the web process: its first webhook went the ordinary way."""
    path = f"/webhooks/{inbox.settings['webhook_key']}"
    wire.send(path)
    assert (await wire.answer())[0] == 200
    return path


async def stored(database: Database) -> list[bytes]:
    async with database.system() as tx:
        rows = await (await tx.execute("SELECT body FROM ingest_log ORDER BY id")).fetchall()
    return [bytes(row["body"]) for row in rows]


async def test_both_ways_answer_alike_and_store_alike(
    wire: Wire, inbox: InboxConfig, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/webhooks/{inbox.settings['webhook_key']}"
    wire.send(path, BODY, "X-Trace: a")  # the inbox is looked up
    answers = [await wire.answer()]
    monkeypatch.delattr(Receiver, "_handle")  # without the ordinary way
    wire.send(path, BODY, "X-Trace: a")
    answers.append(await wire.answer())
    assert [status for status, _, _ in answers] == [200, 200]
    assert answers[0][1].keys() == answers[1][1].keys()
    assert await stored(database) == [BODY, BODY]
    async with database.system() as tx:
        rows = await (await tx.execute("SELECT headers - 'date' AS headers FROM ingest_log ORDER BY id")).fetchall()
    assert rows[0] == rows[1]
    assert rows[0]["headers"]["x-trace"] == "a"


async def test_what_is_refused_is_not_stored(wire: Wire, path: str, database: Database) -> None:
    wire.send(path, BODY, "X-Hub-Signature-256: sha256=00", signed=False)
    status, _, body = await wire.answer()
    assert (status, body) == (401, b"signature wrong")
    wire.send(path[:-4] + "AAAA")
    assert (await wire.answer())[0] == 404
    wire.send(path, b"", method="DELETE")
    assert (await wire.answer())[0] == 405
    assert await stored(database) == [BODY]


async def test_several_in_one_packet_are_answered_in_their_order(wire: Wire, path: str, database: Database) -> None:
    wire.send(path)
    wire.send("/healthz", b"", method="GET")
    wire.send(path, BODY, "X-Hub-Signature-256: sha256=00", signed=False)
    wire.send(path)
    assert [(await wire.answer())[0] for _ in range(4)] == [200, 200, 401, 200]
    assert await stored(database) == [BODY] * 3


async def test_a_body_in_pieces_is_one_webhook(wire: Wire, path: str, database: Database) -> None:
    head = [f"POST {path} HTTP/1.1", "Host: madoguchi", *(f"{name}: {value}" for name, value in sign(BODY).items())]
    wire.raw("\r\n".join([*head, f"Content-Length: {len(BODY)}", "", ""]).encode())
    for at in range(0, len(BODY), 100):
        await asyncio.sleep(0)
        wire.raw(BODY[at : at + 100])
    assert (await wire.answer())[0] == 200
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(BODY[at : at + 100]), BODY[at : at + 100]) for at in range(0, len(BODY), 100)
    )
    wire.raw("\r\n".join([*head, "Transfer-Encoding: chunked", "", ""]).encode() + chunks + b"0\r\n\r\n")
    assert (await wire.answer())[0] == 200
    assert await stored(database) == [BODY] * 3


async def test_a_connection_that_is_to_end_ends_after_its_answer(wire: Wire, path: str) -> None:
    wire.send(path, BODY, "Connection: close")
    status, headers, _ = await wire.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert await wire.ended()


async def test_who_asks_before_sending_is_told_to_go_on(wire: Wire, path: str, database: Database) -> None:
    head = [f"POST {path} HTTP/1.1", "Host: madoguchi", *(f"{name}: {value}" for name, value in sign(BODY).items())]
    wire.raw("\r\n".join([*head, f"Content-Length: {len(BODY)}", "Expect: 100-continue", "", ""]).encode())
    assert (await wire.answer())[0] == 100
    wire.raw(BODY)
    assert (await wire.answer())[0] == 200
    assert await stored(database) == [BODY] * 2


async def test_nothing_is_acknowledged_that_is_not_stored(
    wire: Wire, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_self: object, _entries: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(commit_module.GroupCommit, "_commit", full)
        wire.send(path)
        status, headers, _ = await wire.answer()
        assert (status, headers["retry-after"]) == (503, "5")
    wire.send(path)
    assert (await wire.answer())[0] == 200


async def test_who_goes_before_the_answer_is_stored_all_the_same(
    web: Web, path: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()
    commit = commit_module.GroupCommit._commit

    async def held(self: commit_module.GroupCommit, entries: list[commit_module.Entry]) -> None:
        at_work.set()
        await go_on.wait()
        await commit(self, entries)

    monkeypatch.setattr(commit_module.GroupCommit, "_commit", held)
    address = urlsplit(web.url)
    impatient, patient = [Wire(*await asyncio.open_connection(address.hostname, address.port)) for _ in range(2)]
    impatient.send(path)
    await at_work.wait()
    impatient.close()
    patient.send(path)
    go_on.set()
    assert (await patient.answer())[0] == 200
    assert await stored(database) == [BODY] * 3
    patient.close()
