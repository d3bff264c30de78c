"""Who may write, and what: decided when the message is written, by one statement and one policy function."""

import asyncio
from datetime import timedelta

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.errors import (
    ChannelDown,
    ConsentMissing,
    Invalid,
    NotAssignee,
    NotFound,
    OptedOut,
    Problem,
    WindowClosed,
)
from madoguchi.core.ids import new_id
from madoguchi.outbound.drafts import MessageDraft, TemplateChoice
from tests.outbound.conftest import Desk, add_conversation, add_template
from tests.support.world import make_workspace

BOOKING = TemplateChoice("booking", "en_US", {"1": "Hanako", "2": "19:00"})


async def test_a_message_is_queued_with_its_event(desk: Desk) -> None:
    message_id = await desk.write("welcome")
    message = await desk.message(message_id)
    assert (message["status"], message["text"], message["author_kind"]) == ("queued", "welcome", "agent")
    assert (await desk.one("SELECT message_id FROM outbox"))["message_id"] == message_id
    assert {e["type"] for e in await desk.all("SELECT type FROM events")} == {
        "message.created",
        "conversation.updated",
    }


async def test_who_writes_where_nobody_is_takes_the_conversation(desk: Desk) -> None:
    await desk.write()
    row = await desk.one("SELECT assignee_id, claim FROM conversations")
    assert row == {"assignee_id": desk.workspace.agent.id, "claim": 1}


async def test_twenty_agents_write_at_once_where_nobody_is(desk: Desk) -> None:
    writers = [desk.workspace.agent.principal, desk.workspace.agent2.principal] * 10
    answers = await asyncio.gather(*(desk.write(by=w) for w in writers), return_exceptions=True)
    refused = [a for a in answers if isinstance(a, NotAssignee)]
    assert len(refused) == 10
    authors = await desk.all("SELECT DISTINCT author_id FROM messages")
    assert len(authors) == 1


async def test_only_the_assignee_may_write(desk: Desk) -> None:
    await desk.assign(desk.workspace.agent.id)
    with pytest.raises(NotAssignee) as refused:
        await desk.write(by=desk.workspace.agent2.principal)
    assert refused.value.extra["assignee"] == {"id": desk.workspace.agent.id, "name": "Emma"}
    with pytest.raises(NotAssignee):
        await desk.write(by=desk.workspace.owner.principal)
    assert await desk.all("SELECT * FROM messages") == []


async def test_a_stale_claim_is_refused_even_for_the_assignee(desk: Desk) -> None:
    await desk.assign(desk.workspace.agent.id)
    claim = (await desk.one("SELECT claim FROM conversations"))["claim"]
    await desk.assign(desk.workspace.agent2.id)
    await desk.assign(desk.workspace.agent.id)
    with pytest.raises(NotAssignee):
        await desk.write(claim=claim)
    await desk.write(claim=claim + 2)


async def test_a_take_over_and_a_reply_at_once_end_in_one_order(desk: Desk) -> None:
    await desk.assign(desk.workspace.agent.id)
    claim = (await desk.one("SELECT claim FROM conversations"))["claim"]
    for _ in range(10):
        await asyncio.gather(desk.write(claim=claim), desk.assign(desk.workspace.agent2.id), return_exceptions=True)
        with pytest.raises(NotAssignee):
            await desk.write(claim=claim)
    assert len(await desk.all("SELECT * FROM messages")) <= 1


async def test_free_text_after_the_window_is_refused_and_says_what_is_allowed(desk: Desk) -> None:
    late = await add_conversation(desk.context, desk.inbox, "819022220002", open_hours=-1)
    with pytest.raises(WindowClosed) as refused:
        await desk.send(MessageDraft(type="text", text="hi"), conversation=late)
    assert refused.value.extra["allowed"] == ["template"]
    assert refused.value.extra["closed_at"] < clock.now()
    await add_template(desk.context, desk.inbox)
    sent = await desk.send(MessageDraft(type="template", template=BOOKING), conversation=late)
    assert (await desk.message(sent))["text"] == "Hello Hanako, your table is booked for 19:00."


async def test_variables_may_come_as_a_list(desk: Desk) -> None:
    await add_template(desk.context, desk.inbox)
    choice = TemplateChoice("booking", "en_US", ["Hanako", "19:00"])
    sent = await desk.message(await desk.send(MessageDraft(type="template", template=choice)))
    assert sent["text"] == "Hello Hanako, your table is booked for 19:00."
    assert sent["data"]["template"]["variables"] == {"1": "Hanako", "2": "19:00"}


@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "PAUSED", "DISABLED"])
async def test_a_template_that_is_not_approved_is_refused(desk: Desk, status: str) -> None:
    await add_template(desk.context, desk.inbox, status=status)
    with pytest.raises(Invalid) as refused:
        await desk.send(MessageDraft(type="template", template=BOOKING))
    assert refused.value.errors[0].field == "template.name"


@pytest.mark.parametrize("variables", [{}, {"1": "a"}, {"1": "a", "2": ""}, {"1": "a", "2": "b", "3": "c"}, {"x": "y"}])
async def test_a_template_with_wrong_variables_is_refused(desk: Desk, variables: dict[str, str]) -> None:
    await add_template(desk.context, desk.inbox)
    choice = TemplateChoice("booking", "en_US", variables)
    with pytest.raises(Invalid) as refused:
        await desk.send(MessageDraft(type="template", template=choice))
    assert refused.value.errors[0].field.startswith("template")
    assert await desk.all("SELECT * FROM messages") == []


