"""Flows as nodes of the Graph API: making, uploading screens, publishing, ending them."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import ids, news
from madoguchi.simulator.flows import endpoint, rules
from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Flow, Json, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CATEGORIES = {
    "SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER",
}  # fmt: skip
DEFAULT_FIELDS = ("id", "name", "status", "categories", "validation_errors")
PER_HOUR_THROTTLED = 10
HOUR = 3600.0


async def create(call: Call, waba: Waba) -> Json:
    """`{id, success, validation_errors}`; `publish` needs valid screens at once."""
    name = str(call.need("name"))
    if any(f.name == name for f in call.sim.world.flows.values() if f.waba_id == waba.id):
        raise GraphError(
            100, message="(#100) Invalid parameter", subcode=4016019, user_message=f"The name {name} is taken."
        )
    flow = Flow(ids.numeric_id(), waba.id, name, _categories(call), updated_at=call.sim.clock.now())
    _set_about(call, flow)
    source = call.sim.world.flows.get(str(call.params.get("clone_flow_id") or ""))
    if source:
        flow.draft = source.draft or source.published
    if call.params.get("flow_json"):
        given = call.params["flow_json"]
        _load(flow, given if isinstance(given, str) else json.dumps(given))
    call.sim.world.flows[flow.id] = flow
    call.sim.store.touch("flows", flow.id)
    if str(call.params.get("publish", "")).lower() == "true" and not flow.validation_errors:
        await publish(call, flow)
    answer: Json = {"id": flow.id, "success": not flow.validation_errors}
    return answer | ({"validation_errors": flow.validation_errors} if flow.validation_errors else {})


def _categories(call: Call) -> list[str]:
    given = call.need("categories")
    found = json.loads(given) if isinstance(given, str) else given
    if not isinstance(found, list) or not found or not set(found) <= CATEGORIES:
        raise GraphError(100, message=f"(#100) Param categories must be some of {', '.join(sorted(CATEGORIES))}")
    return list(found)


def _set_about(call: Call, flow: Flow) -> None:
    if call.params.get("endpoint_uri") is not None:
        flow.endpoint = str(call.params["endpoint_uri"])
        if flow.endpoint and not flow.endpoint.startswith(("http://", "https://")):
            raise GraphError(100, message="(#100) Param endpoint_uri must be an address")
    if call.params.get("application_id"):
        flow.app_id = str(call.params["application_id"])
        if flow.app_id not in call.sim.world.apps:
            raise GraphError(100, message="(#100) Param application_id is not the id of an app")


def _load(flow: Flow, text: str) -> None:
    flow.draft, flow.validation_errors = rules.parse(text)


def update(call: Call, flow: Flow) -> Json:
    if flow.status == "DEPRECATED":
        raise _impossible(139001, "A deprecated Flow cannot be changed.")
    if call.params.get("name"):
        flow.name = str(call.params["name"])
    if call.params.get("categories"):
        flow.categories = _categories(call)
    _set_about(call, flow)
    _touch(call.sim, flow)
    return {"success": True}


def upload(call: Call, flow: Flow) -> Json:
    """`POST /<FLOW>/assets`: new screens; a published Flow becomes a draft again until published anew."""
    if call.params.get("asset_type") != "FLOW_JSON" or call.params.get("name") != "flow.json":
        raise GraphError(100, message="(#100) Params name and asset_type must be flow.json and FLOW_JSON")
    file = call.files.get("file")
    if not file:
        raise GraphError(100, message="(#100) Param file is required")
    if flow.status == "DEPRECATED":
        raise _impossible(139001, "A deprecated Flow cannot be changed.")
    _load(flow, file.data.decode("utf-8", "replace"))
    if flow.status == "PUBLISHED":
        change_status(call.sim, flow, "DRAFT")
    _touch(call.sim, flow)
    return {"success": not flow.validation_errors, "validation_errors": flow.validation_errors}


async def publish(call: Call, flow: Flow) -> Json:
    """Raises 139002 while the screens have faults, or their endpoint is not well."""
    if flow.status not in {"DRAFT", "THROTTLED", "BLOCKED"}:
        raise _impossible(139002, f"A Flow that is {flow.status.lower()} cannot be published.")
    if not flow.draft or flow.validation_errors:
        raise _impossible(139002, "The Flow has validation errors, or no screens.")
    if flow.draft.get("data_api_version"):
        await _check_endpoint(call.sim, flow)
    flow.published = flow.draft
    change_status(call.sim, flow, "PUBLISHED")
    return {"success": True}


async def _check_endpoint(sim: "Simulator", flow: Flow) -> None:
    keyed = [n for n in sim.world.numbers_of(flow.waba_id) if n.public_key]
    if not flow.endpoint or not keyed:
        raise _impossible(139002, "The Flow needs endpoint_uri, and a number of the account a public key.")
    try:
        await endpoint.ping(sim, flow, keyed[0])
    except endpoint.EndpointError as error:
        raise _impossible(139002, f"The endpoint did not pass its health check: {error}") from error


def deprecate(call: Call, flow: Flow) -> Json:
    if flow.status != "PUBLISHED":
        raise _impossible(139003, "Only a published Flow can be deprecated.")
    change_status(call.sim, flow, "DEPRECATED")
    return {"success": True}


def delete(call: Call, flow: Flow) -> Json:
    if flow.status != "DRAFT" or flow.published:
        raise _impossible(139004, "Only a Flow that was never published can be deleted.")
    del call.sim.world.flows[flow.id]
    call.sim.store.touch("flows", flow.id)
    return {"success": True}


def _impossible(code: int, words: str) -> GraphError:
    return GraphError(code, words, user_title="Flow", user_message=words)


def change_status(sim: "Simulator", flow: Flow, status: str) -> None:
    old, flow.status = flow.status, status
    _touch(sim, flow)
    value = {
        "event": "FLOW_STATUS_CHANGE",
        "message": f"Flow {flow.name} has changed status from {old} to {status}",
        "flow_id": flow.id,
        "old_status": old,
        "new_status": status,
    }
    news.account(sim, sim.world.wabas[flow.waba_id], "flows", value)


def _touch(sim: "Simulator", flow: Flow) -> None:
    flow.updated_at = sim.clock.now()
    sim.store.touch("flows", flow.id)


def listing(call: Call, waba: Waba) -> Json:
    owned = [f for f in call.sim.world.flows.values() if f.waba_id == waba.id]
    return paging.page(call, owned, lambda flow: describe(call, flow))


def describe(call: Call, flow: Flow) -> Json:
    everything = _everything(call, flow)
    wanted = call.fields() or DEFAULT_FIELDS
    return {**{name: everything[name] for name in wanted if everything.get(name) is not None}, "id": flow.id}


def _everything(call: Call, flow: Flow) -> Json:
    waba, screens = call.sim.world.wabas[flow.waba_id], flow.draft or flow.published
    app = call.sim.world.apps.get(flow.app_id or next(iter(waba.subscribed), ""))
    return {
        "id": flow.id,
        "name": flow.name,
        "status": flow.status,
        "categories": flow.categories,
        "validation_errors": flow.validation_errors,
        "json_version": screens.get("version"),
        "data_api_version": screens.get("data_api_version"),
        "endpoint_uri": flow.endpoint or None,
        "preview": {
            "preview_url": f"{call.sim.url}/phone?flow={flow.id}",
            "expires_at": _time(call.sim.clock.now() + 30 * 24 * HOUR),
        },
        "whatsapp_business_account": {
            "id": waba.id,
            "name": waba.name,
            "currency": "JPY",
            "timezone_id": "68",
            "message_template_namespace": f"{waba.id[-8:]}_minato_namespace",
        },
        "application": {"id": app.id, "name": app.name, "link": "https://www.facebook.com/"} if app else None,
        "updated_at": _time(flow.updated_at),
        "health_status": _health(flow),
    }


def _time(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _health(flow: Flow) -> Json:
    state = {"BLOCKED": "BLOCKED", "THROTTLED": "LIMITED"}.get(flow.status, "AVAILABLE")
    return {
        "can_send_message": state,
        "entities": [{"entity_type": "FLOW", "id": flow.id, "can_send_message": state}],
    }


def assets(call: Call, flow: Flow) -> Json:
    address = f"{call.sim.url}/graph/{call.version}/{flow.id}/flow.json"
    entry = {"name": "flow.json", "asset_type": "FLOW_JSON", "download_url": address}
    return paging.page(call, [entry] if flow.draft or flow.published else [], lambda found: found)


def download(_call: Call, flow: Flow) -> Json:
    return flow.draft or flow.published


def check_sendable(sim: "Simulator", waba_id: str, wanted: Any, mode: str) -> Flow:
    """Raises 131009 for no such Flow or one not published, 132068 for a blocked and 132069 for a
    throttled one that was sent ten times in an hour."""
    owned = [f for f in sim.world.flows.values() if f.waba_id == waba_id]
    flow = next((f for f in owned if str(wanted) in {f.id, f.name}), None)
    if not flow:
        raise GraphError(131009, f"flow: there is no Flow {wanted} in the account.")
    if flow.status == "BLOCKED":
        raise GraphError(132068, f"The Flow {flow.name} is blocked.")
    if flow.status == "DEPRECATED" or (mode != "draft" and not flow.published):
        raise GraphError(131009, f"flow: the Flow {flow.name} is not published.")
    if flow.status == "THROTTLED":
        now = sim.clock.now()
        flow.throttled = [at for at in flow.throttled if now - at < HOUR]
        if len(flow.throttled) >= PER_HOUR_THROTTLED:
            raise GraphError(132069, f"The Flow {flow.name} is throttled to {PER_HOUR_THROTTLED} messages an hour.")
        flow.throttled.append(now)
    return flow
