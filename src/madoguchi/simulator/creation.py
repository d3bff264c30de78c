"""Making and changing numbers with everything around them, and starting over."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from madoguchi.simulator import ids, news, seed
from madoguchi.simulator.graph.subscriptions import FIELDS
from madoguchi.simulator.settings import Settings
from madoguchi.simulator.state import App, Callback, Json, Number, Portfolio, Token, Waba, World

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

Done = Callable[[], None]
TIERS = ("TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
PLAIN_KEYS = (
    "throughput", "pair_limit", "registered", "quality", "restricted", "name", "name_status", "on_biz_app",
    "official", "code_status", "pin",
)  # fmt: skip


async def number(sim: "Simulator", wish: Json) -> Number:
    """A further account with its own app, token and number. Everything can be given; what is not
    given is invented. Raises ValueError when the webhook address does not verify."""
    world = sim.world
    app = _app(sim, wish)
    portfolio_id = str(wish.get("portfolio_id") or seed.PORTFOLIO)
    world.portfolios.setdefault(portfolio_id, Portfolio(portfolio_id, str(wish.get("name", "Business"))))
    waba_id = str(wish.get("waba_id") or ids.numeric_id())
    waba = world.wabas.setdefault(waba_id, Waba(waba_id, str(wish.get("name", "Business")), portfolio_id))
    waba.subscribed[app.id] = None
    digits = str(wish.get("phone") or f"8150{random.randint(10**7, 10**8 - 1)}").lstrip("+")
    made = Number(
        id=str(wish.get("phone_number_id") or ids.numeric_id()),
        waba_id=waba_id,
        digits=digits,
        display=f"+{digits}",
        name=str(wish.get("name", "Business")),
        throughput=int(wish.get("throughput", 80)),
        pair_limit=bool(wish.get("pair_limit", True)),
    )
    world.numbers[made.id] = made
    token = Token(str(wish.get("access_token") or ids.access_token()), app.id)
    world.tokens[token.value] = token
    if wish.get("templates", True) and not world.templates_of(waba_id):
        seed.plant_templates(sim, waba_id)
    touched = (
        ("apps", app.id), ("tokens", token.value), ("wabas", waba_id), ("numbers", made.id),
        ("portfolios", portfolio_id),
    )  # fmt: skip
    for kind, key in touched:
        sim.store.touch(kind, key)
    await _subscribe(sim, app, wish)
    return made


def _app(sim: "Simulator", wish: Json) -> App:
    id_ = str(wish.get("app_id") or ids.numeric_id())
    fields = dict.fromkeys(sorted(FIELDS), sim.settings.webhooks.version)
    made = App(id_, str(wish.get("app_secret") or ids.access_token()[3:]), fields=fields)
    return sim.world.apps.setdefault(id_, made)


async def _subscribe(sim: "Simulator", app: App, wish: Json) -> None:
    if not wish.get("webhook_url"):
        return
    app.callback = Callback(str(wish["webhook_url"]), str(wish.get("verify_token", seed.VERIFY_TOKEN)))
    if wish.get("verify") is False:
        app.callback.verified = True
        return
    wrong = await sim.dispatcher.verify(app.callback)
    if wrong:
        raise ValueError(f"webhook_url did not verify: {wrong}")


def change_number(sim: "Simulator", target: Number, wish: Json) -> None:
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


def reset(sim: "Simulator") -> None:
    """The world as at its first start. Addresses of webhooks are forgotten too."""
    sim.scheduler.clear()
    sim.dispatcher.forget()
    sim.requests.clear()
    sim.faults.replace([])
    sim.sent.clear()
    sim.files.clear()
    sim.store.clear()
    sim.settings.merge(Settings().as_json())
    fresh = World()
    for name in World.__dataclass_fields__:
        held = getattr(sim.world, name)
        held.clear()
        held.update(getattr(fresh, name))
    sim.clock.unfreeze()
    sim.clock.set_offset(0.0)
    seed.plant(sim)
    sim.feed.publish("reload", {})
