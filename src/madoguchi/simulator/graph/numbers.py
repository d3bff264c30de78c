"""Business phone numbers: reading, settings, verification, registration, profile, block list."""

import re

from madoguchi.simulator import ids
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, async_error, invalid
from madoguchi.simulator.graph.subscriptions import verified_callback
from madoguchi.simulator.state import DAY, Json, Number, Waba

REGISTRATIONS = 10
REGISTRATION_PERIOD = 3 * DAY
HIGH_THROUGHPUT = 1000
DEFAULT_FIELDS = (
    "verified_name", "code_verification_status", "display_phone_number", "quality_rating",
    "platform_type", "throughput", "webhook_configuration", "id",
)  # fmt: skip
PROFILE_LIMITS = {"about": 139, "address": 256, "description": 512, "email": 128}
PROFILE_FIELDS = {*PROFILE_LIMITS, "websites", "vertical", "profile_picture_url"}
VERTICALS = {
    "", "UNDEFINED", "OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY",
    "GOVT", "HOTEL", "HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "NOT_A_BIZ",
}  # fmt: skip


def describe(call: Call, number: Number) -> Json:
    everything = _everything(call, number)
    wanted = call.fields() or DEFAULT_FIELDS
    found = {name: everything[name] for name in wanted if everything.get(name) is not None}
    return {**found, "id": number.id}


def _everything(call: Call, number: Number) -> Json:
    waba = call.sim.world.wabas[number.waba_id]
    portfolio = call.sim.world.portfolios[waba.portfolio_id]
    return {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.name,
        "status": "CONNECTED" if number.registered else "DISCONNECTED",
        "quality_rating": number.quality,
        "name_status": "APPROVED",
        "code_verification_status": number.code_status,
        "platform_type": "CLOUD_API" if number.registered else "NOT_APPLICABLE",
        "account_mode": "LIVE",
        "throughput": {"level": "HIGH" if number.throughput >= HIGH_THROUGHPUT else "STANDARD"},
        "whatsapp_business_manager_messaging_limit": portfolio.messaging_limit,
        "is_pin_enabled": bool(number.pin),
        "is_official_business_account": False,
        "is_on_biz_app": False,
        "is_preverified_number": False,
        "search_visibility": "NON_VISIBLE",
        "health_status": _health(waba, number),
        "webhook_configuration": _webhook_configuration(call, waba, number),
    }


