"""Messages that are two things at once, and two that want one file."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from madoguchi.conversations.assignment import do_claim
from madoguchi.core import clock
from madoguchi.core.errors import Invalid, NotAssignee
from madoguchi.core.ids import new_id
from madoguchi.outbound.drafts import MessageDraft, ReactionChoice, TemplateChoice
from madoguchi.outbound.enqueue import enqueue
from tests.outbound.conftest import Desk, add_conversation


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reaction", ReactionChoice(new_id(), "👍")),
        ("template", TemplateChoice("booking", "en_US")),
        ("media_id", new_id()),
        ("location", {"latitude": 1, "longitude": 2}),
        ("interactive", {"kind": "buttons"}),
    ],
)
async def test_a_message_is_one_thing(desk: Desk, field: str, value: Any) -> None:
    """A text with a reaction was sent without the event that shows it on a screen."""
    with pytest.raises(Invalid) as refused:
        await desk.send(MessageDraft(type="text", text="hi", **{field: value}))
    assert refused.value.errors[0].field == field


async def test_whoever_was_first_is_named_also_to_those_who_waited(desk: Desk) -> None:
    first = desk.workspace.agent2.principal
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await do_claim(tx, first, desk.conversation_id)
        late = asyncio.create_task(desk.write("late"))
        await asyncio.sleep(0.3)  # it waits for the row
    with pytest.raises(NotAssignee) as refused:
        await late
    assert refused.value.extra["assignee"] == {"id": first.agent_id, "name": "Ravi"}


async def test_one_upload_goes_with_one_message(desk: Desk) -> None:
    media_id = await _upload(desk)
    other = await add_conversation(desk.context, desk.inbox, "819011110009")
    draft = MessageDraft(type="image", media_id=media_id)
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await enqueue(tx, desk.workspace.agent.principal, desk.conversation_id, draft)
        late = asyncio.create_task(desk.send(draft, conversation=other))
        await asyncio.sleep(0.3)  # it waits for the file
    with pytest.raises(Invalid):
        await late
    assert len(await desk.all("SELECT * FROM messages")) == 1


async def _upload(desk: Desk) -> UUID:
    media_id = new_id()
    await desk.do(
        "INSERT INTO media (workspace_id, id, state, name, content_type, size, storage_key, created_at)"
        " VALUES (%s, %s, 'stored', 'a.png', 'image/png', 10, 'k', %s)",
        desk.workspace.id,
        media_id,
        clock.now(),
    )
    return media_id
