"""What the customer hears of our reading, and files of a forgotten contact: the jobs behind the answers."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from procrastinate import JobContext

from madoguchi.contacts.jobs import delete_files
from madoguchi.context import Context
from madoguchi.conversations.jobs import mark_read
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.meta import Provider, running_provider
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace, make_inbox


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def thread(database: Database, workspace: Workspace, provider: Provider) -> Thread:
    return await make_thread(database, await make_inbox(database, workspace.id, graph_url=provider.url))


def job(context: Context) -> JobContext:
    return cast("JobContext", SimpleNamespace(additional_context={"context": context}))


async def run(context: Context, thread: Thread, message_id: Any, *, typing: bool) -> None:
    await mark_read(
        job(context),
        workspace_id=str(thread.inbox.workspace_id),
        conversation_id=str(thread.id),
        message_id=str(message_id),
        typing=typing,
    )


@pytest.mark.parametrize("typing", [False, True])
async def test_the_provider_is_told(
    context: Context, database: Database, provider: Provider, thread: Thread, *, typing: bool
) -> None:
    told: list[dict[str, Any]] = []

    async def answer(body: dict[str, Any]) -> Any:
        told.append(body)
        return await provider.accept(body)

    provider.answer = answer
    message_id = await receive(database, thread)
    await run(context, thread, message_id, typing=typing)
    assert [(each["status"], each["message_id"]) for each in told] == [("read", f"wamid.{message_id}")]
    assert ("typing_indicator" in told[0]) is typing


async def test_what_is_gone_or_fails_is_no_fault(
    context: Context, database: Database, provider: Provider, thread: Thread
) -> None:
    await run(context, thread, new_id(), typing=False)
    message_id = await receive(database, thread)
    provider.answer = Provider.error(131000, 500)
    await run(context, thread, message_id, typing=False)
    async with database.system() as tx:
        await tx.execute("UPDATE inboxes SET archived_at = now()")
    await run(context, thread, message_id, typing=False)


async def test_files_are_deleted_even_twice(context: Context) -> None:
    await context.storage.write("a/b", b"secret")
    for _ in range(2):
        await delete_files(job(context), keys=["a/b"])
    with pytest.raises(FileNotFoundError):
        await anext(context.storage.read("a/b"))
