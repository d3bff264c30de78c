"""Making and changing numbers with everything around them, and starting over."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from madoguchi.simulator import ids, seed
from madoguchi.simulator.graph.subscriptions import FIELDS
from madoguchi.simulator.settings import Settings
from madoguchi.simulator.state import App, Callback, Json, Number, Portfolio, Token, Waba, World

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

Done = Callable[[], None]


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


def reset(sim: "Simulator") -> None:
    """The world as at its first start. Addresses of webhooks are forgotten too."""
    sim.scheduler.clear()
    sim.dispatcher.forget()
    sim.requests.clear()
    sim.faults.replace([])
    sim.sent.clear()
    sim.held.clear()
    sim.flow_keys.clear()
    sim.new_conversations.clear()
    sim.running.forget()
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
