"""A number that is also used in the WhatsApp Business app: echoes, contacts and history."""

from typing import TYPE_CHECKING

from madoguchi.simulator import ids, views
from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.state import DAY, Customer, Json, Message, Number
from madoguchi.simulator.webhooks import payloads
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

# Phase → how many days back it reaches.
PHASES = ((0, 1), (1, 90), (2, 180))
HISTORY_STATES = {"in": "READ", "accepted": "PENDING", "sent": "SENT", "delivered": "DELIVERED", "read": "READ",
                  "played": "PLAYED", "failed": "ERROR"}  # fmt: skip
CHUNK = 100


def write_from_app(sim: "Simulator", number: Number, customer: Customer, kind: str, content: Json) -> Message:
    """The owner writes in the phone app: the customer gets it, the business is told by an echo."""
    message = _from_app(sim, number, customer, kind, content)
    sim.world.add_message(message)
    sim.store.touch("messages", message.id)
    sim.feed.publish("message", views.message(sim, message))
    _echo(sim, number, customer, message, {"id": message.id, "type": kind, **content})
    return message


def revoke_from_app(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    """The owner deletes, for everyone, a message written in the app."""
    message.content["deleted"] = True
    sim.store.touch("messages", message.id)
    sim.feed.publish("message", views.message(sim, message))
    id_ = ids.wamid(customer.wa_id, ids.TO_CUSTOMER)
    item = {"id": id_, "type": "revoke", "revoke": {"original_message_id": message.id}}
    _echo(sim, number, customer, message, item)


def edit_from_app(sim: "Simulator", number: Number, customer: Customer, message: Message, text: str) -> None:
    message.content = {"text": {"body": text}, "edited": True}
    sim.store.touch("messages", message.id)
    sim.feed.publish("message", views.message(sim, message))
    id_ = ids.wamid(customer.wa_id, ids.TO_CUSTOMER)
    inner = {"context": {"id": message.id}, "type": "text", "text": {"body": text}}
    item = {"id": id_, "type": "edit", "edit": {"original_message_id": message.id, "message": inner}}
    _echo(sim, number, customer, message, item)


def _from_app(sim: "Simulator", number: Number, customer: Customer, kind: str, content: Json) -> Message:
    now = sim.clock.now()
    return Message(
        id=ids.wamid(customer.wa_id, ids.TO_CUSTOMER),
        number_id=number.id,
        customer_id=customer.id,
        direction="out",
        type=kind,
        content=content,
        at=now,
        status="delivered",
        from_app=True,
    )


def _echo(sim: "Simulator", number: Number, customer: Customer, message: Message, item: Json) -> None:
    now = sim.clock.now()
    visible = payloads.phone_visible(customer, sim.world.thread(number.id, customer.id), now)
    whole: Json = {"from": number.digits}
    if visible:
        whole["to"] = customer.wa_id
    whole["to_user_id"] = payloads.user_id(sim.world, number, customer)
    whole |= {"id": item["id"], "timestamp": str(int(now)), **item}
    contact = payloads.contact(sim.world, number, customer, phone=visible, username=True)
    _tell(sim, number, "smb_message_echoes", "message_echoes", whole, contact, message.customer_id)


def _tell(
    sim: "Simulator", number: Number, field: str, kind: str, item: Json, contact: Json | None, order: str
) -> None:
    key = f"{number.id}/{order}"
    sim.dispatcher.enqueue(Update(number.waba_id, number.id, field, kind, item, contact, key, sim.clock.now()))


def send_contacts(sim: "Simulator", number: Number) -> None:
    """The address book of the phone, once after onboarding."""
    for customer in sim.world.customers.values():
        if not customer.stranger:
            send_contact(sim, number, customer, "add")


def send_contact(sim: "Simulator", number: Number, customer: Customer, action: str) -> None:
    """`action`: add (also for a change) or remove."""
    contact = {"phone_number": customer.wa_id}
    if action == "add":
        contact = {"full_name": customer.name, "first_name": customer.name.split()[0], **contact}
    item = {
        "type": "contact",
        "contact": contact,
        "action": action,
        "metadata": {"timestamp": str(int(sim.clock.now()))},
    }
    _tell(sim, number, "smb_app_state_sync", "state_sync", item, None, "contacts")


def send_history(sim: "Simulator", number: Number, *, declined: bool = False) -> None:
    """Half a year of chats in three phases; or the error that says the owner keeps them."""
    if declined:
        item: Json = {"errors": [async_error(2593109, "History sharing is turned off by the business.")]}
        _tell(sim, number, "history", "history", item, None, "history")
        return
    now, newer = sim.clock.now(), -DAY
    for phase, days in PHASES:
        threads = _threads(sim, number, now - days * DAY, now - newer)
        metadata = {"phase": phase, "chunk_order": 1, "progress": [35, 70, 100][phase]}
        item = {"metadata": metadata, "threads": threads}
        _tell(sim, number, "history", "history", item, None, "history")
        newer = days * DAY


def _threads(sim: "Simulator", number: Number, since: float, before: float) -> list[Json]:
    found = []
    for customer in sim.world.customers.values():
        chat = [m for m in sim.world.chat(number.id, customer.id) if since <= m.at < before and m.type != "system"]
        if chat:
            messages = [_past(number, customer, message) for message in chat[-CHUNK:]]
            found.append({"id": customer.wa_id, "messages": messages})
    return found


def _past(number: Number, customer: Customer, message: Message) -> Json:
    inbound = message.direction == "in"
    item: Json = {"from": customer.wa_id if inbound else number.digits}
    if not inbound:
        item["to"] = customer.wa_id
    item |= {"id": message.id, "timestamp": str(int(message.at)), "type": message.type}
    if message.type in {"image", "video", "audio", "document", "sticker"}:
        # Files follow later, each in a webhook of its own.
        item["type"] = "media_placeholder"
    elif message.type in message.content:
        item[message.type] = message.content[message.type]
    state = "in" if inbound else message.status
    return item | {"history_context": {"status": HISTORY_STATES.get(state, "DELIVERED")}}
