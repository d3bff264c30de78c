"""Business phone numbers: their fields and health, listing and adding them."""

import re
from datetime import UTC, datetime

from madoguchi.simulator import ids
from madoguchi.simulator.graph import components, registration
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.graph.subscriptions import verified_callback
from madoguchi.simulator.state import Json, Number, Waba

HIGH_THROUGHPUT = 1000
COEXISTENCE_THROUGHPUT = 20
UNVERIFIED_NUMBERS, VERIFIED_NUMBERS = 2, 20
DEFAULT_FIELDS = (
    "verified_name", "code_verification_status", "display_phone_number", "quality_rating",
    "platform_type", "throughput", "webhook_configuration", "last_onboarded_time", "id",
)  # fmt: skip


def describe(call: Call, number: Number) -> Json:
    everything = _everything(call, number)
    wanted = call.fields() or DEFAULT_FIELDS
    found = {name: everything[name] for name in wanted if everything.get(name) is not None}
    return {**found, "id": number.id}


def _everything(call: Call, number: Number) -> Json:
    waba = call.sim.world.wabas[number.waba_id]
    portfolio = call.sim.world.portfolios[waba.portfolio_id]
    onboarded = datetime.fromtimestamp(number.onboarded_at, UTC) if number.onboarded_at else None
    return {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.name,
        "status": _status(call, waba, number),
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "name_status": number.name_status,
        "new_display_name": number.new_name or None,
        "new_name_status": number.new_name_status,
        "code_verification_status": number.code_status,
        "platform_type": "CLOUD_API" if number.registered else "NOT_APPLICABLE",
        "account_mode": "LIVE",
        "throughput": {"level": "HIGH" if number.throughput >= HIGH_THROUGHPUT else "STANDARD"},
        "whatsapp_business_manager_messaging_limit": portfolio.messaging_limit,
        "messaging_limit_tier": portfolio.messaging_limit,
        "is_pin_enabled": bool(number.pin),
        "is_official_business_account": number.official,
        "official_business_account": {"oba_status": "APPROVED" if number.official else "NOT_STARTED"},
        "is_on_biz_app": number.on_biz_app,
        "is_preverified_number": False,
        "search_visibility": "VISIBLE" if number.official else "NON_VISIBLE",
        "country_dial_code": number.country_code,
        "last_onboarded_time": onboarded.strftime("%Y-%m-%dT%H:%M:%S+0000") if onboarded else None,
        "health_status": health(call, waba, number),
        "conversational_automation": components.automation(number) if number.automation else None,
        "webhook_configuration": _webhook_configuration(call, waba, number),
    }


def _status(call: Call, waba: Waba, number: Number) -> str:
    if waba.locked:
        return "BANNED"
    if number.restricted or _restricted(call, waba):
        return "RESTRICTED"
    if number.quality == "RED":
        return "FLAGGED"
    if number.registered:
        return "CONNECTED"
    return "PENDING" if number.code_status != "VERIFIED" else "DISCONNECTED"


def _restricted(call: Call, waba: Waba) -> bool:
    now = call.sim.clock.now()
    return any(not until or until > now for until in waba.restrictions.values())


def health(call: Call, waba: Waba, number: Number | None) -> Json:
    """What keeps messages from being sent, by the entity that has to be repaired."""
    world = call.sim.world
    entities = [_entity("WABA", waba.id, _waba_errors(call, waba))]
    if number:
        entities.insert(0, _number_entity(number))
    entities.append(_entity("BUSINESS", waba.portfolio_id, _business_errors(world.portfolios[waba.portfolio_id])))
    entities += [_entity("APP", app_id, []) for app_id in waba.subscribed]
    order = ["AVAILABLE", "LIMITED", "BLOCKED"]
    worst = max((entity["can_send_message"] for entity in entities), key=order.index)
    return {"can_send_message": worst, "entities": entities}


Fault = tuple[str, int, str, str]


def _entity(kind: str, id_: str, errors: list[Fault]) -> Json:
    can = "BLOCKED" if any(e[0] == "BLOCKED" for e in errors) else "LIMITED" if errors else "AVAILABLE"
    entity: Json = {"entity_type": kind, "id": id_, "can_send_message": can}
    if errors:
        entity["errors"] = [
            {"error_code": code, "error_description": what, "possible_solution": help_}
            for _, code, what, help_ in errors
        ]
    return entity


