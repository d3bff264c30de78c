"""What customers send: building the message as a webhook tells it, and opening the window."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import ids, media, samples, views
from madoguchi.simulator.clock import from_rfc3339
from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.state import Customer, Json, Media, Message, Number
from madoguchi.simulator.webhooks import payloads
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

TOO_LARGE = 100 * 1024 * 1024


class Unsendable(ValueError):
    """The customer cannot send this; the text says why."""


@dataclass(slots=True)
class Draft:
    """A message about to be sent by a customer."""

    type: str
    content: Json
    context: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    at: float | None = None


def send(sim: "Simulator", number: Number, customer: Customer, draft: Draft) -> Message:
    """Deliver the message to the business. Raises Unsendable when the two have parted ways."""
    if customer.blocked:
        raise Unsendable("the customer has blocked this business")
    if customer.wa_id in number.blocked or payloads.user_id(sim.world, number, customer) in number.blocked:
        raise Unsendable("the business has blocked this customer")
    message = _book(sim, number, customer, draft)
    item = _item(sim, number, customer, message, draft.extra)
    _enqueue(sim, number, customer, message, item)
    return message


def flood(sim: "Simulator", number: Number, customer: Customer, text: str) -> None:
    """A text from somebody who is not kept: for load tests, where only the webhook matters."""
    now = sim.clock.now()
    thread = sim.world.thread(number.id, customer.id)
    thread.last_inbound = thread.phone_exchanged_at = now
    sim.world.keep_thread(thread)
    message = Message(
        ids.wamid(customer.wa_id, ids.TO_BUSINESS, hex_digits=32),
        number.id,
        customer.id,
        "in",
        "text",
        {"text": {"body": text}},
        now,
    )
    _enqueue(sim, number, customer, message, _item(sim, number, customer, message, {}))


def draft(sim: "Simulator", number: Number, request: Json) -> Draft:
    """A draft from the JSON of the control API. Raises Unsendable naming what does not fit."""
    kind = str(request.get("type", "text"))
    maker = _MAKERS.get(kind)
    if maker is None:
        raise Unsendable(f"unknown type {kind!r}; known are {', '.join(sorted(_MAKERS))}")
    type_, content = maker(sim, number, request)
    found = Draft(type_, content, context=_context(number, request), extra=_extra(request))
    if type_ == "unsupported":
        found.extra["errors"] = [async_error(int(request.get("code", 131051)))]
    if "at" in request:
        found.at = from_rfc3339(str(request["at"]))
    elif "seconds_ago" in request:
        found.at = sim.clock.now() - float(request["seconds_ago"])
    return found


def change_number(sim: "Simulator", number: Number, customer: Customer, request: Json) -> Message:
    """The customer moves to another phone number, told in one of the two documented shapes."""
    old_phone, old_id = customer.wa_id, payloads.user_id(sim.world, number, customer)
    customer.generation += 1
    new_id = payloads.user_id(sim.world, number, customer)
    if request.get("only_user_id"):
        system: Json = {"type": "user_changed_user_id", "user_id": new_id, "previous_user_id": old_id}
        system["body"] = f"User {customer.name} changed from {old_id} to {new_id}"
    else:
        customer.phone = customer.wa_id = str(request.get("phone") or f"8190{random.randint(10**7, 10**8 - 1)}")
        system = {
            "type": "user_changed_number",
            "wa_id": customer.wa_id,
            "user_id": new_id,
            "body": f"User {customer.name} changed from {old_phone} to {customer.wa_id}",
        }
        if request.get("with_previous", True):
            system["previous_user_id"] = old_id
    sim.store.touch("customers", customer.id)
    sim.feed.publish("customer", views.customer(sim, customer))
    message = _book(sim, number, customer, Draft("system", {"system": system}))
    item: Json = {"id": message.id, "timestamp": str(int(message.at)), "type": "system", "system": system}
    if system["type"] == "user_changed_number":
        item = {"from": old_phone, **item}
    item["from_user_id"] = old_id
    # System messages come without a `contacts` array.
    _put(sim, number, customer, message, item, None)
    return message


def _book(sim: "Simulator", number: Number, customer: Customer, draft_: Draft) -> Message:
    now = sim.clock.now()
    message = Message(
        id=ids.wamid(customer.wa_id, ids.TO_BUSINESS, hex_digits=ids.INBOUND_HEX[customer.device]),
        number_id=number.id,
        customer_id=customer.id,
        direction="in",
        type=draft_.type,
        content=draft_.content,
        at=now if draft_.at is None else draft_.at,
        status="sent",
        context=draft_.context,
    )
    _open_window(sim, message, draft_)
    dropped = sim.world.add_message(message)
    for id_ in filter(None, (message.id, dropped)):
        sim.store.touch("messages", id_)
    if message.type == "reaction":
        _attach_reaction(sim, message)
    sim.throughput.take(number, sim.clock.flow(), force=True)
    sim.feed.publish("message", views.message(sim, message))
    return message


def _open_window(sim: "Simulator", message: Message, draft_: Draft) -> None:
    rules = sim.settings.rules
    opens = {
        "system": False,
        "reaction": rules.reaction_opens_window,
        "unsupported": rules.unsupported_opens_window,
    }.get(message.type, True)
    thread = sim.world.thread(message.number_id, message.customer_id)
    if opens:
        thread.last_inbound = max(thread.last_inbound, message.at)
    if "referral" in draft_.extra:
        thread.entry_point_at = message.at
    customer = sim.world.customers.get(message.customer_id)
    if customer and not customer.hides_phone:
        thread.phone_exchanged_at = message.at
    sim.world.keep_thread(thread)
    sim.store.touch("threads", (thread.number_id, thread.customer_id))


def _attach_reaction(sim: "Simulator", reaction: Message) -> None:
    body = reaction.content["reaction"]
    target = sim.world.messages.get(body["message_id"])
    if not target:
        return
    if body.get("emoji"):
        target.reactions["customer"] = body["emoji"]
    else:
        target.reactions.pop("customer", None)
    sim.store.touch("messages", target.id)
    sim.feed.publish("message", views.message(sim, target))


def _item(sim: "Simulator", number: Number, customer: Customer, message: Message, extra: Json) -> Json:
    item: Json = {}
    if payloads.phone_visible(customer, sim.world.thread(number.id, customer.id), message.at):
        item["from"] = customer.wa_id
    item["from_user_id"] = payloads.user_id(sim.world, number, customer)
    item |= {"id": message.id, "timestamp": str(int(message.at)), "type": message.type}
    if message.context:
        item["context"] = message.context
    return item | message.content | extra


def _enqueue(sim: "Simulator", number: Number, customer: Customer, message: Message, item: Json) -> None:
    contact = payloads.contact(sim.world, number, customer, phone="from" in item, username=True)
    _put(sim, number, customer, message, item, contact)


def _put(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    message: Message,
    item: Json,
    contact: Json | None,
) -> None:
    order = f"{number.id}/{customer.id}"
    sim.dispatcher.enqueue(
        Update(number.waba_id, number.id, "messages", "messages", item, contact, order, message.at),
    )


def _context(number: Number, request: Json) -> Json:
    context: Json = {}
    if request.get("reply_to"):
        context = {"from": number.digits, "id": str(request["reply_to"])}
    if request.get("product"):
        context["referred_product"] = request["product"]
    if request.get("forwarded"):
        context["frequently_forwarded" if request["forwarded"] == "often" else "forwarded"] = True
    return context


def _extra(request: Json) -> Json:
    if not request.get("referral"):
        return {}
    if isinstance(request["referral"], dict):
        return {"referral": request["referral"]}
    return {
        "referral": {
            "source_url": "https://fb.me/minato-autumn",
            "source_id": "120210000000000001",
            "source_type": "ad",
            "headline": "Autumn beans are here",
            "body": "Freshly roasted by the harbour.",
            "media_type": "image",
            "image_url": "https://scontent.example/minato-autumn.jpg",
            "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4XvnO2E4",
        },
    }


def _text(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("text", "")
    body = given.get("body", "") if isinstance(given, dict) else str(given)
    if not body:
        raise Unsendable("a text needs words")
    return "text", {"text": {"body": body}}


def _media_maker(kind: str, sample: str, *, voice: bool | None = None) -> Any:  # noqa: ANN401
    def make(sim: "Simulator", number: Number, request: Json) -> tuple[str, Json]:
        found = _attached(sim, number, request, sample)
        part: Json = {"mime_type": found.mime, "sha256": found.sha256, "id": found.id}
        part["url"] = media_url(sim, found)
        if kind == "audio":
            part["voice"] = bool(request.get("voice")) if voice is None else voice
        if kind == "document":
            part["filename"] = request.get("filename") or found.filename
        if kind == "sticker":
            part["animated"] = bool(request.get("animated", False))
        if request.get("caption") and kind in {"image", "video", "document"}:
            part = {"caption": str(request["caption"]), **part}
        return kind, {kind: part}

    return make


def _attached(sim: "Simulator", number: Number, request: Json, sample: str) -> Media:
    if request.get("media_id"):
        uploaded = sim.world.media.get(str(request["media_id"]))
        if not uploaded:
            raise Unsendable("no such media_id")
        return uploaded
    try:
        data, mime, filename = samples.make(str(request.get("sample") or sample))
    except KeyError as error:
        raise Unsendable(f"no such sample; there are {', '.join(samples.NAMES)}") from error
    name = str(request.get("filename") or filename)
    return media.store(sim, number.id, data, mime, filename=name, life=media.INBOUND_LIFE)


def media_url(sim: "Simulator", found: Media) -> str:
    """The short-lived address, good for five minutes of virtual time."""
    expires = int(sim.clock.now() + 300)
    return f"{sim.url}/whatsapp_business/attachments/?mid={found.id}&ext={expires}&hash={ids.trace_id()}"


def _location(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("location") or {
        "latitude": 35.4437,
        "longitude": 139.6380,
        "name": "Yokohama Station",
        "address": "2 Chome-16-1 Takashima, Nishi Ward, Yokohama",
    }
    return "location", {"location": given}


def _contacts(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("contacts") or [
        {
            "name": {"formatted_name": "Ken Tanaka", "first_name": "Ken", "last_name": "Tanaka"},
            "phones": [{"phone": "+81 90 1234 0000", "wa_id": "819012340000", "type": "CELL"}],
            "emails": [{"email": "ken@example.com", "type": "WORK"}],
        },
    ]
    return "contacts", {"contacts": given}


def _reaction(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    if not request.get("message_id"):
        raise Unsendable("a reaction needs message_id")
    body: Json = {"message_id": str(request["message_id"])}
    if request.get("emoji"):
        body["emoji"] = str(request["emoji"])
    return "reaction", {"reaction": body}


def _order(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("order") or {
        "catalog_id": "400000000000001",
        "text": "Could you hold these until Friday?",
        "product_items": [
            {"product_retailer_id": "beans-house-200", "quantity": 2, "item_price": 1200, "currency": "JPY"},
            {"product_retailer_id": "dripper-01", "quantity": 1, "item_price": 2400, "currency": "JPY"},
        ],
    }
    return "order", {"order": given}


def _unsupported(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    return "unsupported", {"unsupported": {"type": str(request.get("unsupported", "poll_creation"))}}


def _button(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("button")
    if not isinstance(given, dict) or "text" not in given:
        raise Unsendable("button needs text, and payload unless it is the same")
    return "button", {"button": {"payload": given.get("payload", given["text"]), "text": given["text"]}}


def _interactive(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("interactive")
    if not isinstance(given, dict) or given.get("type") not in given:
        raise Unsendable("interactive needs type and the object named by it")
    return "interactive", {"interactive": given}


def _raw(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    """Any type at all, such as one that does not exist yet."""
    content = request.get("content")
    if not isinstance(content, dict) or not request.get("as"):
        raise Unsendable("raw needs `as` (the type) and `content` (its keys)")
    return str(request["as"]), content


_MAKERS: dict[str, Any] = {
    "text": _text,
    "image": _media_maker("image", "image"),
    "video": _media_maker("video", "video"),
    "audio": _media_maker("audio", "audio"),
    "voice": _media_maker("audio", "voice", voice=True),
    "document": _media_maker("document", "document"),
    "sticker": _media_maker("sticker", "sticker"),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
    "unsupported": _unsupported,
    "button": _button,
    "interactive": _interactive,
    "raw": _raw,
}
