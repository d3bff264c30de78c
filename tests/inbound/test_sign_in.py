"""Mailboxes that are opened with tokens: renewed in time, by one worker at a time; revoked, shown, and going on after the repair."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from madoguchi.channels.base import InboxConfig, Refusal
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.inbound.listeners import Listeners
from madoguchi.inboxes import health
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.drafts import Letter, MessageDraft
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.pump import OutboundPump
from tests.inbound.conftest import Pipeline
from tests.support.dovecot import USER, running_dovecot
from tests.support.live import running_programs
from tests.support.mail import Relay, mail, running_relay
from tests.support.tokens import TokenServer, running_token_server
from tests.support.world import Workspace, make_mailbox


@pytest.fixture
async def tokens() -> AsyncIterator[TokenServer]:
    async with running_token_server() as server:
        yield server


async def _inbox(context: Context, workspace: Workspace, tokens: TokenServer, **settings: Any) -> InboxConfig:
    return await make_mailbox(
        context.db,
        workspace.id,
        settings={"sign_in": "other", "token_url": tokens.url, **settings},
        credentials={"user": USER, "client_id": "app", "client_secret": "s", "refresh_token": tokens.refresh},
    )


async def _loaded(directory: InboxDirectory, inbox: InboxConfig) -> InboxConfig:
    directory.forget()
    found = await directory.by_id(inbox.workspace_id, inbox.id)
    assert found is not None
    return found


def _directory(context: Context) -> InboxDirectory:
    return InboxDirectory(context.db, context.secrets)


async def test_twenty_workers_at_once_use_a_refresh_token_once(
    context: Context, workspace: Workspace, tokens: TokenServer
) -> None:
    inbox = await _inbox(context, workspace, tokens)
    directories = [_directory(context) for _ in range(20)]
    ready = await asyncio.gather(*(each.renewed(inbox, context.http) for each in directories))
    assert {each.credentials["access_token"] for each in ready} == {"access-1"}
    assert (tokens.issued, tokens.used_twice) == (1, [])
    later = await _loaded(directories[0], inbox)
    assert (later.credentials["access_token"], later.credentials["refresh_token"]) == ("access-1", "refresh-1")
    again = await directories[0].renewed(later, context.http, refused="access-1")
    assert again.credentials["access_token"] == "access-2"
    # Who still holds the first token is not asked to renew again.
    assert (await directories[1].renewed(later, context.http, refused="access-1")).credentials[
        "access_token"
    ] == "access-2"
    assert (tokens.issued, tokens.used_twice) == (2, [])


async def test_a_token_is_renewed_before_its_end(context: Context, workspace: Workspace, tokens: TokenServer) -> None:
    tokens.lasts = 240
    directory = _directory(context)
    inbox = await _inbox(context, workspace, tokens)
    for number in (1, 2):
        inbox = await directory.renewed(await _loaded(directory, inbox), context.http)
        assert inbox.credentials["access_token"] == f"access-{number}"
    assert [form["refresh_token"] for form in tokens.asked] == ["refresh-0", "refresh-1"]


async def test_a_token_server_that_is_down_revokes_nothing(
    context: Context, workspace: Workspace, tokens: TokenServer
) -> None:
    directory = _directory(context)
    inbox = await _inbox(context, workspace, tokens)
    tokens.broken = True
    with pytest.raises(HttpFailure) as failure:
        await directory.renewed(inbox, context.http)
    assert not isinstance(failure.value, Refusal)
    tokens.broken = False
    assert (await directory.renewed(inbox, context.http)).credentials["access_token"] == "access-1"


@asynccontextmanager
async def _watching(context: Context) -> AsyncIterator[None]:
    listeners = Listeners(context.db, _directory(context), context.http)
    task = asyncio.create_task(listeners.run())
    try:
        yield
    finally:
        listeners.stop()
        await task


async def _until(pipeline: Pipeline, statement: str, expected: Any) -> None:
    async with asyncio.timeout(40):
        while True:
            await pipeline.process()
            found = [tuple(row.values()) for row in await pipeline.all(statement)]
            if found == expected:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_a_real_server_takes_the_token(
    context: Context, workspace: Workspace, pipeline: Pipeline, tokens: TokenServer, protocol: str
) -> None:
    with running_dovecot(tokens.url.replace("/token", "/introspect")) as dovecot:
        dovecot.deliver(*(mail(f"mail {n}", Message_ID=f"<{n}@x.example>") for n in range(3)))
        port = dovecot.port if protocol == "imap" else dovecot.pop3_port
        chosen = {f"{protocol}_host": "127.0.0.1", f"{protocol}_port": port, f"{protocol}_tls": "none"}
        await _inbox(context, workspace, tokens, imap_start="all", **chosen)
        async with _watching(context):
            await _until(pipeline, "SELECT count(*) FROM messages", [(3,)])
            await _until(pipeline, "SELECT health FROM inboxes", [("ok",)])
    assert tokens.used_twice == []


async def test_a_token_that_ended_before_its_time_is_renewed_at_once(
    context: Context, workspace: Workspace, pipeline: Pipeline, tokens: TokenServer
) -> None:
    with running_dovecot(tokens.url.replace("/token", "/introspect")) as dovecot:
        dovecot.deliver(mail("one"))
        directory = _directory(context)
        inbox = await _inbox(
            context, workspace, tokens, imap_host="127.0.0.1", imap_port=dovecot.port, imap_tls="none", imap_start="all"
        )
        await directory.renewed(inbox, context.http)
        tokens.good.clear()
        async with _watching(context):
            await _until(pipeline, "SELECT text, i.health FROM messages, inboxes i", [("one", "ok")])
    assert (tokens.issued, tokens.used_twice) == (2, [])


class _TokenRelay(Relay):
    """A submission server that takes access tokens only."""

    def __init__(self, tokens: TokenServer) -> None:
        super().__init__()
        self.tokens = tokens

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        said = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        token = said.partition("auth=Bearer ")[2].rstrip("\x01")
        if token in self.tokens.good and said.startswith(f"user={USER}\x01"):
            return AuthResult(success=True, handled=False)
        await server.push("334 eyJzdGF0dXMiOiI0MDAifQ==")
        assert server._reader is not None
        await server._reader.readline()
        return AuthResult(success=False, handled=False)


async def test_revoked_holds_the_queue_and_goes_on_after_the_repair(
    context: Context, workspace: Workspace, pipeline: Pipeline, tokens: TokenServer
) -> None:
    relay = _TokenRelay(tokens)
    async with running_relay(relay, auth_require_tls=False):
        inbox = await _inbox(context, workspace, tokens, smtp_host="127.0.0.1", smtp_port=relay.port, smtp_tls="none")
        assert await pipeline.post(inbox, mail("Hello"), {"content-type": "message/rfc822"}) == 200
        await pipeline.process()
        conversation = await pipeline.one("SELECT id FROM conversations")
        directory = _directory(context)
        pump = OutboundPump(context.db.dsn, directory, context.http, context.storage)
        task = asyncio.create_task(pump.run())

        async def write(text: str) -> None:
            async with context.db.workspace(workspace.id) as tx:
                draft = MessageDraft(type="text", text=text, letter=Letter(subject="Hi"))
                await enqueue(tx, workspace.agent.principal, conversation["id"], draft)

        out = "SELECT status FROM messages WHERE direction = 'out' ORDER BY id"
        await write("first")
        await _until(pipeline, out, [("sent",)])
        # The provider takes the token back: it is renewed once, and the mail leaves all the same.
        tokens.good.clear()
        await write("second")
        await _until(pipeline, out, [("sent",), ("sent",)])
        # Now the right itself is gone.
        tokens.good.clear()
        tokens.revoked = True
        await write("third")
        await _until(pipeline, "SELECT health, held_reason FROM inboxes", [("attention", "sign_in_revoked")])
        notices = await pipeline.all("SELECT data ->> 'code' AS code FROM notices WHERE dismissed_at IS NULL")
        assert [row["code"] for row in notices] == ["sign_in_revoked"]
        await write("fourth")
        # A look at the account finds the same.
        await health.check(context.db, context.http, context.secrets, inbox.workspace_id, inbox.id)
        await _until(pipeline, out, [("sent",), ("sent",), ("queued",), ("queued",)])
        again = tokens.sign_in_again()
        async with running_programs(context) as web:
            owner = web.client(workspace.owner)
            answer = await owner.patch(f"/inboxes/{inbox.id}", {"credentials": {"refresh_token": again}})
            assert answer.status == 200, answer.body
        directory.forget()
        pump.wake()
        await _until(pipeline, out, [("sent",)] * 4)
        pump.stop()
        await task
    assert [m.get_payload(0).get_payload(decode=True).split()[0] for m in relay.mails()] == [  # type: ignore[union-attr]
        b"first",
        b"second",
        b"third",
        b"fourth",
    ]
    assert tokens.used_twice == []