async def test_a_withdrawn_consent_stops_marketing_and_nothing_else(desk: Desk) -> None:
    await add_template(desk.context, desk.inbox, name="offer", category="MARKETING")
    await add_template(desk.context, desk.inbox)
    for state in ("granted", "withdrawn"):
        await desk.do(
            "INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, created_at)"
            " SELECT workspace_id, %s, contact_id, 'whatsapp', 'marketing', %s, 'test', %s FROM conversations",
            new_id(),
            state,
            clock.now(),
        )
    with pytest.raises(OptedOut):
        await desk.send(MessageDraft(type="template", template=TemplateChoice("offer", "en_US", BOOKING.variables)))
    await desk.send(MessageDraft(type="template", template=BOOKING))


async def test_marketing_needs_a_recorded_consent_unless_the_inbox_says_otherwise(desk: Desk) -> None:
    await add_template(desk.context, desk.inbox, name="offer", category="MARKETING")
    offer = MessageDraft(type="template", template=TemplateChoice("offer", "en_US", BOOKING.variables))
    with pytest.raises(ConsentMissing):
        await desk.send(offer)
    await desk.do("UPDATE inboxes SET settings = settings || '{\"require_marketing_consent\": false}'")
    await desk.send(offer)


@pytest.mark.parametrize("purpose", ["marketing", "all"])
async def test_a_recorded_consent_lets_marketing_through(desk: Desk, purpose: str) -> None:
    await add_template(desk.context, desk.inbox, name="offer", category="MARKETING")
    await desk.do(
        "INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, created_at)"
        " SELECT workspace_id, %s, contact_id, 'whatsapp', %s, 'granted', 'test', %s FROM conversations",
        new_id(),
        purpose,
        clock.now(),
    )
    await desk.send(MessageDraft(type="template", template=TemplateChoice("offer", "en_US", BOOKING.variables)))


async def test_the_files_a_message_names_go_with_it_once_each(desk: Desk) -> None:
    files = [new_id(), new_id()]
    for file in files:
        await desk.do(
            "INSERT INTO media (workspace_id, id, name, content_type, size, sha256, storage_key, state, created_at)"
            " SELECT workspace_id, %s, 'f.png', 'image/png', 6, '', %s, 'stored', %s FROM conversations",
            file,
            str(file),
            clock.now(),
        )
    link = {"display_text": "Open", "url": "https://example.com/"}
    cards = [{"header": {"type": "image", "media_id": str(file)}, **link} for file in (*files, files[0])]
    shown = {"kind": "carousel", "body": "New", "cards": cards}
    message_id = await desk.send(MessageDraft(type="interactive", interactive=shown))
    rows = await desk.all("SELECT id FROM media WHERE message_id = %s ORDER BY position", message_id)
    assert [row["id"] for row in rows] == files


async def test_a_file_that_was_never_uploaded_is_refused(desk: Desk) -> None:
    header = {"type": "image", "media_id": str(new_id())}
    shown = {"kind": "cta_url", "body": "b", "header": header, "display_text": "Open", "url": "https://example.com/"}
    with pytest.raises(Invalid):
        await desk.send(MessageDraft(type="interactive", interactive=shown))


async def test_an_inbox_that_is_down_says_so(desk: Desk) -> None:
    await desk.do("UPDATE inboxes SET health = 'down'")
    with pytest.raises(ChannelDown):
        await desk.write()


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (MessageDraft(type="text"), "text"),
        (MessageDraft(type="text", text="   "), "text"),
        (MessageDraft(type="text", text="x" * 4097), "text"),
        (MessageDraft(type="image"), "media_id"),
        (MessageDraft(type="image", media_id=new_id()), "media_id"),
        (MessageDraft(type="template"), "template"),
        (MessageDraft(type="template", template=TemplateChoice("none", "en")), "template.name"),
        (MessageDraft(type="text", text="x", reply_to=new_id()), "reply_to"),
        (MessageDraft(type="location", location={}), "location"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type,
)
async def test_what_the_provider_would_refuse_names_its_field(desk: Desk, draft: MessageDraft, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.send(draft)
    assert refused.value.errors[0].field == field
    assert await desk.all("SELECT * FROM outbox") == []


async def test_4096_characters_are_sent_whatever_they_are(desk: Desk) -> None:
    for character in ("x", "あ", "👍"):
        await desk.write(character * 4096)


async def test_another_workspace_has_no_such_conversation(desk: Desk, inbox: InboxConfig) -> None:
    stranger = await make_workspace(desk.context.db, "Elsewhere")
    with pytest.raises(NotFound):
        await desk.send(MessageDraft(type="text", text="x"), by=stranger.owner.principal)


async def test_a_scheduled_message_waits(desk: Desk) -> None:
    message_id = await desk.write(send_at=clock.now() + timedelta(hours=1))
    assert (await desk.message(message_id))["status"] == "scheduled"


async def test_every_refusal_is_a_problem_with_a_code() -> None:
    codes = {c.code for c in Problem.__subclasses__()}
    assert {"not_assignee", "already_claimed", "window_closed", "opted_out", "consent_missing", "channel_down"} <= codes
