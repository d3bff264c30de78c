"""Figures Meta keeps of an account, counted from the chats as they are kept here."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.state import DAY, Json, Message, Template, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

# Seconds; a month is thirty days here.
STEPS = {"HALF_HOUR": DAY / 48, "DAY": DAY, "DAILY": DAY, "MONTH": 30 * DAY, "MONTHLY": 30 * DAY}
ASKED = re.compile(r"\b(analytics|conversation_analytics|pricing_analytics)((?:\.\w+\([^)]*\))+)")
ARGUMENT = re.compile(r"\.(\w+)\(([^)]*)\)")
ARRIVED = {"delivered", "read", "played"}
COMPARED = 2


def asked(call: Call, waba: Waba) -> Json:
    """The fields `analytics.start(…).end(…).granularity(…)` and its sisters of an account."""
    found: Json = {}
    for name, given in ASKED.findall(str(call.params.get("fields", ""))):
        found[name] = FIELDS[name](call.sim, waba, *_span(dict(ARGUMENT.findall(given))))
    return found


def _span(given: Json) -> tuple[int, int, str]:
    granularity = str(given.get("granularity", "DAY")).strip("\"'")
    try:
        start, end = int(given["start"]), int(given["end"])
    except (KeyError, ValueError, TypeError) as error:
        raise GraphError(100, message="(#100) start and end must be UNIX timestamps") from error
    if granularity not in STEPS or end <= start:
        raise GraphError(100, message="(#100) Param granularity or the span from start to end is not valid")
    return start, end, granularity


def _messages(sim: "Simulator", waba: Waba, start: int, end: int) -> Iterator[Message]:
    numbers = {number.id for number in sim.world.numbers_of(waba.id)}
    for message in sim.world.messages.values():
        if message.number_id in numbers and message.direction == "out" and start <= message.at < end:
            yield message


def _bucket(message: Message, start: int, granularity: str) -> tuple[int, int]:
    step = int(STEPS[granularity])
    begin = start + int(message.at - start) // step * step
    return begin, begin + step


def _sent(sim: "Simulator", waba: Waba, start: int, end: int, granularity: str) -> Json:
    sent, arrived = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for message in _messages(sim, waba, start, end):
        place = _bucket(message, start, granularity)
        sent[place] += 1
        arrived[place] += message.status in ARRIVED
    points = [{"start": p[0], "end": p[1], "sent": sent[p], "delivered": arrived[p]} for p in sorted(sent)]
    numbers = [number.digits for number in sim.world.numbers_of(waba.id)]
    return {"phone_numbers": numbers, "granularity": granularity, "data_points": points}


def _conversations(sim: "Simulator", waba: Waba, start: int, end: int, granularity: str) -> Json:
    talks = {
        (*_bucket(message, start, granularity), message.category, message.number_id, message.customer_id)
        for message in _messages(sim, waba, start, end)
        if message.status in ARRIVED
    }
    counted = Counter(talk[:4] for talk in talks)
    return _points(
        {"start": b, "end": e, "conversation": count, "conversation_category": category.upper(), "phone_number": _digits(sim, n)}
        for (b, e, category, n), count in sorted(counted.items())
    )  # fmt: skip


def _prices(sim: "Simulator", waba: Waba, start: int, end: int, granularity: str) -> Json:
    counted = Counter(
        (*_bucket(m, start, granularity), m.pricing["type"], m.pricing["category"], m.number_id)
        for m in _messages(sim, waba, start, end)
        if m.pricing and m.status in ARRIVED
    )
    return _points(
        {"start": b, "end": e, "pricing_type": kind.upper(), "pricing_category": category.upper(), "phone_number": _digits(sim, n), "volume": volume}
        for (b, e, kind, category, n), volume in sorted(counted.items())
    )  # fmt: skip


def _points(points: Iterable[Json]) -> Json:
    return {"data": [{"data_points": list(points)}]}


def _digits(sim: "Simulator", number_id: str) -> str:
    return sim.world.numbers[number_id].digits


FIELDS: dict[str, Callable[["Simulator", Waba, int, int, str], Json]] = {
    "analytics": _sent,
    "conversation_analytics": _conversations,
    "pricing_analytics": _prices,
}


def of_templates(call: Call, waba: Waba) -> Json:
    """`GET /<WABA>/template_analytics?start=&end=&granularity=DAILY&template_ids=[…]`."""
    start, end, granularity = _span(call.params)
    messages, points = list(_messages(call.sim, waba, start, end)), []
    for template in _named(call, waba, _ids(call.need("template_ids"))):
        counted: dict[tuple[int, int], Counter[str]] = {}
        for message in messages:
            if _is_of(message, template):
                counted.setdefault(_bucket(message, start, granularity), Counter()).update(_reached(message))
        points += [{"template_id": template.id, "start": p[0], "end": p[1], **_figures(counted[p])} for p in counted]
    return {"data": [{"granularity": granularity, "product_type": "cloud_api", "data_points": points}]}


def _reached(message: Message) -> list[str]:
    stages = ["sent"] if message.status != "failed" else []
    stages += ["delivered"] if message.status in ARRIVED else []
    return stages + (["read"] if message.status in {"read", "played"} else [])


def _figures(counted: Counter[str]) -> Json:
    return {stage: counted[stage] for stage in ("sent", "delivered", "read")}


def compare(call: Call, template: Template) -> Json:
    """`GET /<TEMPLATE>/compare?template_ids=…&start=&end=`: this template and one other of the account."""
    waba = call.sim.world.wabas[template.waba_id]
    start, end, _ = _span(call.params)
    both = [template, *_named(call, waba, _ids(call.need("template_ids")))]
    if len({each.id for each in both}) != COMPARED:
        raise GraphError(100, message="(#100) Exactly two templates can be compared")
    messages = list(_messages(call.sim, waba, start, end))
    sent = {each.id: [m for m in messages if _is_of(m, each)] for each in both}
    by_rate = sorted(sent, key=lambda id_: _block_rate(call.sim, sent[id_]))
    sends = [{"key": id_, "value": len(found)} for id_, found in sent.items()]
    reasons = [{"key": id_, "value": "UNKNOWN_BLOCK_REASON"} for id_ in sent]
    return {
        "data": [
            {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": by_rate},
            {"metric": "MESSAGE_SENDS", "type": "NUMBER_VALUES", "number_values": sends},
            {"metric": "TOP_BLOCK_REASON", "type": "STRING_VALUES", "string_values": reasons},
        ],
    }


def _block_rate(sim: "Simulator", sent: list[Message]) -> float:
    customers = [sim.world.customers.get(message.customer_id) for message in sent]
    return sum(1 for customer in customers if customer and customer.blocked) / max(1, len(sent))


def _is_of(message: Message, template: Template) -> bool:
    if message.type != "template":
        return False
    wanted = message.content["template"]
    return bool((wanted["name"], wanted["language"]["code"]) == (template.name, template.language))


def _ids(given: Any) -> list[str]:
    """Ids come as a JSON list or with commas between them."""
    text = str(given).strip()
    try:
        found = json.loads(text) if text.startswith("[") else text.split(",")
    except ValueError as error:
        raise GraphError(100, message="(#100) Param template_ids must be an array of ids") from error
    return [str(each).strip() for each in found]


def _named(call: Call, waba: Waba, ids: list[str]) -> list[Template]:
    known = {template.id: template for template in call.sim.world.templates_of(waba.id)}
    for id_ in ids:
        if id_ not in known:
            raise unknown_node(id_)
    return [known[id_] for id_ in ids]
