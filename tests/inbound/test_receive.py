"""Durable before acknowledged: what is answered, what is stored, and in which order."""

import asyncio

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.inbound import commit as commit_module
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.meta import sign, text_message, webhook

MOST = registry.channel("whatsapp").manifest.capabilities.request_bytes


async def _logged(pipeline: Pipeline) -> int:
    return int((await pipeline.one("SELECT count(*) AS n FROM ingest_log"))["n"])


async def test_an_accepted_webhook_is_stored_as_it_came(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = webhook(text_message("こんにちは"))
    assert await pipeline.post(inbox, body) == 200
    row = await pipeline.one("SELECT body, headers, inbox_id FROM ingest_log")
    assert bytes(row["body"]) == body
    assert row["inbox_id"] == inbox.id
    assert row["headers"]["x-hub-signature-256"].startswith("sha256=")


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Hub-Signature-256": "sha256=00"}, sign(b"{}", "another secret"), {"X-Hub-Signature-256": "täuschung"}],
    ids=["missing", "short", "wrong secret", "not ascii"],
)
async def test_a_wrong_signature_is_401_and_nothing_is_stored(
    pipeline: Pipeline, inbox: InboxConfig, headers: dict[str, str]
) -> None:
    assert await pipeline.post(inbox, webhook(text_message()), headers) == 401
    assert await _logged(pipeline) == 0


async def test_the_signature_covers_the_raw_bytes(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = webhook(text_message("é"))
    reserialised = body.replace(b"\\u00e9", "é".encode())
    assert reserialised != body
    assert await pipeline.post(inbox, reserialised, sign(body)) == 401


async def test_unknown_keys_answer_in_one_shape(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = webhook(text_message())
    real = inbox.settings["webhook_key"]
    stranger = real[:-4] + ("AAAA" if not real.endswith("AAAA") else "BBBB")
    for key in ["", "x", stranger, "../../etc", "é" * 54]:
        assert await pipeline.request(key, body, sign(body)) == (404, b"not found")


async def test_the_handshake_answers_the_challenge(pipeline: Pipeline, inbox: InboxConfig) -> None:
    key = inbox.settings["webhook_key"]
    right = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=test-verify-token"
    assert await pipeline.request(key, b"", {}, method="GET", query=right) == (200, b"1158201444")
    status, _ = await pipeline.request(key, b"", {}, method="GET", query=right.replace("test-", "wrong-"))
    assert status == 403
    assert await _logged(pipeline) == 0


async def test_more_than_3_mb_is_refused_before_it_is_read_whole(context: Context, inbox: InboxConfig) -> None:
    directory = InboxDirectory(context.db, context.secrets)
    receiver = Receiver(directory, GroupCommit(context.db.dsn))
    read = 0

    async def receive() -> dict[str, object]:
        nonlocal read
        read += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    for headers, most in ([[b"content-length", str(MOST + 1).encode()]], 0), ([], MOST + 2 * 65536):
        read = 0
        sent: list[dict[str, object]] = []

        async def send(message: dict[str, object], sent: list[dict[str, object]] = sent) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/webhooks/{inbox.settings['webhook_key']}",
            "query_string": b"",
            "headers": headers,
        }
        await receiver(scope, receive, send)  # type: ignore[arg-type]
        assert sent[0]["status"] == 413
        assert read <= most


async def test_exactly_3_mb_is_taken(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = webhook(text_message())
    body += b" " * (MOST - len(body))
    assert await pipeline.post(inbox, body) == 200
    assert await pipeline.process() == 1


async def test_without_a_database_the_provider_is_told_to_come_again(
    pipeline: Pipeline, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = webhook(text_message("first"))
    assert await pipeline.post(inbox, body) == 200  # the directory knows the inbox now

    async def nobody(_dsn: str) -> None:
        raise OSError("no server")

    commit = GroupCommit("postgresql://nobody@127.0.0.1:9/none")
    commit.start()
    monkeypatch.setattr(commit_module, "dedicated", nobody)
    down = Receiver(pipeline.directory, commit)
    working, pipeline.receiver = pipeline.receiver, down
    assert await pipeline.post(inbox, webhook(text_message("lost?"))) == 503
    pipeline.receiver = working
    assert await _logged(pipeline) == 1
    await commit.stop()


async def test_requests_that_arrive_together_share_a_commit(pipeline: Pipeline, inbox: InboxConfig) -> None:
    commit = GroupCommit(pipeline.database.dsn)
    pipeline.receiver = Receiver(pipeline.directory, commit)
    waiting = [asyncio.create_task(pipeline.post(inbox, webhook(text_message(str(i))))) for i in range(200)]
    async with asyncio.timeout(20):
        while len(commit._waiting) < 200:
            await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)  # nobody is answered before the commit
    commit.start()
    assert set(await asyncio.gather(*waiting)) == {200}
    row = await pipeline.one("SELECT count(*) AS n, count(DISTINCT xmin::text) AS commits FROM ingest_log")
    assert row == {"n": 200, "commits": 1}
    await commit.stop()
