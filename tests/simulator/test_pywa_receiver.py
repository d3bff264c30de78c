"""An outsider listens: every webhook the simulator sends passes pywa's signature check and parser."""

from collections.abc import Iterator
from typing import Any

import pytest
from pywa import handlers
from pywa.client import WhatsApp
from pywa.types.account_update import AccountUpdate, AccountUpdateEvent
from pywa.types.callback import CallbackButton, CallbackSelection
from pywa.types.flows import FlowCompletion
from pywa.types.message import (
    DeletedMessage,
    EditedMessage,
    Message,
    OutgoingDeletedMessage,
    OutgoingEditedMessage,
    OutgoingMessage,
)
from pywa.types.message_status import MessageStatus, MessageStatusType
from pywa.types.others import MessageType
from pywa.types.system import PhoneNumberChange
from pywa.types.user_preferences import UserMarketingPreferences

from madoguchi.simulator import seed
from tests.simulator.lab import NUMBER, Lab
from tests.simulator.pywa_bridge import client


class Listener:
    """pywa with a handler for everything, which collects what it was handed."""

    def __init__(self, lab: Lab, wa: WhatsApp) -> None:
        self.lab, self.wa = lab, wa
        self.heard: list[Any] = []
        kinds = (
            handlers.MessageHandler,
            handlers.CallbackButtonHandler,
            handlers.CallbackSelectionHandler,
            handlers.MessageStatusHandler,
            handlers.PhoneNumberChangeHandler,
            handlers.TemplateStatusUpdateHandler,
            handlers.TemplateQualityUpdateHandler,
            handlers.TemplateCategoryUpdateHandler,
            handlers.TemplateComponentsUpdateHandler,
            handlers.UserMarketingPreferencesHandler,
            handlers.FlowCompletionHandler,
            handlers.CallPermissionUpdateHandler,
            handlers.EditedMessageHandler,
            handlers.DeletedMessageHandler,
            handlers.OutgoingMessageHandler,
            handlers.OutgoingEditedMessageHandler,
            handlers.OutgoingDeletedMessageHandler,
            handlers.AccountUpdateHandler,
        )
        wa.add_handlers(*(kind(lambda _, update: self.heard.append(update)) for kind in kinds))

    async def hear(self) -> list[Any]:
        """Hand over the webhooks that came since the last time."""
        await self.lab.quiet()
        for hook in self.lab.product.hooks:
            assert self.wa.webhook_update_validator(hook.body, hook.signature) is None
            assert self.wa.webhook_update_handler(hook.body) == ("ok", 200)
        self.lab.product.hooks.clear()
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
async def listener(lab: Lab) -> Listener:
    # pywa looks at the first update of a body only.
    await lab.settings(webhooks={"batch_max": 1})
    return Listener(lab, client(lab.url))


@pytest.fixture(autouse=True)
def _close(listener: Listener) -> Iterator[None]:
    yield
    listener.wa.api._session.close()


@pytest.mark.parametrize("escape", ["ascii", "slashes", "utf8"])
async def test_text(lab: Lab, listener: Listener, escape: str) -> None:
    await lab.settings(webhooks={"escape": escape})
    await lab.write(text="珈琲 1/2")
    [message] = await listener.hear()
    assert isinstance(message, Message)
    assert message.type is MessageType.TEXT
    assert message.text == "珈琲 1/2"
    assert message.from_user.wa_id == "819011110001"
    assert message.from_user.name == "佐藤 花子"
    assert str(message.from_user.bsuid).startswith("JP.")


async def test_a_forged_body_is_refused(lab: Lab, listener: Listener) -> None:
    await lab.fault("webhook_bad_signature", next=1)
    await lab.write()
    await lab.quiet()
    forged, true = lab.product.hooks
    assert listener.wa.webhook_update_validator(forged.body, forged.signature) == ("Forbidden", 403)
    assert listener.wa.webhook_update_validator(true.body, true.signature) is None


@pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
async def test_media(lab: Lab, listener: Listener, kind: str) -> None:
    await lab.write(type=kind, caption="look")
    [message] = await listener.hear()
    media = message.media
    assert media.id
    assert media.sha256
    if kind in {"image", "video", "document"}:
        assert message.caption == "look"
    if kind in {"audio", "voice"}:
        assert media.voice is (kind == "voice")