def _number_entity(number: Number) -> Json:
    errors: list[Fault] = []
    if number.code_status != "VERIFIED":
        errors.append(("BLOCKED", 141001, "The phone number is not verified.", "Verify the phone number."))
    elif not number.registered:
        errors.append(("BLOCKED", 141000, "The phone number is not registered.", "Register the phone number."))
    if number.restricted:
        errors.append(("BLOCKED", 141010, "The phone number is restricted.", "See the policy violations."))
    entity = _entity("PHONE_NUMBER", number.id, errors)
    if number.name_status != "APPROVED":
        words = "Your display name has not been approved yet. Your message limit will increase after the display name is approved."
        entity["can_send_message"] = "BLOCKED" if errors else "LIMITED"
        entity["additional_info"] = [words]
    return entity


def _waba_errors(call: Call, waba: Waba) -> list[Fault]:
    errors: list[Fault] = []
    if waba.locked:
        errors.append(("BLOCKED", 141011, "The account is locked.", "Request a review in Business Support Home."))
    if not waba.payment_ok:
        errors.append((
            "LIMITED", 141006, "There is an error with the payment method. This will block business initiated conversations.",
            "There was an error with your payment method. Please add a new payment method to the account.",
        ))  # fmt: skip
    if _restricted(call, waba):
        errors.append(("LIMITED", 141012, "The account is restricted.", "See the policy violations."))
    return errors


def _business_errors(portfolio: object) -> list[Fault]:
    if getattr(portfolio, "verified", True):
        return []
    return [("LIMITED", 141010, "The business is not verified.", "Complete business verification.")]


def _webhook_configuration(call: Call, waba: Waba, number: Number) -> Json:
    found: Json = {}
    if number.callback:
        found["phone_number"] = number.callback.url
    for app_id, override in waba.subscribed.items():
        if override:
            found["whatsapp_business_account"] = override.url
        app_callback = call.sim.world.apps[app_id].callback
        if app_callback:
            found["application"] = app_callback.url
    return found


async def update(call: Call, number: Number) -> Json:
    """`POST /<PNID>`: webhook override, two-step PIN, new display name."""
    configuration = call.params.get("webhook_configuration")
    if isinstance(configuration, dict):
        url = configuration.get("override_callback_uri", "")
        number.callback = None
        if url:
            token = configuration.get("verify_token", "")
            number.callback = await verified_callback(call, url, token)
    if "pin" in call.params:
        registration.set_pin(call, number)
    if "new_display_name" in call.params:
        registration.request_name(call, number)
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def of_waba(call: Call, waba: Waba) -> Json:
    found = [describe(call, number) for number in call.sim.world.numbers_of(waba.id)]
    return {"data": found, "paging": {"cursors": {"before": "QVFI", "after": "QVFI"}}}


def create(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>/phone_numbers`; the number still has to be verified and registered."""
    code = str(call.params.get("cc") or call.need("country_code"))
    digits = code + re.sub(r"\D", "", str(call.need("phone_number")))
    _check_new(call, waba, digits)
    number = Number(
        id=ids.numeric_id(),
        waba_id=waba.id,
        digits=digits,
        display=f"+{code} {digits[len(code) :]}",
        name=str(call.need("verified_name")),
        country_code=code,
        registered=False,
        code_status="NOT_VERIFIED",
        name_status="AVAILABLE_WITHOUT_REVIEW",
    )
    call.sim.world.numbers[number.id] = number
    call.sim.store.touch("numbers", number.id)
    return {"id": number.id}


def _check_new(call: Call, waba: Waba, digits: str) -> None:
    world = call.sim.world
    if any(number.digits == digits for number in world.numbers.values()):
        raise GraphError(100, message="(#100) The phone number is in use already", subcode=2388001)
    most = VERIFIED_NUMBERS if world.portfolios[waba.portfolio_id].verified else UNVERIFIED_NUMBERS
    owned = [n for n in world.numbers.values() if world.portfolio_of(n) == waba.portfolio_id]
    if len(owned) >= most:
        raise GraphError(100, message=f"(#100) The portfolio may have at most {most} numbers", subcode=2388091)
