"""The buttons of a template: which there are, how many, in what order and how long."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from madoguchi.simulator.graph.template_refusal import FORMAT, check_length, refusal
from madoguchi.simulator.graph.template_send import VARIABLE
from madoguchi.simulator.state import Json

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

LABEL, URL, PHONE, COUPON, OFFER_COUPON = 25, 2000, 20, 20, 15
BUTTONS = 10
AT_MOST = {
    "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "OTP": 1, "FLOW": 1, "CATALOG": 1, "MPM": 1, "SPM": 1,
    "VOICE_CALL": 1, "REQUEST_CONTACT_INFO": 1, "ORDER_DETAILS": 1,
}  # fmt: skip
# These have labels Meta writes itself.
UNLABELLED = {"OTP", "COPY_CODE", "REQUEST_CONTACT_INFO"}
OTP_TYPES = {"COPY_CODE", "ONE_TAP", "ZERO_TAP"}
NEEDS_MARKETING = {"MPM", "CATALOG", "SPM"}


def check_buttons(sim: "Simulator", component: Json, category: str, *, offer: bool = False) -> None:
    """Raises 100; sets the buttons' types in capitals."""
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise refusal(FORMAT, f"A template may have 1 to {BUTTONS} buttons.")
    kinds = [str(b.get("type", "")).upper() for b in buttons]
    unknown = set(kinds) - AT_MOST.keys() - {"QUICK_REPLY"}
    if unknown:
        raise refusal(FORMAT, f"There is no button of type {min(unknown)}.")
    for kind, most in AT_MOST.items():
        if kinds.count(kind) > most:
            raise refusal(FORMAT, f"A template may have at most {most} buttons of type {kind}.")
    quick = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(a != b for a, b in pairwise(quick)) > 1:
        raise refusal(FORMAT, "Quick replies must stand together.")
    if NEEDS_MARKETING & set(kinds) and category == "AUTHENTICATION":
        raise refusal(FORMAT, "Authentication templates have no products.")
    for button, kind in zip(buttons, kinds, strict=True):
        button["type"] = kind
        _check_label(button, kind)
        check = _CHECKS.get(kind)
        if check:
            check(sim, button)
    _check_coupon_of_offer(buttons, offer=offer)


def _check_label(button: Json, kind: str) -> None:
    if kind not in UNLABELLED and not button.get("text"):
        raise refusal(FORMAT, "A button needs text.")
    check_length(str(button.get("text") or ""), LABEL, "button")
    if VARIABLE.search(str(button.get("text") or "")):
        raise refusal(FORMAT, "A button's text may have no variables.")


def _check_url(_sim: "Simulator", button: Json) -> None:
    url = str(button.get("url") or "")
    if not url.startswith(("http://", "https://")):
        raise refusal(FORMAT, "A button's address must begin with http:// or https://.")
    check_length(url, URL, "button url")
    found = list(VARIABLE.finditer(url))
    if len(found) > 1 or (found and found[0].end() != len(url)):
        raise refusal(FORMAT, "A button's address may have one variable, at its end.")
    if found and not button.get("example"):
        raise refusal(FORMAT, "A button's address with a variable needs an example.")


def _check_phone(_sim: "Simulator", button: Json) -> None:
    number = str(button.get("phone_number") or "")
    if not re.fullmatch(r"\+?[\d ()-]{5,}", number):
        raise refusal(FORMAT, "A button's phone_number must be a phone number.")
    check_length(number, PHONE, "phone number")


def _check_code(_sim: "Simulator", button: Json) -> None:
    example = button.get("example")
    example = str(example[0] if isinstance(example, list) and example else example or "")
    if not example:
        raise refusal(FORMAT, "A button that copies a code needs an example.")
    check_length(example, COUPON, "coupon code")
    if not example.isalnum():
        raise refusal(FORMAT, "A coupon code has letters and digits only.")


def _check_coupon_of_offer(buttons: list[Json], *, offer: bool) -> None:
    if not offer:
        return
    coupons = [b for b in buttons if b["type"] == "COPY_CODE"]
    for button in coupons:
        example = button["example"][0] if isinstance(button["example"], list) else button["example"]
        check_length(str(example), OFFER_COUPON, "coupon code of a limited-time offer")
    if coupons and buttons[0] is not coupons[0]:
        raise refusal(FORMAT, "In a limited-time offer the button that copies the code comes first.")


def _check_otp(_sim: "Simulator", button: Json) -> None:
    kind = str(button.get("otp_type", "")).upper()
    if kind not in OTP_TYPES:
        raise refusal(FORMAT, f"otp_type must be one of {', '.join(sorted(OTP_TYPES))}.")
    button["otp_type"] = kind
    apps = button.get("supported_apps") or [button]
    if kind != "COPY_CODE" and not all(app.get("package_name") and app.get("signature_hash") for app in apps):
        raise refusal(FORMAT, "One-tap and zero-tap buttons need package_name and signature_hash of the app.")
    if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        raise refusal(FORMAT, "zero_tap_terms_accepted must be true.")


def _check_flow(sim: "Simulator", button: Json) -> None:
    if sum(bool(button.get(key)) for key in ("flow_id", "flow_name", "flow_json")) != 1:
        raise refusal(FORMAT, "A Flow button needs one of flow_id, flow_name and flow_json.")
    known = {f.id for f in sim.world.flows.values()} | {f.name for f in sim.world.flows.values()}
    wanted = str(button.get("flow_id") or button.get("flow_name") or "")
    if wanted and wanted not in known:
        raise refusal(FORMAT, f"There is no Flow {wanted}.")


def _check_contact(_sim: "Simulator", button: Json) -> None:
    button["text"] = "Share Contact Info"


_CHECKS: dict[str, Callable[["Simulator", Json], None]] = {
    "URL": _check_url,
    "PHONE_NUMBER": _check_phone,
    "COPY_CODE": _check_code,
    "OTP": _check_otp,
    "FLOW": _check_flow,
    "REQUEST_CONTACT_INFO": _check_contact,
}
