"""What Meta tells about accounts and numbers by itself: the webhooks that are not messages."""

from typing import TYPE_CHECKING

from madoguchi.simulator.state import Json, Number, Template, Waba
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
