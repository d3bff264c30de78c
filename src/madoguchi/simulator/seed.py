"""The world at first start: a coffee shop, its number, its customers and its templates."""

from typing import TYPE_CHECKING

from madoguchi.simulator import ids
from madoguchi.simulator.graph.subscriptions import FIELDS
from madoguchi.simulator.seed_flow import CONTACT_FORM
from madoguchi.simulator.seed_templates import TEMPLATES
from madoguchi.simulator.state import App, Catalog, Customer, Flow, Json, Number, Portfolio, Template, Token, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

PORTFOLIO = "500000000000001"
NUMBER = "100000000000001"
WABA = "200000000000001"
APP = "300000000000001"
CATALOG = "400000000000001"
FLOW = "600000000000001"
TOKEN = "EAAdemo-minato-token"  # noqa: S105 - a simulator's, known to everybody
APP_SECRET = "demo-app-secret"  # noqa: S105
VERIFY_TOKEN = "demo-verify-token"  # noqa: S105
BUSINESS = "みなと珈琲 / Minato Coffee"

CUSTOMERS = (
    Customer("hanako", "819011110001", "819011110001", "佐藤 花子", "JP", device="ios", locale="ja"),
    Customer("maria", "5511987650002", "5511987650002", "Maria Silva", "BR", locale="pt"),
    Customer("john", "447700900003", "447700900003", "John Carter", "GB", device="ios"),
    Customer("yijun", "886912000004", "886912000004", "林 怡君", "TW", locale="zh"),
    Customer("priya", "919800000005", "919800000005", "Priya Nair", "IN", username="priya.n", hides_phone=True),
)


# retailer id → name, price in yen, what it is
PRODUCTS = {
    "beans-house-200": ("みなとブレンド 200g / Harbour blend 200 g", 1200, "Chocolate and nuts, medium roast."),
    "beans-ethiopia-200": ("エチオピア 200g / Ethiopia 200 g", 1500, "Jasmine and lemon, light roast."),
    "beans-decaf-200": ("デカフェ 200g / Decaf 200 g", 1400, "Caramel, water process."),
    "dripper-01": ("ドリッパー / Dripper", 2400, "Ceramic, for one or two cups."),
    "filters-100": ("フィルター 100枚 / 100 filters", 480, "Unbleached paper."),
    "mug-harbour": ("マグカップ / Harbour mug", 1980, "300 ml, made in Mino."),
}


def plant(sim: "Simulator") -> None:
    """Fill an empty world."""
    world = sim.world
    world.portfolios[PORTFOLIO] = Portfolio(PORTFOLIO, BUSINESS)
    version = sim.settings.webhooks.version
    world.apps[APP] = App(APP, APP_SECRET, fields=dict.fromkeys(sorted(FIELDS), version))
    world.tokens[TOKEN] = Token(TOKEN, APP, [WABA])
    world.wabas[WABA] = Waba(WABA, BUSINESS, PORTFOLIO, subscribed={APP: None})
    world.numbers[NUMBER] = Number(
        id=NUMBER,
        waba_id=WABA,
        digits="815012345678",
        display="+81 50-1234-5678",
        name=BUSINESS,
        pin="123456",
        profile={
            "about": "Coffee by the harbour, 8:00-19:00",
            "address": "1-2-3 Kaigan-dori, Naka-ku, Yokohama",
            "description": "A small roastery and café.",
            "email": "hello@minato-coffee.example",
            "websites": ["https://minato-coffee.example/"],
            "vertical": "RESTAURANT",
        },
    )
    for customer in CUSTOMERS:
        world.customers[customer.id] = Customer(**{f: getattr(customer, f) for f in Customer.__slots__})
    plant_templates(sim, WABA)
    world.catalogs[CATALOG] = Catalog(CATALOG, WABA, BUSINESS, {id_: _product(id_) for id_ in PRODUCTS})
    world.flows[FLOW] = Flow(
        FLOW,
        WABA,
        "contact_form",
        ["CONTACT_US"],
        status="PUBLISHED",
        draft=CONTACT_FORM,
        published=CONTACT_FORM,
        updated_at=sim.clock.now(),
    )
    for kind in ("portfolios", "apps", "tokens", "wabas", "numbers", "customers", "catalogs", "flows"):
        for key in getattr(world, kind):
            sim.store.touch(kind, key)


def _product(retailer_id: str) -> Json:
    name, price, words = PRODUCTS[retailer_id]
    page = f"https://minato-coffee.example/shop/{retailer_id}"
    return {
        "name": name,
        "description": words,
        "price": price,
        "currency": "JPY",
        "availability": "in stock",
        "image_url": f"{page}.jpg",
        "url": page,
    }


def plant_templates(sim: "Simulator", waba_id: str) -> None:
    for name, language, category, status, form, components in TEMPLATES:
        template = Template(
            id=ids.numeric_id(),
            waba_id=waba_id,
            name=name,
            language=language,
            category=category,
            status=status,
            components=components,
            parameter_format=form,
            quality={"APPROVED": "GREEN", "PAUSED": "RED"}.get(status, "UNKNOWN"),
            rejected_reason="PROMOTIONAL" if status == "REJECTED" else "NONE",
            created_at=sim.clock.now(),
        )
        sim.world.templates[template.id] = template
        sim.store.touch("templates", template.id)
