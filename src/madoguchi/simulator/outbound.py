"""What becomes of a message the business sent: accepted, sent, delivered, read; or failed."""

import random
from typing import TYPE_CHECKING

import aiohttp

from madoguchi.simulator import media, pricing, views
from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.state import DAY, ENTRY_POINT_WINDOW, Customer, Json, Message, Number, Template, Thread
from madoguchi.simulator.webhooks import payloads
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

REACTION_LIFE = 30 * DAY
LINK_TIMEOUT = 10.0
LINK_LIMIT = 100 * 1024 * 1024
FIRST_VERSION_WITHOUT_CONVERSATION = 24

Held = tuple[Number, Customer, Message]


def accept(sim: "Simulator", number: Number, customer: Customer, message: Message, to: str) -> None:
    """Book the message and set its further life in motion; nothing of it happens at once."""
    # Writing takes the conversations over.
    number.standby = False
    sim.sent.add(message.id, to, message.callback_data, message.type, message.at)
    thread = sim.world.thread(number.id, customer.id)
    if message.to_phone and not customer.stranger:
        thread.phone_exchanged_at = message.at
    thread.typing_until = 0.0
    if not customer.stranger:
        _keep(sim, thread, message)
    fault = sim.faults.take("async_error_code", number=number.id, to=customer.wa_id, type=message.type)
    failure = async_error(int(fault.params["code"])) if fault else _failure(sim, number, customer, message)
    if message.status == "held" and not failure:
        sim.held.append((number, customer, message))
        return
    message.status = "accepted"
    if not failure and media.linked_parts(message):
        sim.dispatcher.spawn(_fetch_links(sim, number, customer, message))
        return
    _later(sim, "sent", _leave, number, customer, message, failure)


def release_held(sim: "Simulator", template: Template) -> None:
    """The template is good enough: what was held leaves now."""
    for number, customer, message in _take_held(sim, template):
        message.status = "accepted"
        _later(sim, "sent", _leave, number, customer, message, None)


def drop_held(sim: "Simulator", template: Template) -> None:
    """It is not: what was held fails."""
    words = f"template {template.name} was paused and its held messages dropped"
    for number, customer, message in _take_held(sim, template):
        message.status = "accepted"
        _later(sim, "sent", _leave, number, customer, message, async_error(132015, words))


def _take_held(sim: "Simulator", template: Template) -> list[Held]:
    def is_of(held: Held) -> bool:
        wanted = held[2].content["template"]
        return bool(wanted["name"] == template.name and wanted["language"]["code"] == template.language)

    found = [held for held in sim.held if is_of(held)]
    sim.held = [held for held in sim.held if not is_of(held)]
    return found


