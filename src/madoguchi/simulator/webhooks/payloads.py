"""Building the JSON of webhooks: contacts, statuses and the envelope around a batch of updates."""

from dataclasses import dataclass
from typing import Any

from madoguchi.simulator import ids
from madoguchi.simulator.state import PHONE_REMEMBERED, Customer, Json, Message, Number, Thread, World

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


@dataclass(slots=True, frozen=True)
class Update:
    """One thing to tell. `kind` is the array it belongs to within `value`, or "" when `item`
    is the whole value. `order_key` names whose updates must stay in order among themselves."""

    waba_id: str
    number_id: str
    field: str
    kind: str
    item: Json
    contact: Json | None
    order_key: str
    at: float


def phone_visible(customer: Customer, thread: Thread, now: float) -> bool:
    """A user who hides the phone still shows it to numbers it was exchanged with within 30 days."""
    return not customer.hides_phone or now - thread.phone_exchanged_at < PHONE_REMEMBERED


def user_id(world: World, number: Number, customer: Customer) -> str:
    return ids.bsuid(
        world.portfolio_of(number),
        customer.id,
        customer.country,
        customer.generation,
    )


def contact(world: World, number: Number, customer: Customer, *, phone: bool, username: bool) -> Json:
    profile: Json = {"name": customer.name}
    if username and customer.username:
        profile["username"] = customer.username
    found: Json = {"profile": profile}
    if phone:
        found["wa_id"] = customer.wa_id
    found["user_id"] = user_id(world, number, customer)
    return found


def status(world: World, number: Number, customer: Customer, message: Message, at: float) -> Json:
    """One entry of `statuses[]`, without pricing and conversation."""
    failed = message.status == "failed"
    thread = world.thread(number.id, customer.id)
    item: Json = {"id": message.id, "status": message.status, "timestamp": str(int(at))}
    if message.to_phone or (not failed and phone_visible(customer, thread, at)):
        item["recipient_id"] = customer.wa_id
    if not (failed and message.to_phone):
        item["recipient_user_id"] = user_id(world, number, customer)
    if message.callback_data is not None:
        item["biz_opaque_callback_data"] = message.callback_data
    if message.errors:
        item["errors"] = message.errors
    return item


def error(code: int, title: str, details: str) -> Json:
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": HREF,
    }


def envelope(world: World, updates: list[Update]) -> Json:
    """The body for a batch, grouped by account and then by number, field and kind."""
    entries: dict[str, dict[tuple[str, ...], Any]] = {}
    times: dict[str, float] = {}
    for number, update in enumerate(updates):
        # An update that is a whole value never shares its change with another.
        single = "" if update.kind else str(number)
        changes = entries.setdefault(update.waba_id, {})
        key = (update.number_id, update.field, update.kind, single)
        _add(changes.setdefault(key, _value(world, update)), update)
        if not update.kind:
            times[update.waba_id] = update.at
    return {
        "object": "whatsapp_business_account",
        "entry": [_entry(waba, changes, times.get(waba)) for waba, changes in entries.items()],
    }


def _entry(waba_id: str, changes: dict[tuple[str, ...], Any], at: float | None) -> Json:
    entry: Json = {"id": waba_id}
    if at is not None:
        entry["time"] = int(at)
    entry["changes"] = [{"value": value, "field": key[1]} for key, value in changes.items()]
    return entry


def _value(world: World, update: Update) -> Json:
    if not update.kind:
        return dict(update.item)
    number = world.numbers[update.number_id]
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
    }


def _add(value: Json, update: Update) -> None:
    if not update.kind:
        return
    # Meta puts `contacts` before the array it belongs to.
    if update.contact:
        items = value.pop(update.kind, None)
        contacts = value.setdefault("contacts", [])
        if update.contact not in contacts[-1:]:
            contacts.append(update.contact)
        if items is not None:
            value[update.kind] = items
    value.setdefault(update.kind, []).append(update.item)
