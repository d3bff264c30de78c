"""WhatsApp Business accounts and the portfolios that own them."""

from madoguchi.simulator import coexistence
from madoguchi.simulator.graph import analytics, numbers, paging, subscriptions
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.components import truth
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import DAY, Json, Number, Portfolio, Waba
from madoguchi.simulator.webhooks import payloads

DEFAULT_FIELDS = ("id", "name", "currency", "timezone_id", "message_template_namespace")
SYNC_WITHIN = DAY
SYNCS = ("smb_app_state_sync", "history")


def describe(call: Call, waba: Waba) -> Json:
    everything = _everything(call, waba)
    wanted = call.fields() or DEFAULT_FIELDS
    shown = {name: everything[name] for name in wanted if name in everything}
    return {**shown, **analytics.asked(call, waba), "id": waba.id}


def _everything(call: Call, waba: Waba) -> Json:
    portfolio = call.sim.world.portfolios[waba.portfolio_id]
    onboarding = "ELIGIBLE" if waba.payment_ok else "PENDING_VALID_PAYMENT_METHOD"
    return {
        "id": waba.id,
        "name": waba.name,
        "status": "INACTIVE" if waba.locked else "ACTIVE",
        "currency": "JPY",
        "country": "JP",
        "timezone_id": "68",
        "message_template_namespace": f"{waba.id[-8:]}_minato_namespace",
        "account_review_status": "REJECTED" if waba.locked else "APPROVED",
        "business_verification_status": "verified" if portfolio.verified else "not_verified",
        "ownership_type": "CLIENT_OWNED",
        "owner_business_info": {"id": portfolio.id, "name": portfolio.name},
        "is_enabled_for_insights": True,
        "marketing_messages_onboarding_status": onboarding,
        "disable_marketing_messages_on_cloud_api": waba.marketing_disabled,
        "health_status": numbers.health(call, waba, None),
        "subscribed_apps": subscriptions.of_waba(call, waba),
        "whatsapp_business_manager_messaging_limit": portfolio.messaging_limit,
    }


def update(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>`: whether marketing templates are refused on the Cloud API."""
    if "disable_marketing_messages_on_cloud_api" in call.params:
        waba.marketing_disabled = truth(call.params["disable_marketing_messages_on_cloud_api"])
    call.sim.store.touch("wabas", waba.id)
    return {"success": True}


def of_portfolio(call: Call, portfolio: Portfolio) -> Json:
    owned = [w for w in call.sim.world.wabas.values() if w.portfolio_id == portfolio.id and call.allows_waba(w)]
    return paging.page(call, owned, lambda waba: describe(call, waba))


def portfolio(call: Call, found: Portfolio) -> Json:
    everything = {
        "id": found.id,
        "name": found.name,
        "verification_status": "verified" if found.verified else "not_verified",
        "whatsapp_business_manager_messaging_limit": found.messaging_limit,
    }
    return {name: everything[name] for name in (call.fields() or ("id", "name")) if name in everything} | {
        "id": found.id
    }


def forget_contact(call: Call, number: Number) -> Json:
    """`DELETE /<PNID>/contact_book?bsuid=`: the phone of a user who hides it is no longer told."""
    wanted, world = str(call.need("bsuid")), call.sim.world
    found = [c for c in world.customers.values() if payloads.user_id(world, number, c) == wanted]
    for customer in found:
        thread = world.thread(number.id, customer.id)
        thread.phone_exchanged_at = 0.0
        world.keep_thread(thread)
        call.sim.store.touch("threads", (number.id, customer.id))
    return {"success": True, "deleted": bool(found)}


def synchronise(call: Call, number: Number) -> Json:
    """`POST /<PNID>/smb_app_data`: once each, within a day of onboarding a number of the Business app."""
    kind = str(call.need("sync_type"))
    if kind not in SYNCS:
        raise GraphError(100, message=f"(#100) Param sync_type must be one of {', '.join(SYNCS)}")
    if not number.on_biz_app:
        raise GraphError(100, message="(#100) The number is not used in the WhatsApp Business app")
    if kind in number.synced:
        raise GraphError(2593107, "This synchronisation can be asked for once.")
    if call.sim.clock.now() - number.onboarded_at > SYNC_WITHIN:
        raise GraphError(2593108, "The 24 hours after onboarding are over; onboard again.")
    number.synced[kind] = call.sim.clock.now()
    call.sim.store.touch("numbers", number.id)
    if kind == "history":
        coexistence.send_history(call.sim, number)
    else:
        coexistence.send_contacts(call.sim, number)
    return {"messaging_product": "whatsapp", "request_id": f"{number.id}-{kind}"}
