"""One number on two channels is one person; what nobody vouched for never is."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.contacts import numbers
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.core.phone import one_number, written_forms
from madoguchi.db.pool import dedicated
from madoguchi.inbound.process import process, read_batch
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft
from tests.inbound.conftest import Pipeline
from tests.support.meta import text_message, webhook
from tests.support.world import Workspace, make_sms, make_workspace

NUMBER = "819011110001"
WAITING = (
    "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
)
IDENTITIES = "SELECT channel, kind, value, verified, contact_id FROM contact_identities ORDER BY channel, kind"


@pytest.fixture
async def sms(context: Context, workspace: Workspace) -> InboxConfig:
    return await make_sms(context.db, workspace.id)


async def _text(pipeline: Pipeline, inbox: InboxConfig, sender: str = f"+{NUMBER}") -> None:
    """A short message in the queue."""
    form = {"MessageSid": f"SM{new_id()}", "From": sender, "To": "+815012345678", "Body": "Hi", "NumMedia": "0"}
    url = f"/webhooks/{inbox.settings['webhook_key']}"
    signed = (url + "".join(name + value for name, value in sorted(form.items()))).encode()
    signature = base64.b64encode(hmac.new(b"token", signed, hashlib.sha1).digest()).decode()
    assert await pipeline.post(inbox, urlencode(form).encode(), {"X-Twilio-Signature": signature}) == 200


async def _chat(pipeline: Pipeline, inbox: InboxConfig, **changes: Any) -> None:
    assert await pipeline.post(inbox, webhook(text_message(**changes))) == 200


async def _people(pipeline: Pipeline) -> int:
    return len(await pipeline.all("SELECT id FROM contacts"))


@pytest.mark.parametrize("first", ["sms", "whatsapp"])
async def test_whichever_comes_first_the_other_finds_the_same_contact(
    pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig, first: str
) -> None:
    for channel in ("sms", "whatsapp") if first == "sms" else ("whatsapp", "sms"):
        await (_text(pipeline, sms) if channel == "sms" else _chat(pipeline, inbox))
        await pipeline.process()
    contact = await pipeline.one("SELECT id, name FROM contacts")
    assert contact["name"] == "Hanako"  # a short message brings no name; WhatsApp's is taken when it comes
    identities = await pipeline.all(IDENTITIES)
    assert [(row["channel"], row["kind"]) for row in identities] == [
        ("sms", "phone"),
        ("whatsapp", "bsuid"),
        ("whatsapp", "phone"),
    ]
    assert {row["contact_id"] for row in identities} == {contact["id"]}
    threads = await pipeline.all("SELECT inbox_id, contact_id FROM conversations")
    assert {row["inbox_id"] for row in threads} == {inbox.id, sms.id}
    assert len(threads) == 2
    told = await pipeline.all("SELECT subject_id FROM events WHERE type = 'contact.updated'")
    assert [row["subject_id"] for row in told] == [contact["id"]]


async def test_in_one_batch_too(pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig) -> None:
    for _ in range(2):
        await _text(pipeline, sms)
        await _chat(pipeline, inbox)
    await pipeline.process()
    assert await _people(pipeline) == 1
    assert len(await pipeline.all("SELECT id FROM conversations")) == 2


async def test_two_workers_at_the_same_moment_make_one_contact(
    context: Context, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig
) -> None:
    other = await dedicated(context.db.dsn)
    for number in range(10):
        await _text(pipeline, sms, f"+8190111100{number:02}")
        await _chat(pipeline, inbox, **{"from": f"8190111100{number:02}", "from_user_id": f"JP.{number}"})
        first, second = [[row] for row in await read_batch(pipeline.work, range(64), 2)]
        await asyncio.gather(
            process(pipeline.work, pipeline.directory, first), process(other, pipeline.directory, second)
        )
    await other.close()
    assert await _people(pipeline) == 10


async def test_the_second_waits_until_the_first_has_written(
    context: Context, pipeline: Pipeline, workspace: Workspace, inbox: InboxConfig, sms: InboxConfig
) -> None:
    """The same without luck: the number is held while the other channel's message comes."""
    await _text(pipeline, sms)
    contact_id = new_id()
    async with context.db.system() as tx:
        newcomer = numbers.Newcomer(workspace.id, "whatsapp", NUMBER)
        assert await numbers.meet(tx, [newcomer]) == [numbers.Known(meets=True)]
        working = asyncio.create_task(pipeline.process())
        async with asyncio.timeout(30):
            while not await (await tx.execute(WAITING)).fetchall():
                assert not working.done()
                await asyncio.sleep(0)
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at) VALUES (%s, %s, 'Ken', %s, %s)",
            (workspace.id, contact_id, clock.now(), clock.now()),
        )
        await _insert_identity(tx, workspace, contact_id, verified=True)
    await asyncio.wait_for(working, 30)
    assert {row["contact_id"] for row in await pipeline.all(IDENTITIES)} == {contact_id}


async def _insert_identity(tx: Any, workspace: Workspace, contact_id: Any, *, verified: bool, **row: Any) -> None:
    values = {"channel": "whatsapp", "kind": "phone", "value": NUMBER, "current": True, **row}
    await tx.execute(
        "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, current, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (workspace.id, new_id(), contact_id, *[values[k] for k in ("channel", "kind", "value")], verified,
         values["current"], clock.now()),
    )  # fmt: skip


