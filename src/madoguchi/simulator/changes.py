"""What Meta does to numbers, accounts and templates, at the wish of a test; told by webhook."""

from typing import TYPE_CHECKING

from madoguchi.simulator import news, outbound
from madoguchi.simulator.graph import template_review
from madoguchi.simulator.state import Json, Number, Template, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

TIERS = ("TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
PLAIN_KEYS = (
    "throughput", "pair_limit", "registered", "quality", "restricted", "name", "name_status", "on_biz_app",
    "official", "code_status", "pin",
)  # fmt: skip
TEMPLATE_KEYS = {"quality", "status", "reason", "category", "announce", "pause", "held"}


def number(sim: "Simulator", target: Number, wish: Json) -> None:
    """What Meta or the world does to a number and its account; told by webhook where Meta tells."""
    waba = sim.world.wabas[target.waba_id]
    before = target.quality, target.throughput, target.name_status
    for key in PLAIN_KEYS:
        if key in wish:
            setattr(target, key, type(getattr(target, key))(wish[key]))
    for key in ("payment_ok", "locked"):
        if key in wish:
            setattr(waba, key, bool(wish[key]))
    if "maintenance_seconds" in wish:
        target.maintenance_until = sim.clock.now() + float(wish["maintenance_seconds"])
    if "service_messages" in wish:
        target.service_messages = dict(wish["service_messages"])
    if wish.get("on_biz_app"):
        target.onboarded_at, target.synced = sim.clock.now(), {}
    _change_portfolio(sim, target, wish)
    _change_access(sim, waba, wish)
    sim.store.touch("numbers", target.id)
    sim.store.touch("wabas", waba.id)
    _tell_changes(sim, target, before)


def _change_portfolio(sim: "Simulator", target: Number, wish: Json) -> None:
    waba = sim.world.wabas[target.waba_id]
    portfolio = sim.world.portfolios[waba.portfolio_id]
    if "verified" in wish:
        portfolio.verified = bool(wish["verified"])
    if "messaging_limit" in wish:
        old, portfolio.messaging_limit = portfolio.messaging_limit, str(wish["messaging_limit"])
        if old not in TIERS or portfolio.messaging_limit not in TIERS:
            portfolio.messaging_limit = old
            raise ValueError(f"messaging_limit must be one of {', '.join(TIERS)}")
        rises = TIERS.index(portfolio.messaging_limit) > TIERS.index(old)
        news.capability(sim, waba)
        news.quality(sim, target, "UPGRADE" if rises else "DOWNGRADE", old)
    sim.store.touch("portfolios", portfolio.id)


def _tell_changes(sim: "Simulator", target: Number, before: tuple[str, int, str]) -> None:
    quality, throughput, name_status = before
    if target.quality != quality:
        news.quality(sim, target, "FLAGGED" if target.quality == "RED" else "UNFLAGGED")
    if target.throughput > throughput:
        news.quality(sim, target, "THROUGHPUT_UPGRADE")
    if target.name_status != name_status and target.name_status in {"APPROVED", "DECLINED"}:
        decision = "APPROVED" if target.name_status == "APPROVED" else "REJECTED"
        news.name_reviewed(sim, target, decision)


def _change_access(sim: "Simulator", waba: Waba, wish: Json) -> None:
    for token in sim.world.tokens.values():
        if token.app_id not in waba.subscribed:
            continue
        if "token_revoked" in wish:
            token.revoked = bool(wish["token_revoked"])
        if "token_expires_in" in wish:
            token.expires_at = sim.clock.now() + float(wish["token_expires_in"])
        sim.store.touch("tokens", token.value)
    if "require_appsecret_proof" in wish:
        for app_id in waba.subscribed:
            sim.world.apps[app_id].require_proof = bool(wish["require_appsecret_proof"])
            sim.store.touch("apps", app_id)


def template(sim: "Simulator", target: Template, wish: Json) -> None:
    """`{quality}`, `{status, reason}`, `{pause: true}`, `{category, announce}`, `{held}`: true holds
    what is sent, false lets it go, "dropped" drops it and pauses the template."""
    if wish.keys() - TEMPLATE_KEYS:
        raise ValueError(f"can change {', '.join(sorted(TEMPLATE_KEYS))}")
    if "quality" in wish:
        template_review.change_quality(sim, target, str(wish["quality"]))
    if "status" in wish:
        template_review.change_status(sim, target, str(wish["status"]), str(wish.get("reason", "NONE")))
    if wish.get("pause"):
        template_review.pause(sim, target)
    if "category" in wish:
        change = template_review.announce_category if wish.get("announce") else template_review.change_category
        change(sim, target, str(wish["category"]).upper())
    if "held" in wish:
        _hold(sim, target, wish["held"])


def _hold(sim: "Simulator", target: Template, held: object) -> None:
    target.held = held is True
    sim.store.touch("templates", target.id)
    if held == "dropped":
        template_review.pause(sim, target)
        outbound.drop_held(sim, target)
    elif held is False:
        outbound.release_held(sim, target)