def leave_now(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    """The `sent` status without any wait, for the fault that overtakes the HTTP answer."""
    _leave(sim, number, customer, message, None)


def deliver_waiting(sim: "Simulator", customer: Customer) -> None:
    """The phone came online: what waited for it arrives."""
    for number in list(sim.world.numbers.values()):
        for message in sim.world.chat(number.id, customer.id):
            if message.direction == "out" and message.status == "sent" and message.type != "reaction":
                _later(sim, "delivered", _arrive, number, customer, message)


def resume(sim: "Simulator") -> None:
    """After a restart, carry on with messages that were on their way."""
    for message in list(sim.world.messages.values()):
        number = sim.world.numbers.get(message.number_id)
        customer = sim.world.customers.get(message.customer_id)
        if message.direction == "out" and number and customer and message.status in {"accepted", "held"}:
            message.status = "accepted"
            failure = _failure(sim, number, customer, message)
            _later(sim, "sent", _leave, number, customer, message, failure)
    for customer in sim.world.customers.values():
        if customer.online:
            deliver_waiting(sim, customer)


def open_chat(sim: "Simulator", customer: Customer, number: Number) -> None:
    """The customer looks at the chat: everything delivered in it is seen, and told if allowed."""
    for message in sim.world.chat(number.id, customer.id):
        if message.direction == "out" and message.status == "delivered" and not message.seen:
            _see(sim, number, customer, message)


def play(sim: "Simulator", customer: Customer, message: Message) -> None:
    """The customer plays a voice message for the first time."""
    number = sim.world.numbers[message.number_id]
    if message.content.get("audio", {}).get("voice") and message.status == "read":
        _set_status(sim, number, customer, message, "played")


def _keep(sim: "Simulator", thread: Thread, message: Message) -> None:
    sim.world.keep_thread(thread)
    sim.store.touch("threads", (thread.number_id, thread.customer_id))
    dropped = sim.world.add_message(message)
    sim.store.touch("messages", message.id)
    if dropped:
        sim.store.touch("messages", dropped)


def _failure(sim: "Simulator", number: Number, customer: Customer, message: Message) -> Json | None:
    """Why this message will not arrive, by the rules of Meta that show only after acceptance."""
    unreachable = not customer.on_whatsapp or customer.blocked
    if unreachable:
        return async_error(131026, "Message Undeliverable.")
    if message.type == "template":
        return _template_failure(sim, number, customer, message)
    if message.type == "reaction":
        return _reaction_failure(sim, message)
    if not window_open(sim, number, customer):
        return async_error(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer "
            "last replied to this number.",
        )
    return None


def window_open(sim: "Simulator", number: Number, customer: Customer) -> bool:
    if sim.settings.rules.window == "open" or (customer.stranger and sim.settings.strangers.window_open):
        return True
    return sim.world.thread(number.id, customer.id).window_open(sim.clock.now())


def _template_failure(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    message: Message,
) -> Json | None:
    if not sim.world.wabas[number.waba_id].payment_ok:
        return async_error(
            131042, "Message failed to send because there were one or more errors related to your payment method."
        )
    if message.category != "marketing":
        return None
    return _marketing_failure(sim, number, customer)


def _marketing_failure(sim: "Simulator", number: Number, customer: Customer) -> Json | None:
    if customer.marketing_stopped:
        return async_error(131050)
    if customer.marketing_capped:
        return async_error(131049, "This message was not delivered to maintain healthy ecosystem engagement.")
    if customer.in_experiment and not window_open(sim, number, customer):
        return async_error(130472)
    if sim.settings.rules.us_marketing_paused and customer.country == "US":
        return async_error(131049, "Marketing templates are not delivered to US numbers.")
    return None


def _reaction_failure(sim: "Simulator", message: Message) -> Json | None:
    target = sim.world.messages.get(message.content["reaction"]["message_id"])
    if not target or target.direction != "in" or target.type == "reaction":
        return async_error(131009, "The reaction's message_id is not a message received from this user.")
    if message.at - target.at > REACTION_LIFE:
        return async_error(131009, "The message reacted to is older than 30 days.")
    return None


async def _fetch_links(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    failure = None
    try:
        for part in media.linked_parts(message):
            await _fetch(sim, number, part)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        failure = async_error(131053, f"Downloading media from weblink failed: {type(error).__name__}")
    _later(sim, "sent", _leave, number, customer, message, failure)


async def _fetch(sim: "Simulator", number: Number, part: Json) -> None:
    link, timeout = part["link"], aiohttp.ClientTimeout(total=LINK_TIMEOUT)
    async with sim.dispatcher.session.get(link, timeout=timeout) as response:
        response.raise_for_status()
        data = await response.content.read(LINK_LIMIT)
        mime = response.content_type
    stored = media.store(sim, number.id, data, mime, filename=link.rsplit("/", 1)[-1][:80])
    part["id"] = stored.id


def _later(sim: "Simulator", stage: str, action: object, *args: object) -> None:
    low, high = getattr(sim.settings.latency, stage)
    sim.scheduler.after(random.uniform(low, high), action, sim, *args)  # type: ignore[arg-type]


def _leave(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    message: Message,
    failure: Json | None,
) -> None:
    if message.status != "accepted":
        return
    if failure:
        message.errors = [failure]
        _set_status(sim, number, customer, message, "failed")
        return
    _open_entry_point(sim, number, customer, message)
    thread = sim.world.thread(number.id, customer.id)
    if message.type != "reaction":
        now = sim.clock.now()
        message.pricing = pricing.block(sim.settings.rules, number, thread, message.category, now)
    _set_status(sim, number, customer, message, "sent")
    if message.type == "reaction":
        _attach_reaction(sim, message)
    elif customer.online:
        _later(sim, "delivered", _arrive, number, customer, message)


def _arrive(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    # The phone may have gone offline meanwhile, and Meta gives up in silence after the TTL.
    if message.status != "sent" or not customer.online or sim.clock.now() - message.at > message.ttl:
        return
    skip = sim.faults.take("skip_delivered", number=number.id, to=customer.wa_id)
    looking = customer.open_chat == number.id
    if skip or (looking and random.random() < sim.settings.latency.skip_delivered):
        message.status = "delivered"
        _show(sim, customer, message)
    else:
        _set_status(sim, number, customer, message, "delivered")
    if looking:
        _later(sim, "read", _see, number, customer, message)
    elif customer.stranger and sim.settings.strangers.read_after is not None:
        sim.scheduler.after(sim.settings.strangers.read_after, _see, sim, number, customer, message)


def _see(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    if message.seen or message.status != "delivered":
        return
    message.seen = True
    if customer.read_receipts:
        _set_status(sim, number, customer, message, "read")
    else:
        _show(sim, customer, message)


def _set_status(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    message: Message,
    status: str,
) -> None:
    message.status = status
    _show(sim, customer, message)
    now = sim.clock.now()
    item = payloads.status(sim.world, number, customer, message, now)
    _add_pricing(sim, number, customer, message, item)
    contact = None
    if status != "failed":
        thread = sim.world.thread(number.id, customer.id)
        visible = message.to_phone or payloads.phone_visible(customer, thread, now)
        named = status != "sent"
        contact = payloads.contact(sim.world, number, customer, phone=visible, username=named)
    order = f"{number.id}/{customer.id}"
    sim.dispatcher.enqueue(
        Update(number.waba_id, number.id, "messages", "statuses", item, contact, order, now),
    )


def _add_pricing(
    sim: "Simulator",
    number: Number,
    customer: Customer,
    message: Message,
    item: Json,
) -> None:
    if not message.pricing or message.status not in {"sent", "delivered"}:
        return
    thread = sim.world.thread(number.id, customer.id)
    habits = sim.settings.webhooks
    old = int(habits.version.lstrip("v").split(".")[0]) < FIRST_VERSION_WITHOUT_CONVERSATION
    free_entry = pricing.entry_point_open(thread, sim.clock.now())
    if free_entry or old or habits.conversation_always:
        until = thread.entry_point_until if free_entry else thread.last_inbound + DAY
        conversation: Json = {"id": f"{thread.customer_id}{int(thread.last_inbound)}"}
        if message.status == "sent":
            conversation["expiration_timestamp"] = str(int(until))
        conversation["origin"] = {"type": message.pricing["category"]}
        item["conversation"] = conversation
    item["pricing"] = message.pricing


def _open_entry_point(sim: "Simulator", number: Number, customer: Customer, message: Message) -> None:
    """A reply within a day of an advertisement's first message starts three free days."""
    thread = sim.world.thread(number.id, customer.id)
    waiting = thread.entry_point_at > 0 and message.at - thread.entry_point_at < DAY
    if waiting and thread.entry_point_until < thread.entry_point_at:
        thread.entry_point_until = message.at + ENTRY_POINT_WINDOW


def _attach_reaction(sim: "Simulator", reaction: Message) -> None:
    body = reaction.content["reaction"]
    target = sim.world.messages.get(body["message_id"])
    if not target:
        return
    if body.get("emoji"):
        target.reactions["business"] = body["emoji"]
    else:
        target.reactions.pop("business", None)
    _show(sim, sim.world.customers.get(target.customer_id), target)


def _show(sim: "Simulator", customer: Customer | None, message: Message) -> None:
    if customer is None or customer.stranger:
        return
    sim.store.touch("messages", message.id)
    if sim.feed.heard:
        sim.feed.publish("message", views.message(sim, message))