async def _known(context: Context, workspace: Workspace, *, verified: bool, **row: Any) -> Any:
    contact_id = new_id()
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at) VALUES (%s, %s, 'Ken', %s, %s)",
            (workspace.id, contact_id, clock.now(), clock.now()),
        )
        await _insert_identity(tx, workspace, contact_id, verified=verified, **row)
    return contact_id


@pytest.mark.parametrize(
    "row",
    [
        {"verified": False},  # somebody typed it
        {"verified": True, "current": False},  # they have another number by now
        {"verified": True, "kind": "bsuid"},  # no telephone number at all
    ],
)
async def test_what_nobody_vouches_for_leads_nowhere(
    context: Context,
    workspace: Workspace,
    pipeline: Pipeline,
    inbox: InboxConfig,
    sms: InboxConfig,
    row: dict[str, Any],
) -> None:
    await _known(context, workspace, **row)
    await _text(pipeline, sms)
    await pipeline.process()
    assert await _people(pipeline) == 2


@pytest.mark.parametrize("sender", ["MyBank", "21212", "09011110001"])
async def test_names_short_codes_and_national_numbers_meet_nobody(
    context: Context, workspace: Workspace, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig, sender: str
) -> None:
    await _known(context, workspace, verified=True, value=sender)
    await _text(pipeline, sms, sender)
    await pipeline.process()
    assert await _people(pipeline) == 2


async def test_a_person_without_a_number_meets_nobody(pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig) -> None:
    await _text(pipeline, sms)
    await _chat(pipeline, inbox, **{"from": None})
    await pipeline.process()
    assert await _people(pipeline) == 2


async def test_who_has_another_address_there_is_left_alone(
    context: Context, workspace: Workspace, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig
) -> None:
    """A thread has one address: an answer must not leave for the other telephone."""
    contact_id = await _known(context, workspace, verified=True)
    async with context.db.system() as tx:
        await _insert_identity(tx, workspace, contact_id, verified=True, channel="sms", value="819099990009")
    await _text(pipeline, sms)
    await pipeline.process()
    assert await _people(pipeline) == 2


async def test_two_who_have_the_number_are_for_a_human_to_decide(
    context: Context, workspace: Workspace, pipeline: Pipeline, sms: InboxConfig, inbox: InboxConfig
) -> None:
    first = await _known(context, workspace, verified=True)
    second = await _known(context, workspace, verified=True, channel="email")
    await _text(pipeline, sms)
    await pipeline.process()
    assert await _people(pipeline) == 3
    async with context.db.system() as tx:
        await tx.execute("DELETE FROM contacts WHERE id <> ALL (%s)", ([first, second],))
        await tx.execute("UPDATE contacts SET merged_into = %s, survivor_id = %s WHERE id = %s", (first, first, second))
    await _text(pipeline, sms)
    await pipeline.process()
    assert await _people(pipeline) == 2  # merged, they are one


async def test_an_owner_may_switch_it_off(
    context: Context, workspace: Workspace, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig
) -> None:
    async with context.db.system() as tx:
        await tx.execute("UPDATE workspaces SET settings = %s", (Jsonb({"meet_numbers": False}),))
    await _text(pipeline, sms)
    await _chat(pipeline, inbox)
    await pipeline.process()
    assert await _people(pipeline) == 2


async def test_another_workspace_knows_nothing_of_it(
    context: Context, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig
) -> None:
    elsewhere = await make_workspace(context.db, "Other")
    await make_sms(context.db, elsewhere.id)
    await _known(context, elsewhere, verified=True)
    await _text(pipeline, sms)
    await pipeline.process()
    assert await _people(pipeline) == 2


async def test_writing_to_the_number_first_finds_the_contact_and_vouches_for_nothing(
    context: Context, workspace: Workspace, pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig
) -> None:
    contact_id = await _known(context, workspace, verified=True)
    async with context.db.workspace(workspace.id) as tx:
        draft = MessageDraft(type="text", text="hello")
        await send_to_address(tx, workspace.agent.principal, sms.id, f"+{NUMBER}", draft)
    known = {row["channel"]: (row["verified"], row["contact_id"]) for row in await pipeline.all(IDENTITIES)}
    assert known == {"sms": (False, contact_id), "whatsapp": (True, contact_id)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5215512345678", "525512345678"),  # Mexico
        ("5491123456789", "541123456789"),  # Argentina
        ("5511987654321", "551187654321"),  # Brazil
    ],
)
async def test_two_ways_of_writing_one_telephone(
    pipeline: Pipeline, inbox: InboxConfig, sms: InboxConfig, one: str, other: str
) -> None:
    assert one_number(one) == one_number(other) == other
    assert written_forms(other) == (other, one)
    await _chat(pipeline, inbox, **{"from": one})
    await pipeline.process()
    await _text(pipeline, sms, f"+{other}")
    await pipeline.process()
    assert await _people(pipeline) == 1
    assert {row["value"] for row in await pipeline.all(IDENTITIES) if row["kind"] == "phone"} == {one, other}


@pytest.mark.parametrize("number", ["551133334444", "5511912345678", NUMBER])
def test_other_numbers_have_one_way(number: str) -> None:
    """A Brazilian landline gets no ninth digit, and a mobile number that never was shorter loses none."""
    assert one_number(number) == number
    assert written_forms(number) == (number,)