async def test_location_contacts_order_and_the_unsupported(lab: Lab, listener: Listener) -> None:
    for kind in ("location", "contacts", "order", "unsupported"):
        await lab.write(type=kind)
    place, cards, order, strange = await listener.hear()
    assert place.location.name == "Yokohama Station"
    assert cards.contacts[0].name.formatted_name == "Ken Tanaka"
    assert order.order.products[0].quantity == 2
    assert strange.type is MessageType.UNSUPPORTED
    assert strange.error.code == 131051


async def test_reaction(lab: Lab, listener: Listener) -> None:
    await lab.write()
    wamid = await lab.send_text()
    await listener.hear()
    await lab.write(type="reaction", message_id=wamid, emoji="🙏")
    await lab.write(type="reaction", message_id=wamid)
    given, taken = await listener.hear()
    assert (given.reaction.emoji, given.reaction.message_id) == ("🙏", wamid)
    assert taken.reaction.emoji is None


async def test_replies_and_forwards(lab: Lab, listener: Listener) -> None:
    await lab.write()
    wamid = await lab.send_text()
    await listener.hear()
    await lab.write(reply_to=wamid)
    await lab.write(forwarded=True)
    await lab.write(forwarded="often")
    reply, once, often = await listener.hear()
    assert reply.reply_to_message.id == wamid
    assert once.forwarded
    assert often.forwarded_many_times


async def test_taps(lab: Lab, listener: Listener) -> None:
    await lab.write()
    reply = {"type": "reply", "reply": {"id": "yes", "title": "Yes"}}
    buttons = {"type": "button", "body": {"text": "?"}, "action": {"buttons": [reply]}}
    rows = {"title": "A", "rows": [{"id": "r", "title": "Row"}]}
    menu = {"type": "list", "body": {"text": "?"}, "action": {"button": "Menu", "sections": [rows]}}
    for interactive in (buttons, menu):
        answer = await lab.send({"type": "interactive", "interactive": interactive})
        await listener.hear()
        wamid = answer.json()["messages"][0]["id"]
        await lab.control("POST", "customers/hanako/tap", {"message_id": wamid, "choice": 0})
        [tapped] = await listener.hear()
        if interactive is buttons:
            assert isinstance(tapped, CallbackButton)
            assert (tapped.data, tapped.title) == ("yes", "Yes")
        else:
            assert isinstance(tapped, CallbackSelection)
            assert (tapped.data, tapped.title) == ("r", "Row")
        assert tapped.reply_to_message.id == wamid


async def test_statuses(lab: Lab, listener: Listener) -> None:
    await lab.write()
    await listener.hear()
    await lab.send_text(biz_opaque_callback_data="row-9")
    await lab.quiet()
    await lab.control("POST", "customers/hanako/read", {})
    heard = await listener.hear()
    assert all(isinstance(s, MessageStatus) for s in heard)
    assert [s.status for s in heard] == [MessageStatusType.SENT, MessageStatusType.DELIVERED, MessageStatusType.READ]
    assert {s.tracker for s in heard} == {"row-9"}
    assert heard[0].pricing.model == "PMP"


async def test_hidden_phones(lab: Lab, listener: Listener) -> None:
    await lab.write("priya")
    [message] = await listener.hear()
    assert message.from_user.wa_id is None
    assert str(message.from_user.bsuid).startswith("IN.")
    assert message.from_user.username == "priya.n"


async def test_a_changed_number(lab: Lab, listener: Listener) -> None:
    await lab.write()
    [before] = await listener.hear()
    await lab.write(type="system", phone="819055556666")
    [change] = await listener.hear()
    assert isinstance(change, PhoneNumberChange)
    assert change.new_wa_id == "819055556666"
    await lab.write()
    [after] = await listener.hear()
    assert after.from_user.wa_id == "819055556666"
    assert after.from_user.bsuid != before.from_user.bsuid


async def test_template_news(lab: Lab, listener: Listener) -> None:
    template = (await lab.control("GET", "templates"))["data"][0]
    await lab.control("PATCH", f"templates/{template['id']}", {"quality": "RED", "status": "PAUSED"})
    quality, status = await listener.hear()
    assert quality.new_quality_score == "RED"
    assert status.new_status == "PAUSED"


async def test_edits_and_deletions(lab: Lab, listener: Listener) -> None:
    sent = await lab.write(text="at seven")
    await lab.write(type="edit", message_id=sent["id"], text="at eight")
    await lab.write(type="revoke", message_id=sent["id"])
    _, edited, deleted = await listener.hear()
    assert isinstance(edited, EditedMessage)
    assert (edited.original_message_id, edited.message.text) == (sent["id"], "at eight")
    assert isinstance(deleted, DeletedMessage)
    assert deleted.original_message_id == sent["id"]


