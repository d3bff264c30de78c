"""Messages that ask the customer for something: a form, an address, the phone number, leave to call."""

from collections.abc import Mapping
from typing import Any

from madoguchi.channels.whatsapp.findings import Findings

_AT = "interactive"
_LABEL, _ID, _TOKEN = 30, 256, 512
_FORM_VERSION = "3"
_COUNTRIES = ("IN",)  # where WhatsApp offers address messages

Shape = dict[str, Any]
Uploads = Mapping[str, str]


def check_nothing(_given: Shape, _findings: Findings) -> None:
    """The body is all there is to it."""


def build_named(name: str) -> Any:
    return lambda _given, _uploads: {"name": name}


def check_flow(given: Shape, findings: Findings) -> None:
    if bool(given.get("flow_id")) == bool(given.get("flow_name")):
        findings.add(f"{_AT}.flow_id", "Name the form by either its id or its name.")
    for key in ("flow_id", "flow_name"):
        findings.text(f"{_AT}.{key}", given.get(key), _ID, required=False)
    findings.text(f"{_AT}.button", given.get("button"), _LABEL)
    findings.text(f"{_AT}.token", given.get("token"), _TOKEN, required=False)
    findings.text(f"{_AT}.screen", given.get("screen"), _ID, required=False)
    for key, allowed in (("mode", ("published", "draft")), ("action", ("navigate", "data_exchange"))):
        if given.get(key) not in (None, *allowed):
            findings.add(f"{_AT}.{key}", f"This must be one of {', '.join(allowed)}.")
    _check_form_data(given, findings)


def _check_form_data(given: Shape, findings: Findings) -> None:
    if "data" not in given:
        return
    if not isinstance(given["data"], dict) or not given["data"]:
        findings.add(f"{_AT}.data", "This must be an object that is not empty.")
    if not given.get("screen"):
        findings.add(f"{_AT}.screen", "The screen that the data is for has to be named.")


def build_flow(given: Shape, _uploads: Uploads) -> Shape:
    kept = {key: given[key] for key in ("flow_id", "flow_name", "mode") if given.get(key)}
    parameters: Shape = {"flow_message_version": _FORM_VERSION, **kept, "flow_cta": given["button"]}
    parameters["flow_token"] = given.get("token") or "unused"
    if given.get("action"):
        parameters["flow_action"] = given["action"]
    if given.get("screen"):
        data = {"data": given["data"]} if given.get("data") else {}
        parameters["flow_action_payload"] = {"screen": given["screen"], **data}
    return {"name": "flow", "parameters": parameters}


def check_address(given: Shape, findings: Findings) -> None:
    if given.get("country") not in _COUNTRIES:
        findings.add(f"{_AT}.country", f"Addresses can be asked for in {', '.join(_COUNTRIES)} only.")
    if not isinstance(given.get("values", {}), dict):
        findings.add(f"{_AT}.values", "This must be an object.")
    saved = given.get("saved_addresses", [])
    if not isinstance(saved, list):
        findings.add(f"{_AT}.saved_addresses", "This must be a list.")
        return
    for index, each in enumerate(saved):
        if not isinstance(each, dict) or not each.get("id") or not isinstance(each.get("value"), dict):
            findings.add(f"{_AT}.saved_addresses.{index}", "A saved address has an id and a value.")


def build_address(given: Shape, _uploads: Uploads) -> Shape:
    more = {key: given[key] for key in ("values", "saved_addresses") if given.get(key)}
    return {"name": "address_message", "parameters": {"country": given["country"], **more}}