def _health(waba: Waba, number: Number) -> Json:
    blocked = waba.locked or number.restricted or not number.registered
    can = "BLOCKED" if blocked else "LIMITED" if not waba.payment_ok else "AVAILABLE"
    entities = [
        {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": can},
        {"entity_type": "WABA", "id": waba.id, "can_send_message": can},
    ]
    return {"can_send_message": can, "entities": entities}


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
        number.pin = _pin(call)
    if "new_display_name" in call.params:
        number.name = str(call.params["new_display_name"])
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def of_waba(call: Call, waba: Waba) -> Json:
    found = [describe(call, number) for number in call.sim.world.numbers_of(waba.id)]
    return {"data": found, "paging": {"cursors": {"before": "QVFI", "after": "QVFI"}}}


def create(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>/phone_numbers`; the number still has to be verified and registered."""
    code = str(call.params.get("cc") or call.need("country_code"))
    digits = code + re.sub(r"\D", "", str(call.need("phone_number")))
    number = Number(
        id=ids.numeric_id(),
        waba_id=waba.id,
        digits=digits,
        display=f"+{code} {digits[len(code) :]}",
        name=str(call.need("verified_name")),
        country_code=code,
        registered=False,
        code_status="NOT_VERIFIED",
    )
    call.sim.world.numbers[number.id] = number
    call.sim.store.touch("numbers", number.id)
    return {"id": number.id}


def request_code(call: Call, number: Number) -> Json:
    if call.need("code_method") not in {"SMS", "VOICE"}:
        raise invalid("code_method", "must be SMS or VOICE.")
    # A simulator sends no SMS; the code is always the same.
    number.verification_code = "123456"
    return {"success": True}


def verify_code(call: Call, number: Number) -> Json:
    if str(call.need("code")).replace("-", "") != number.verification_code:
        raise GraphError(
            100, "The verification code is not correct.", message="(#100) Invalid parameter", subcode=136025
        )
    number.code_status = "VERIFIED"
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def register(call: Call, number: Number) -> Json:
    pin = _pin(call)
    _count_registration(call, number)
    if number.code_status != "VERIFIED":
        raise GraphError(133006, "The phone number has to be verified before it is registered.")
    if number.pin and number.pin != pin:
        raise GraphError(133005, "The two-step verification PIN does not match.")
    number.pin, number.registered = pin, True
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def deregister(call: Call, number: Number) -> Json:
    _count_registration(call, number)
    number.registered = False
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def _pin(call: Call) -> str:
    pin = str(call.need("pin"))
    if not re.fullmatch(r"\d{6}", pin):
        raise invalid("pin", "must be six digits.")
    return pin


def _count_registration(call: Call, number: Number) -> None:
    now = call.sim.clock.now()
    number.registrations = [at for at in number.registrations if now - at < REGISTRATION_PERIOD]
    if len(number.registrations) >= REGISTRATIONS:
        raise GraphError(133016, "10 registrations and deregistrations in 72 hours are the limit.")
    number.registrations.append(now)


def profile(call: Call, number: Number) -> Json:
    wanted = call.fields() or sorted(PROFILE_FIELDS)
    found = {key: value for key, value in number.profile.items() if key in wanted and value}
    return {"data": [{**found, "messaging_product": "whatsapp"}]}


def update_profile(call: Call, number: Number) -> Json:
    given = call.params
    if given.get("messaging_product") != "whatsapp":
        raise GraphError(
            100,
            "The parameter messaging_product is required.",
            message="(#100) The parameter messaging_product is required.",
        )
    for key, limit in PROFILE_LIMITS.items():
        if len(str(given.get(key) or "")) > limit:
            raise GraphError(100, f"{key} must be at most {limit} characters long.", message="(#100) Invalid parameter")
    sites = given.get("websites") or []
    if len(sites) > 2 or any(not str(s).startswith(("http://", "https://")) for s in sites):
        raise GraphError(100, "websites must be at most two http(s) addresses.", message="(#100) Invalid parameter")
    if str(given.get("vertical") or "") not in VERTICALS:
        raise GraphError(100, "vertical is not a known value.", message="(#100) Invalid parameter")
    number.profile |= {key: given[key] for key in PROFILE_FIELDS if key in given}
    if given.get("profile_picture_handle"):
        number.profile["profile_picture_url"] = f"{call.sim.url}/profile-pictures/{number.id}"
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def block(call: Call, number: Number) -> Json:
    """`POST` and `DELETE /<PNID>/block_users`."""
    blocking = call.request.method == "POST"
    done, failed = [], []
    for entry in call.need("block_users"):
        who = str(entry.get("user") or entry.get("user_id") or "").lstrip("+")
        if not who:
            failed.append({"input": who, "errors": [async_error(131009)]})
            continue
        present = who in number.blocked
        if blocking and not present:
            number.blocked.append(who)
        elif not blocking and present:
            number.blocked.remove(who)
        done.append({"input": who, "wa_id": who})
    call.sim.store.touch("numbers", number.id)
    key = "added_users" if blocking else "removed_users"
    return {"messaging_product": "whatsapp", "block_users": {key: done, "failed_users": failed}}


def blocked(number: Number) -> Json:
    data = [{"messaging_product": "whatsapp", "wa_id": who} for who in number.blocked]
    return {"data": data, "paging": {"cursors": {"before": "", "after": ""}}}
