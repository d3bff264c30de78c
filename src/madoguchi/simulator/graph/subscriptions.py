"""Where webhooks shall go: the app's subscription and the overrides of account and number."""

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import App, Callback, Json, Waba

LONGEST_URL = 200
FIELDS = frozenset({
    "account_alerts", "account_review_update", "account_settings_update", "account_update",
    "automatic_events", "business_capability_update", "business_status_update", "calls", "flows",
    "group_lifecycle_update", "group_participants_update", "group_settings_update", "group_status_update",
    "history", "message_echoes", "messages", "messaging_handovers", "message_template_components_update",
    "message_template_quality_update", "message_template_status_update", "partner_solutions",
    "payment_configuration_update", "phone_number_name_update", "phone_number_quality_update", "security",
    "smb_app_state_sync", "smb_message_echoes", "standby", "template_category_update",
    "template_correct_category_detection", "tracking_events", "user_preferences", "business_username_updates",
})  # fmt: skip


async def verified_callback(call: Call, url: str, verify_token: str) -> Callback:
    """Raises 2200 when the address does not answer its verification; nothing is changed then."""
    callback = Callback(str(url), str(verify_token))
    wrong = await call.sim.dispatcher.verify(callback)
    if wrong:
        raise GraphError(2200, f"(#2200) Callback verification failed with the following errors: {wrong}")
    return callback


async def set_app(call: Call, app: App) -> Json:
    """`POST /<APP>/subscriptions`."""
    if call.need("object") != "whatsapp_business_account":
        raise GraphError(100, message="(#100) Param object must be whatsapp_business_account")
    given = call.params.get("fields") or "messages"
    names = given.split(",") if isinstance(given, str) else list(given)
    names = [str(n["name"] if isinstance(n, dict) else n).strip() for n in names]
    unknown = set(names) - FIELDS
    if unknown:
        raise GraphError(100, message=f"(#100) Param fields[0] must be one of the known fields - got {min(unknown)!r}")
    app.callback = await verified_callback(call, call.need("callback_url"), call.need("verify_token"))
    app.fields |= dict.fromkeys(names, call.sim.settings.webhooks.version)
    call.sim.store.touch("apps", app.id)
    return {"success": True}


def of_app(app: App) -> Json:
    if not app.callback:
        return {"data": []}
    fields = [{"name": name, "version": version} for name, version in app.fields.items()]
    found = {
        "object": "whatsapp_business_account",
        "callback_url": app.callback.url,
        "active": app.callback.verified,
        "fields": fields,
    }
    return {"data": [found]}


async def subscribe(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>/subscribed_apps`; without a body it clears the override."""
    app = _caller(call)
    url = call.params.get("override_callback_uri")
    override = None
    if url:
        if len(str(url)) > LONGEST_URL:
            raise GraphError(
                100, message=f"(#100) Param override_callback_uri must be at most {LONGEST_URL} characters"
            )
        override = await verified_callback(call, str(url), str(call.params.get("verify_token", "")))
        # An override is of use only to an app that listens to messages at all.
        app.fields.setdefault("messages", call.sim.settings.webhooks.version)
        call.sim.store.touch("apps", app.id)
    waba.subscribed[app.id] = override
    call.sim.store.touch("wabas", waba.id)
    return {"success": True}


def unsubscribe(call: Call, waba: Waba) -> Json:
    waba.subscribed.pop(_caller(call).id, None)
    call.sim.store.touch("wabas", waba.id)
    return {"success": True}


def of_waba(call: Call, waba: Waba) -> Json:
    data = []
    for app_id, override in waba.subscribed.items():
        app = call.sim.world.apps[app_id]
        link = f"https://www.facebook.com/games/?app_id={app_id}"
        entry: Json = {"whatsapp_business_api_data": {"id": app_id, "link": link, "name": app.name}}
        if override:
            entry["override_callback_uri"] = override.url
        data.append(entry)
    return {"data": data}


def _caller(call: Call) -> App:
    if call.app is None:
        raise GraphError(190, "The token belongs to no app.")
    return call.app
