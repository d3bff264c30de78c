"""What customers send: building the message as a webhook tells it, and opening the window."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from madoguchi.simulator import ids, views
from madoguchi.simulator.graph.blocking import is_blocked
from madoguchi.simulator.state import Customer, Json, Message, Number
from madoguchi.simulator.webhooks import payloads
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


class UnsendableError(ValueError):
    """The customer cannot send this; the text says why, the reason does so to a program."""

    def __init__(self, words: str, reason: str = "impossible") -> None:
        self.reason = reason
        super().__init__(words)


@dataclass(slots=True)
class Draft:
    """A message about to be sent by a customer."""

    type: str
    content: Json
    context: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    at: float | None = None


def send(sim: "Simulator", number: Number, customer: Customer, draft: Draft) -> Message:
    """Deliver the message to the business. Raises UnsendableError when the two have parted ways."""
    if customer.blocked:
        raise UnsendableError("the customer has blocked this business", "blocked")
    if is_blocked(sim, number, customer):
        raise UnsendableError("the business has blocked this customer", "blocked_by_business")
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


def tell(sim: "Simulator", number: Number, customer: Customer, item: Json) -> None:
    """A webhook about the customer that is no message in the chat; `item` has id and type."""
    now = sim.clock.now()
    whole: Json = {}
    if payloads.phone_visible(customer, sim.world.thread(number.id, customer.id), now):
        whole["from"] = customer.wa_id
    whole |= {"from_user_id": payloads.user_id(sim.world, number, customer), "timestamp": str(int(now)), **item}
    contact = payloads.contact(sim.world, number, customer, phone="from" in whole, username=True)
    _put(sim, number, customer, now, whole, contact)


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
    _put(sim, number, customer, message.at, item, None)
    return message


def tell_preference(sim: "Simulator", customer: Customer) -> None:
    """The customer turned the switch "offers and announcements" in the chat's settings: each number hears of it."""
    now = sim.clock.now()
    for number in list(sim.world.numbers.values()):
        phone = payloads.phone_visible(customer, sim.world.thread(number.id, customer.id), now)
        stops = customer.marketing_stopped
        item: Json = {"wa_id": customer.wa_id} if phone else {}
        item |= {
            "user_id": payloads.user_id(sim.world, number, customer),
            "detail": f"User requested to {'stop' if stops else 'resume'} marketing messages",
            "category": "marketing_messages",
            "value": "stop" if stops else "resume",
            "timestamp": int(now),
        }
        contact = payloads.contact(sim.world, number, customer, phone=phone, username=True)
        order = f"{number.id}/{customer.id}"
        field = "user_preferences"
        sim.dispatcher.enqueue(Update(number.waba_id, number.id, field, field, item, contact, order, now))


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
    _put(sim, number, customer, message.at, item, contact)


def _put(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    at: float,
    item: Json,
    contact: Json | None,
) -> None:
    order = f"{number.id}/{customer.id}"
    # Who does not handle the conversation gets a copy on another field.
    field = "standby" if number.standby else "messages"
    sim.dispatcher.enqueue(Update(number.waba_id, number.id, field, "messages", item, contact, order, at))
