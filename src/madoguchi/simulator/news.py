"""What Meta tells about accounts and numbers by itself: the webhooks that are not messages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from madoguchi.simulator.state import DAY, Json, Number, Template, Waba
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


def account(sim: "Simulator", waba: Waba, field: str, value: Json) -> None:
    """One value on one field, with the entry's time."""
    update = Update(waba.id, "", field, "", value, None, f"account/{waba.id}", sim.clock.now())
    sim.dispatcher.enqueue(update)


def _number(sim: "Simulator", number: Number, field: str, value: Json) -> None:
    account(sim, sim.world.wabas[number.waba_id], field, {"display_phone_number": number.digits, **value})


def template(sim: "Simulator", about: Template, field: str, value: Json) -> None:
    update = Update(about.waba_id, "", field, "", value, None, f"template/{about.id}", sim.clock.now())
    sim.dispatcher.enqueue(update)


def security(sim: "Simulator", number: Number, event: str) -> None:
    """`event`: PIN_CHANGED, PIN_RESET_REQUEST or PIN_REQUEST_SUCCESS."""
    _number(sim, number, "security", {"event": event, "requester": "61555822107539"})


def name_reviewed(sim: "Simulator", number: Number, decision: str) -> None:
    """`decision`: APPROVED, REJECTED, PENDING or DEFERRED."""
    reason = "NAME_NOT_CONSISTENT_WITH_BUSINESS" if decision == "REJECTED" else "NONE"
    value = {"decision": decision, "requested_verified_name": number.new_name, "rejection_reason": reason}
    _number(sim, number, "phone_number_name_update", value)


def quality(sim: "Simulator", number: Number, event: str, old: str = "") -> None:
    """`event`: ONBOARDING, THROUGHPUT_UPGRADE, and UPGRADE or DOWNGRADE with the `old` limit."""
    limit = sim.world.portfolios[sim.world.portfolio_of(number)].messaging_limit
    value = {"event": event, "current_limit": limit, "max_daily_conversations_per_business": limit}
    _number(sim, number, "phone_number_quality_update", value | ({"old_limit": old} if old else {}))


def username(sim: "Simulator", number: Number, status: str, name: str) -> None:
    """`status`: approved, reserved or deleted."""
    value = {"status": status} if status == "deleted" else {"username": name, "status": status}
    _number(sim, number, "business_username_updates", value)


def capability(sim: "Simulator", waba: Waba) -> None:
    portfolio = sim.world.portfolios[waba.portfolio_id]
    numbers = 20 if portfolio.verified else 2
    value = {
        "max_daily_conversations_per_business": portfolio.messaging_limit,
        "max_phone_numbers_per_business": numbers,
        "max_phone_numbers_per_waba": numbers,
    }
    account(sim, waba, "business_capability_update", value)


def announce(sim: "Simulator", number: Number, name: str) -> None:
    """One of the announcements of `ANNOUNCEMENTS`, by name. Raises ValueError for another name."""
    if name not in ANNOUNCEMENTS:
        raise ValueError(f"unknown announcement {name!r}; known are {', '.join(ANNOUNCEMENTS)}")
    field, make = ANNOUNCEMENTS[name]
    account(sim, sim.world.wabas[number.waba_id], field, make(sim, number))


Maker = Callable[["Simulator", Number], Json]


def _event(event: str, **more: Json | list[Json]) -> tuple[str, Maker]:
    return "account_update", lambda _sim, number: {"phone_number": number.digits, "event": event, **more}


def _ban(state: str) -> tuple[str, Maker]:
    def make(sim: "Simulator", _number: Number) -> Json:
        date = datetime.fromtimestamp(sim.clock.now(), UTC)
        shown = f"{date:%B} {date.day}, {date.year}"
        return {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state, "waba_ban_date": shown}}

    return "account_update", make


def _restriction(*kinds: str) -> tuple[str, Maker]:
    def make(sim: "Simulator", _number: Number) -> Json:
        until = int(sim.clock.now() + 3 * DAY)
        info = [{"restriction_type": kind, "expiration": until} for kind in kinds]
        return {"event": "ACCOUNT_RESTRICTION", "restriction_info": info}

    return "account_update", make


def _volume(sim: "Simulator", _number: Number) -> Json:
    now = sim.clock.now()
    info = {
        "tier_update_time": int(now),
        "pricing_category": "UTILITY",
        "tier": "25000:100000",
        "effective_month": f"{datetime.fromtimestamp(now, UTC):%Y-%m}",
        "region": "JP",
    }
    return {"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": info}


def _partner(event: str) -> tuple[str, Maker]:
    def make(sim: "Simulator", number: Number) -> Json:
        info = {"waba_id": number.waba_id, "owner_business_id": sim.world.portfolio_of(number)}
        return {"event": event, "waba_info": info}

    return "account_update", make


def _review(decision: str) -> tuple[str, Maker]:
    return "account_review_update", lambda _sim, _number: {"decision": decision}


def _alert(kind: str, severity: str, words: str) -> tuple[str, Maker]:
    def make(_sim: "Simulator", number: Number) -> Json:
        info = {"alert_severity": severity, "alert_status": "NONE", "alert_type": kind, "alert_description": words}
        return {"entity_type": "PHONE_NUMBER", "entity_id": number.id, "alert_info": info}

    return "account_alerts", make


def _security(event: str) -> tuple[str, Maker]:
    return "security", lambda _sim, number: {"display_phone_number": number.digits, "event": event}


# name → (field, what its value is)
ANNOUNCEMENTS: dict[str, tuple[str, Maker]] = {
    "account_deleted": _event("ACCOUNT_DELETED"),
    "account_violation": _event("ACCOUNT_VIOLATION", violation_info={"violation_type": "SCAM"}),
    "account_restricted": _restriction("RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_ADD_PHONE_NUMBER_ACTION"),
    "account_disabled": _ban("DISABLE"),
    "account_disable_scheduled": _ban("SCHEDULE_FOR_DISABLE"),
    "account_reinstated": _ban("REINSTATE"),
    "account_offboarded": _event("ACCOUNT_OFFBOARDED"),
    "account_reconnected": _event("ACCOUNT_RECONNECTED"),
    "partner_added": _partner("PARTNER_ADDED"),
    "partner_removed": _partner("PARTNER_REMOVED"),
    "partner_app_uninstalled": _partner("PARTNER_APP_UNINSTALLED"),
    "marketing_terms_signed": _partner("MM_LITE_TERMS_SIGNED"),
    "volume_tier": ("account_update", _volume),
    "review_approved": _review("APPROVED"),
    "review_rejected": _review("REJECTED"),
    "official_approved": _alert("OBA_APPROVED", "INFORMATIONAL", "Your business is now an official account."),
    "official_rejected": _alert("OBA_REJECTED", "INFORMATIONAL", "The business is not notable enough."),
    "picture_lost": _alert("PROFILE_PICTURE_LOST", "WARNING", "The profile picture could not be kept."),
    "more_capability_failed": _alert(
        "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED", "CRITICAL", "Your messaging limit cannot rise at the moment."
    ),
    "pin_reset_requested": _security("PIN_RESET_REQUEST"),
    "pin_reset_done": _security("PIN_REQUEST_SUCCESS"),
}
