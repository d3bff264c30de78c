"""A customer fills in a Flow: opening, going on, going back, and the answer at its end."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import inbound
from madoguchi.simulator.flows import endpoint
from madoguchi.simulator.flows.endpoint import EndpointError
from madoguchi.simulator.inbound import Draft, UnsendableError
from madoguchi.simulator.state import Customer, Flow, Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

SUCCESS = "SUCCESS"


@dataclass(slots=True)
class Opened:
    """The Flow of a message, with how it was sent."""

    flow: Flow
    screens: Json
    token: str
    action: str
    screen: str
    data: Json


def opened(sim: "Simulator", message: Message, choice: Any = None) -> Opened:
    """Raises UnsendableError when the message has no Flow, or one that no longer opens."""
    found = _from_template(message, choice) if message.type == "template" else _from_interactive(message)
    if message.content.get("flow_closed"):
        raise UnsendableError(message.content["flow_closed"], "flow_closed")
    wanted, mode, rest = found
    flow = next((f for f in sim.world.flows.values() if wanted in {f.id, f.name}), None)
    if not flow:
        raise UnsendableError(f"there is no Flow {wanted}")
    if flow.status in {"BLOCKED", "DEPRECATED"}:
        raise UnsendableError(f"the Flow is {flow.status.lower()}", "flow_closed")
    screens = flow.draft if mode == "draft" else flow.published
    if not screens:
        raise UnsendableError("the Flow is not published", "flow_closed")
    return Opened(flow, screens, **rest)


def _from_interactive(message: Message) -> tuple[str, str, Json]:
    interactive = message.content.get("interactive") or {}
    if interactive.get("type") != "flow":
        raise UnsendableError("this message has no Flow")
    given = interactive["action"].get("parameters") or {}
    payload = given.get("flow_action_payload") or {}
    rest = {
        "token": str(given.get("flow_token") or "unused"),
        "action": str(given.get("flow_action") or "navigate"),
        "screen": str(payload.get("screen") or ""),
        "data": payload.get("data") or {},
    }
    return str(given.get("flow_id") or given.get("flow_name")), str(given.get("mode") or "published"), rest


def _from_template(message: Message, choice: Any) -> tuple[str, str, Json]:
    buttons = [b for b in message.content["rendered"]["buttons"] if b["type"] == "FLOW"]
    button = next((b for b in buttons if choice in (None, b["text"])), None)
    if not button:
        raise UnsendableError("this message has no Flow")
    rest = {
        "token": button["flow_token"],
        "action": button["flow_action"],
        "screen": button["flow_screen"],
        "data": button["flow_data"],
    }
    return str(button["flow"]), "published", rest


async def begin(sim: "Simulator", number: Number, message: Message, choice: Any) -> Json:
    """The first screen: {flow, name, screens, screen, data}, or {error, message}."""
    found = opened(sim, message, choice)
    about = {"flow": found.flow.id, "name": found.flow.name, "screens": found.screens["screens"]}
    if found.action != "data_exchange":
        first = found.screen or found.screens["screens"][0]["id"]
        return {**about, "screen": first, "data": found.data}
    return {**about, **await _exchange(sim, number, message, found, "INIT", {})}


async def go_on(sim: "Simulator", customer: Customer, message: Message, wish: Json) -> Json:
    """`{action: "data_exchange"|"BACK", screen, data}` → the next screen, or {done} after the last."""
    number = sim.world.numbers[message.number_id]
    found = opened(sim, message, wish.get("choice"))
    about = {"screen": str(wish.get("screen", "")), "data": wish.get("data") or {}}
    shown = await _exchange(sim, number, message, found, str(wish.get("action")), about)
    if shown.get("screen") != SUCCESS:
        return shown
    answer = (shown.get("data") or {}).get("extension_message_response") or {}
    finish(sim, customer, message, found, answer.get("params") or {})
    return {"done": True}


def finish(sim: "Simulator", customer: Customer, message: Message, found: Opened, data: Json) -> Message:
    """The customer's answer to the business."""
    number = sim.world.numbers[message.number_id]
    # The token stands in the answer whether or not the business repeats it.
    values = {"flow_token": found.token, **data}
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(values, ensure_ascii=False)}
    content = {"interactive": {"type": "nfm_reply", "nfm_reply": reply}}
    context = {"from": number.digits, "id": message.id}
    return inbound.send(sim, number, customer, Draft("interactive", content, context))


async def _exchange(
    sim: "Simulator", number: Number, message: Message, found: Opened, action: str, about: Json
) -> Json:
    if action not in {"INIT", "BACK", "data_exchange"}:
        raise UnsendableError("action must be data_exchange, BACK or complete")
    payload = endpoint.request(sim, found.flow, action, found.token, **about)
    try:
        answer = await endpoint.exchange(sim, found.flow, number, payload)
        _check_screen(found, answer)
    except EndpointError as error:
        return await _failed(sim, number, message, found, error)
    return {"screen": answer["screen"], "data": answer.get("data") or {}}


def _check_screen(found: Opened, answer: Json) -> None:
    known = {screen["id"] for screen in found.screens["screens"]} | {SUCCESS}
    if answer.get("screen") not in known:
        raise EndpointError("format", f"the answer leads to no screen: {answer.get('screen')!r}")


async def _failed(sim: "Simulator", number: Number, message: Message, found: Opened, error: EndpointError) -> Json:
    if error.reason == "token":
        # The button stays closed from now on.
        message.content["flow_closed"] = str(error)
        sim.store.touch("messages", message.id)
    if error.reason == "format":
        await _report(sim, number, found, error)
    return {"error": error.reason, "message": str(error)}


async def _report(sim: "Simulator", number: Number, found: Opened, error: EndpointError) -> None:
    """Tell the endpoint that its answer could not be used, as Meta does."""
    about = {"data": {"error": "invalid-response", "error_message": str(error)}}
    payload = endpoint.request(sim, found.flow, "data_exchange", found.token, **about)
    try:
        await endpoint.exchange(sim, found.flow, number, payload)
    except EndpointError:
        return
