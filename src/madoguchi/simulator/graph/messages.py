"""`POST /<PNID>/messages`, with its checks in the order Meta makes them."""

import re
from typing import TYPE_CHECKING

from madoguchi.simulator import ids, limits, media, outbound
from madoguchi.simulator.graph import blocking, flows, goods, schema, template_send
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, invalid, missing
from madoguchi.simulator.state import DAY, Customer, Json, Message, Number, Template
from madoguchi.simulator.webhooks import payloads

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

TYPING_SECONDS = 25.0
READ_WITHIN = 30 * DAY
AUTH_TTL = 600.0
MEDIA_TYPES = {
    "image": ({"image/jpeg", "image/png"}, 5),
    "video": ({"video/mp4", "video/3gpp", "video/3gp"}, 16),
    "audio": ({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16),
    "sticker": ({"image/webp"}, 0.5),
    "document": (set[str](), 100),
}
MEGABYTE = 1024 * 1024
LONGEST_PREFIX = 3
# ISO country by calling code, as far as the seeded world and the pricing rules need it.
COUNTRIES = {"1": "US", "44": "GB", "55": "BR", "81": "JP", "86": "CN", "886": "TW", "91": "IN", "49": "DE"}


def send(call: Call, number: Number) -> tuple[Json, Message | None]:
    """The answer, and the message when one was accepted. Checks 1 and 2 are done by then."""
    sim, body = call.sim, call.params
    _check_rate(sim, number)
    if body.get("status"):
        return _mark_read(sim, number, body), None
    kind = schema.check(body)
    _check_number(sim, number)
    customer, to_phone = _recipient(sim, number, body)
    _check_recipient(sim, number, customer)
    template = _template(sim, number, body, to_phone=to_phone) if kind == "template" else None
    _check_marketing(call, number, template)
    _check_flow(sim, number, kind, body)
    _check_media(sim, number, kind, body)
    goods.check(sim, number, kind, body)
    _check_pair(sim, number, customer)
    _inject_error(call, number, customer, kind)
    _check_messaging_limit(sim, number, customer, kind)
    message = _message(call, number, customer, kind, template, to_phone=to_phone)
    outbound.accept(sim, number, customer, message, str(body.get("to") or body.get("recipient")))
    return _answer(sim, number, customer, message, body), message


def _check_rate(sim: "Simulator", number: Number) -> None:
    if not sim.throughput.take(number, sim.clock.flow()):
        raise GraphError(
            130429,
            "Cloud API message throughput has been reached.",
        )


def _check_number(sim: "Simulator", number: Number) -> None:
    waba = sim.world.wabas[number.waba_id]
    if not number.registered:
        raise GraphError(133010, "The account is not registered.")
    if number.maintenance_until > sim.clock.now():
        raise GraphError(131057, "The business account is being upgraded. Try again in a minute.")
    if waba.locked:
        raise GraphError(131031, "The business account has been locked.")
    if number.restricted:
        raise GraphError(number.restricted)


def _recipient(sim: "Simulator", number: Number, body: Json) -> tuple[Customer, bool]:
    """Who it goes to and whether by phone, which wins when both are given."""
    if body.get("to"):
        return find_by_phone(sim, number, str(body["to"])), True
    if not body.get("recipient"):
        raise missing("to")
    wanted = str(body["recipient"])
    for customer in sim.world.customers.values():
        if payloads.user_id(sim.world, number, customer) == wanted:
            return customer, False
    raise GraphError(131009, "recipient: this user id is not known to the business portfolio.")


def find_by_phone(sim: "Simulator", number: Number, to: str) -> Customer:
    digits = re.sub(r"\D", "", to)
    if not digits:
        raise invalid("to", "must be a phone number.")
    for candidate in (digits, number.country_code + digits.lstrip("0")):
        for customer in sim.world.customers.values():
            if candidate in {customer.wa_id, customer.phone}:
                return customer
    return stranger(sim, digits)


def stranger(sim: "Simulator", digits: str) -> Customer:
    country = next(
        (COUNTRIES[digits[:n]] for n in range(LONGEST_PREFIX, 0, -1) if digits[:n] in COUNTRIES),
        "ZZ",
    )
    return Customer(
        id=digits,
        phone=digits,
        wa_id=digits,
        name=f"+{digits}",
        country=country,
        on_whatsapp=sim.settings.strangers.on_whatsapp,
        stranger=True,
    )


def _check_recipient(sim: "Simulator", number: Number, customer: Customer) -> None:
    if customer.wa_id == number.digits:
        raise GraphError(131021, "The recipient phone number is the sender's.")
    if blocking.is_blocked(sim, number, customer):
        raise GraphError(130403, "The business has blocked this user.")


def _template(sim: "Simulator", number: Number, body: Json, *, to_phone: bool) -> Template:
    template = template_send.find(sim.world.templates_of(number.waba_id), body["template"])
    if template.category.upper() == "AUTHENTICATION" and not to_phone:
        raise GraphError(131062, "Authentication templates can be sent to phone numbers only.")
    body["template"]["rendered"] = template_send.fill(template, body["template"], sim.clock.now())
    return template


def _check_marketing(call: Call, number: Number, template: Template | None) -> None:
    """The endpoint for marketing takes nothing else; an account may have closed the other one to it."""
    marketing = template is not None and template.category.upper() == "MARKETING"
    if call.segments[1] == "marketing_messages":
        if template is None:
            raise GraphError(131055, "Only templates can be sent as marketing messages.")
        if not marketing:
            raise GraphError(134100, "Only marketing templates can be sent as marketing messages.")
    elif marketing and call.sim.world.wabas[number.waba_id].marketing_disabled:
        raise GraphError(131063, "Marketing templates are disabled on the Cloud API for this account.")


def _check_flow(sim: "Simulator", number: Number, kind: str, body: Json) -> None:
    if kind == "interactive" and body["interactive"]["type"] == "flow":
        given = body["interactive"]["action"]["parameters"]
        mode = str(given.get("mode") or "published")
        flows.check_sendable(sim, number.waba_id, given.get("flow_id") or given.get("flow_name"), mode)
    elif kind == "template":
        for button in body["template"]["rendered"]["buttons"]:
            if button["type"] == "FLOW":
                flows.check_sendable(sim, number.waba_id, button["flow"], "published")


def _check_media(sim: "Simulator", number: Number, kind: str, body: Json) -> None:
    if kind in MEDIA_TYPES and body[kind].get("id"):
        check_asset(sim, number, kind, str(body[kind]["id"]))
    rendered = body["template"]["rendered"] if kind == "template" else {}
    for place in (rendered, *rendered.get("cards", [])):
        header = place.get("header_media", {})
        if header.get("id"):
            form = place["header_format"].lower()
            check_asset(sim, number, "video" if form == "gif" else form, str(header["id"]))
    if kind == "interactive":
        for place in (body["interactive"], *(body["interactive"]["action"].get("cards") or [])):
            header = place.get("header") or {}
            part = header.get(header.get("type"))
            if isinstance(part, dict) and part.get("id"):
                check_asset(sim, number, header["type"], str(part["id"]))


def check_asset(sim: "Simulator", number: Number, kind: str, media_id: str) -> None:
    found = media.alive(sim, media_id)
    if not found or found.number_id != number.id:
        raise GraphError(131009, f"{kind}.id: media {media_id} does not exist, or belongs to another number.")
    mimes, megabytes = MEDIA_TYPES[kind]
    if mimes and found.mime.split(";")[0] not in mimes:
        raise GraphError(131053, f"{kind}: media of type {found.mime} is not supported.")
    if found.size > megabytes * MEGABYTE:
        raise GraphError(131053, f"{kind}: file size {found.size} exceeds the limit of {megabytes} MB.")


def _check_pair(sim: "Simulator", number: Number, customer: Customer) -> None:
    if not number.pair_limit:
        return
    thread = sim.world.thread(number.id, customer.id)
    allowed = limits.pair_allows(thread, sim.clock.flow())
    sim.world.keep_thread(thread)
    if not allowed:
        raise GraphError(131056, "Too many messages sent to this phone number in a short time.")


def _check_messaging_limit(sim: "Simulator", number: Number, customer: Customer, kind: str) -> None:
    rules = sim.settings.rules
    if rules.messaging_limit != "enforced" or kind != "template" or outbound.window_open(sim, number, customer):
        return
    portfolio = sim.world.portfolios[sim.world.portfolio_of(number)]
    if not sim.new_conversations.take(portfolio, customer.id, sim.clock.now()):
        raise GraphError(
            rules.messaging_limit_code,
            f"The business portfolio has reached its messaging limit ({portfolio.messaging_limit}) for 24 hours.",
        )


def _inject_error(call: Call, number: Number, customer: Customer, kind: str) -> None:
    fault = call.sim.faults.take("error_code", number=number.id, to=customer.wa_id, type=kind)
    if fault:
        call.fault = fault.name
        raise GraphError(int(fault.params["code"]))
    sync = call.sim.settings.rules.window_error == "sync"
    if sync and kind not in {"template", "reaction"} and not outbound.window_open(call.sim, number, customer):
        raise GraphError(131047, "More than 24 hours have passed since the customer last replied.")


def _message(
    call: Call,
    number: Number,
    customer: Customer,
    kind: str,
    template: Template | None,
    *,
    to_phone: bool,
) -> Message:
    body = call.params
    content: Json = {kind: body[kind]}
    ttl = 30 * DAY
    if template:
        content["rendered"] = body["template"].pop("rendered")
        ttl = _life(template)
    context = body.get("context") or {}
    return Message(
        id=ids.wamid(customer.wa_id, ids.TO_CUSTOMER),
        number_id=number.id,
        customer_id=customer.id,
        direction="out",
        type=kind,
        content=content,
        at=call.sim.clock.now(),
        context={"id": context["message_id"]} if context.get("message_id") else {},
        callback_data=body.get("biz_opaque_callback_data"),
        category=template.category.lower() if template else "service",
        to_phone=to_phone,
        ttl=ttl,
        status="held" if template and template.held else "accepted",
    )


def _life(template: Template) -> float:
    """How long Meta tries to deliver."""
    if template.ttl > 0:
        return template.ttl
    return AUTH_TTL if template.category.upper() == "AUTHENTICATION" and not template.ttl else 30 * DAY


def _answer(sim: "Simulator", number: Number, customer: Customer, message: Message, body: Json) -> Json:
    contact: Json = {"input": str(body.get("to") or body["recipient"])}
    if message.to_phone:
        contact["wa_id"] = customer.wa_id
    else:
        contact["user_id"] = payloads.user_id(sim.world, number, customer)
    accepted: Json = {"id": message.id}
    if message.type == "template":
        accepted["message_status"] = "held_for_quality_assessment" if message.status == "held" else "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [accepted]}


def _mark_read(sim: "Simulator", number: Number, body: Json) -> Json:
    """Read receipt, with a typing indicator if wished. Earlier messages become read with it."""
    schema.envelope(body)
    if body["status"] != "read":
        raise invalid("status", "must be read.")
    message_id = str(body.get("message_id") or "")
    if not message_id:
        raise missing("message_id")
    found = sim.world.messages.get(message_id)
    if not found:
        return _mark_stranger_read(message_id)
    if found.direction != "in" or found.number_id != number.id or sim.clock.now() - found.at > READ_WITHIN:
        raise invalid("message_id", "is not a message received by this number within 30 days.")
    _show_read(sim, number, found)
    indicator = body.get("typing_indicator")
    if indicator is not None:
        if indicator.get("type") != "text":
            raise invalid("typing_indicator.type", "must be text.")
        _show_typing(sim, number, found.customer_id)
    return {"success": True}


def _mark_stranger_read(message_id: str) -> Json:
    """Messages of a load test are not kept; their ids still tell whether they can be ours."""
    decoded = ids.read_wamid(message_id)
    if not decoded or decoded[1] != ids.TO_BUSINESS:
        raise invalid("message_id", "is not a message received by this number.")
    return {"success": True}


def _show_read(sim: "Simulator", number: Number, upto: Message) -> None:
    for message in sim.world.chat(number.id, upto.customer_id):
        if message.direction == "in" and message.status != "read" and message.at <= upto.at:
            message.status = "read"
            sim.store.touch("messages", message.id)
    sim.feed.publish("read", {"customer": upto.customer_id, "number": number.id, "id": upto.id})


def _show_typing(sim: "Simulator", number: Number, customer_id: str) -> None:
    thread = sim.world.thread(number.id, customer_id)
    thread.typing_until = sim.clock.flow() + TYPING_SECONDS
    sim.world.keep_thread(thread)
    sim.feed.publish("typing", {"customer": customer_id, "number": number.id, "seconds": TYPING_SECONDS})
