"""The buttons of a template as sent: what each needs from the sender, and what the customer gets."""

from collections.abc import Callable

from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json

COUPON_CODE = 20
PRODUCTS, SECTIONS = 30, 10


def fill(button: Json, given: list[Json], index: int) -> Json:
    """{type, text} and what the kind adds. Raises 131008 for a missing parameter, 132012 for a wrong one."""
    kind = button["type"].upper()
    shown: Json = {"type": kind, "text": button.get("text", "")}
    add = _KINDS.get(kind)
    return shown | (add(button, given, index) if add else {})


def _url(button: Json, given: list[Json], index: int) -> Json:
    url = str(button.get("url", ""))
    head, mark, _ = url.partition("{{")
    return {"url": head + _one(given, index, "text") if mark else url}


def _quick_reply(button: Json, given: list[Json], _index: int) -> Json:
    payload = next((p["payload"] for p in given if p.get("type") == "payload"), None)
    return {"payload": payload or button.get("text", "")}


def _otp(button: Json, given: list[Json], index: int) -> Json:
    kind = str(button.get("otp_type") or "COPY_CODE").upper()
    label = button.get("text") or button.get("autofill_text") or ""
    return {"type": "COPY_CODE", "otp_type": kind, "text": label, "code": _one(given, index, "text")}


def _one(given: list[Json], index: int, key: str) -> str:
    value = given[0].get(key) if len(given) == 1 else None
    if not value:
        raise GraphError(131008, f"buttons: Button at index {index} of type Url requires a parameter")
    return str(value)


def _coupon(_button: Json, given: list[Json], index: int) -> Json:
    code = given[0].get("coupon_code") if len(given) == 1 else None
    if not code:
        raise GraphError(131008, f"buttons: Button at index {index} of type CopyCode requires a parameter")
    if len(code) > COUPON_CODE or not str(code).isalnum():
        raise GraphError(132012, f"buttons: coupon_code must be at most {COUPON_CODE} letters and digits")
    return {"code": str(code)}


def _action(given: list[Json]) -> Json:
    action = given[0].get("action") if given else None
    return action if isinstance(action, dict) else {}


def _flow(button: Json, given: list[Json], _index: int) -> Json:
    action = _action(given)
    return {
        "flow": button.get("flow_id") or button.get("flow_name") or "",
        "flow_action": str(button.get("flow_action") or "navigate").lower(),
        "flow_screen": button.get("navigate_screen") or "",
        "flow_token": str(action.get("flow_token") or "unused"),
        "flow_data": action.get("flow_action_data") or {},
    }


def _several(_button: Json, given: list[Json], index: int) -> Json:
    action = _action(given)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS:
        raise GraphError(131008, f"buttons: Button at index {index} of type Mpm requires sections")
    items = [item for section in sections for item in section.get("product_items") or []]
    if not 1 <= len(items) <= PRODUCTS:
        raise GraphError(132012, f"buttons: Button at index {index} of type Mpm may have {PRODUCTS} products at most")
    return {"sections": sections, "thumbnail": action.get("thumbnail_product_retailer_id", "")}


_KINDS: dict[str, Callable[[Json, list[Json], int], Json]] = {
    "URL": _url,
    "QUICK_REPLY": _quick_reply,
    "COPY_CODE": _coupon,
    "OTP": _otp,
    "PHONE_NUMBER": lambda button, _given, _index: {"phone_number": button.get("phone_number", "")},
    "FLOW": _flow,
    "CATALOG": lambda _button, given, _index: {"thumbnail": _action(given).get("thumbnail_product_retailer_id", "")},
    "MPM": _several,
}
