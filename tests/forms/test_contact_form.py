"""A form from publishing to the answer: on the simulated phone, through the encrypted exchange, into the contact."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.forms import Done, FormRequest, Screen
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.forms.contact_form import ContactForm
from madoguchi.simulator import seed
from tests.simulator.lab import NUMBER, Json, Lab, connect, open_lab
from tests.support.live import Programs, running_programs
from tests.support.meta import sign
from tests.support.threads import make_thread, write_inbound
from tests.support.world import Workspace, make_inbox


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        await connect(lab)
        yield lab


@pytest.fixture
async def shop(database: Database, workspace: Workspace, lab: Lab) -> InboxConfig:
    credentials = {
        "phone_number_id": seed.NUMBER,
        "business_account_id": seed.WABA,
        "access_token": seed.TOKEN,
        "app_secret": seed.APP_SECRET,
        "verify_token": seed.VERIFY_TOKEN,
    }
    return await make_inbox(database, workspace.id, graph_url=f"{lab.url}/graph", credentials=credentials)


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        msgspec.structs.force_setattr(context, "public_url", web.base)
        yield web


async def publish(web: Programs, workspace: Workspace, shop: InboxConfig) -> str:
    answer = await web.client(workspace.owner).post(f"/inboxes/{shop.id}/account/forms", {"name": "contact_form"})
    assert (answer.status, answer.body["status"]) == (201, "published"), answer.body
    form_id: str = answer.body["id"]
    return form_id


async def offer(lab: Lab, flow: str, token: str) -> str:
    """The form on the phone, as our message `token` brings it."""
    await lab.write()
    given = {"flow_message_version": "3", "flow_id": flow, "flow_cta": "Open", "flow_token": token}
    action = {"name": "flow", "parameters": {**given, "flow_action": "data_exchange"}}
    sent = await lab.send(
        {"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Hi"}, "action": action}}
    )
    assert sent.status_code == 200, sent.text
    await lab.quiet()
    wamid: str = sent.json()["messages"][0]["id"]
    return wamid


async def step(lab: Lab, wamid: str, kind: str, **more: Any) -> Json:
    return await lab.control("POST", "customers/hanako/flow", {"message_id": wamid, "step": kind, **more})


async def test_from_publishing_to_the_contact(
    web: Programs, workspace: Workspace, shop: InboxConfig, database: Database, lab: Lab
) -> None:
    form_id = await publish(web, workspace, shop)
    assert await publish(web, workspace, shop) == form_id  # once
    listed = (await web.client(workspace.owner).get(f"/inboxes/{shop.id}/account/forms")).body["items"]
    states = {each["name"]: each["status"] for each in listed}
    assert states == {"contact_form": "published", "madoguchi_contact_form": "published"}  # the account's own, and ours
    assert lab.sim.world.flows[seed.FLOW].endpoint == ""
    thread = await make_thread(database, shop)
    owner = web.client(workspace.owner)
    numeric = {"key": "contact_form_topic", "label": "Topic", "type": "number"}
    assert (await owner.post("/attributes", numeric)).status == 201
    ours = {"email": "checked@example.com", "name": "Yamada"}
    changed = await owner.ask("PATCH", f"/contacts/{thread.contact_id}", json={"attributes": ours})
    assert changed.status == 200, changed.body
    async with database.workspace(workspace.id) as tx:
        message_id = await write_inbound(tx, thread, direction="out", status="sent")
    wamid = await offer(lab, form_id, str(message_id))
    opened = await step(lab, wamid, "open")
    assert (opened["screen"], len(opened["data"]["topics"])) == ("ABOUT", 3)
    about = {"name": "花子", "email": "no address", "topic": "order"}
    again = await step(lab, wamid, "exchange", screen="ABOUT", data=about)
    assert (again["screen"], bool(again["data"]["error_message"])) == ("ABOUT", True)
    about["email"] = "hanako@example.com"
    assert (await step(lab, wamid, "exchange", screen="ABOUT", data=about))["screen"] == "DETAILS"
    done = await step(lab, wamid, "exchange", screen="DETAILS", data={**about, "message": "こんにちは"})
    assert done == {"done": True}
    await lab.quiet()
    answer = json.loads(lab.product.messages[-1]["interactive"]["nfm_reply"]["response_json"])
    assert answer == {"flow_token": str(message_id), **about, "message": "こんにちは"}
    contact = (await web.client(workspace.agent).get(f"/contacts/{thread.contact_id}")).body
    # What was there stays, the form's values stand beside it, and one that does not fit its definition is left out.
    theirs = {"contact_form_name": "花子", "contact_form_email": "hanako@example.com"}
    assert contact["attributes"] == {**ours, **theirs}


async def test_a_token_that_is_none_of_ours_ends_the_form(
    web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab
) -> None:
    lab.sim.world.flows.clear()
    wamid = await offer(lab, await publish(web, workspace, shop), str(new_id()))
    opened = await step(lab, wamid, "open")
    assert opened["error"] == "token", opened


async def test_strangers_and_wrong_keys_are_refused(
    web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab
) -> None:
    lab.sim.world.flows.clear()
    await publish(web, workspace, shop)
    url = f"{web.base}/webhooks/{shop.settings['webhook_key']}/flows/contact_form"
    for body, headers, status in (
        (b"{}", {}, 432),
        (b"{}", sign(b"{}", "another secret"), 432),
        (b"{}", sign(b"{}", seed.APP_SECRET), 421),
        (b"\xff" * 50, sign(b"\xff" * 50, seed.APP_SECRET), 421),
    ):
        async with web.session.post(url, data=body, headers=headers) as answer:
            assert answer.status == status, body
    async with web.session.get(url) as answer:
        assert answer.status == 405
    # A key that was changed behind the phone's back: it fetches the new one and goes on.
    lab.sim.flow_keys[NUMBER] = _another_key()
    (flow,) = lab.sim.world.flows.values()
    assert await lab.control("POST", f"flows/{flow.id}/ping") == {"ok": True}


def _another_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("screen", "data", "expected"),
    [
        ("ABOUT", {"name": " ", "topic": "order"}, "ABOUT"),
        ("ABOUT", {"name": "A", "topic": "magic"}, "ABOUT"),
        ("ABOUT", {"name": "A", "topic": "order", "email": ""}, "DETAILS"),
        ("DETAILS", {"name": "A", "topic": "order", "message": ""}, "DETAILS"),
        ("NOWHERE", {}, "ABOUT"),
        ("ABOUT", {"name": ["A"], "topic": 3}, "ABOUT"),
    ],
)
def test_what_is_missing_is_asked_again(screen: str, data: dict[str, Any], expected: str) -> None:
    answer = ContactForm().answer(FormRequest("submit", None, screen, data))
    assert isinstance(answer, Screen)
    assert answer.name == expected


def test_what_is_kept_is_what_was_given() -> None:
    data = {"name": "A", "topic": "order", "message": "hi", "email": ""}
    answer = ContactForm().answer(FormRequest("submit", None, "DETAILS", data))
    assert answer == Done({"name": "A", "topic": "order", "message": "hi"})