async def test_echoes_of_the_phone_app(lab: Lab, listener: Listener) -> None:
    sent = await lab.control("POST", "customers/hanako/echo", {"text": "From my phone"})
    await lab.control("POST", "customers/hanako/echo", {"message_id": sent["id"], "text": "Edited"})
    await lab.control("POST", "customers/hanako/echo", {"message_id": sent["id"], "revoke": True})
    written, edited, deleted = await listener.hear()
    assert isinstance(written, OutgoingMessage)
    assert written.text == "From my phone"
    assert isinstance(edited, OutgoingEditedMessage)
    assert isinstance(deleted, OutgoingDeletedMessage)


@pytest.mark.parametrize("field", ["account_update"])
async def test_news_of_the_account(lab: Lab, listener: Listener, field: str) -> None:
    known = (await lab.control("GET", "announcements"))["data"]
    for name in (name for name, its in known.items() if its == field):
        await lab.control("POST", "announcements", {"name": name})
        [update] = await listener.hear()
        assert isinstance(update, AccountUpdate)
        assert update.event != AccountUpdateEvent.UNKNOWN


async def test_template_categories_and_words(lab: Lab, listener: Listener) -> None:
    template = next(t for t in (await lab.control("GET", "templates"))["data"] if t["name"] == "booking_reminder")
    await lab.control("PATCH", f"templates/{template['id']}", {"category": "MARKETING"})
    body = {"type": "BODY", "text": "See you soon at the harbour."}
    await lab.graph("POST", template["id"], {"components": [body]})
    category, words = await listener.hear()
    assert category.new_category == "MARKETING"
    assert words.template_element == "See you soon at the harbour."


async def test_marketing_preferences(lab: Lab, listener: Listener) -> None:
    await lab.control("PATCH", "customers/hanako", {"marketing_stopped": True})
    [stopped] = await listener.hear()
    assert isinstance(stopped, UserMarketingPreferences)
    assert stopped.value == "stop"


async def test_forms_and_call_permissions(lab: Lab, listener: Listener) -> None:
    await lab.write()
    given = {"flow_message_version": "3", "flow_id": seed.FLOW, "flow_cta": "Open", "flow_token": "t-1"}
    interactive = {"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": given}}
    sent = (await lab.send({"type": "interactive", "interactive": interactive})).json()["messages"][0]["id"]
    await listener.hear()
    step = {"message_id": sent, "step": "complete", "data": {"name": "Hanako"}}
    await lab.control("POST", "customers/hanako/flow", step)
    [filled] = await listener.hear()
    assert isinstance(filled, FlowCompletion)
    assert (filled.token, filled.response["name"]) == ("t-1", "Hanako")


async def test_advertisements(lab: Lab, listener: Listener) -> None:
    await lab.write(referral=True)
    [message] = await listener.hear()
    assert message.referral.source_type == "ad"
    assert message.referral.headline == "Autumn beans are here"


async def test_every_announcement_is_taken(lab: Lab, listener: Listener) -> None:
    """Those it has no type for, too: it answers 200 and hands over nothing."""
    for name in (await lab.control("GET", "announcements"))["data"]:
        await lab.control("POST", "announcements", {"name": name})
        await lab.quiet()
        assert lab.product.hooks, name
        await listener.hear()


@pytest.mark.parametrize(
    "name",
    [
        "standby",
        "unknown_kind",
        "file_too_large",
        "limit_raised",
        "quality_drop",
        "name_declined",
        "message_unavailable",
        "forwarded_often",
        "phone_shared",
        "user_id_changed",
    ],
)
async def test_rare_kinds_are_taken(lab: Lab, listener: Listener, name: str) -> None:
    await lab.control("POST", f"scenarios/{name}", {"customer": "hanako"})
    await lab.quiet()
    assert lab.product.hooks
    await listener.hear()


async def test_contacts_and_history_of_the_app_are_taken(lab: Lab, listener: Listener) -> None:
    await lab.write()
    await lab.control("PATCH", f"numbers/{NUMBER}", {"on_biz_app": True})
    await listener.hear()
    for kind in ("smb_app_state_sync", "history"):
        body = {"messaging_product": "whatsapp", "sync_type": kind}
        assert (await lab.graph("POST", f"{NUMBER}/smb_app_data", body)).status_code == 200
        await lab.quiet()
        assert lab.product.hooks, kind
        await listener.hear()
