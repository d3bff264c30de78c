"""Every kind of message to tap on, as the connector makes it, is taken; what breaks Meta's limits is not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from madoguchi.channels import registry
from madoguchi.simulator import views
from madoguchi.simulator.seed import CATALOG, FLOW, WABA
from madoguchi.simulator.state import Catalog
from tests.simulator.lab import NUMBER, Lab

Json = dict[str, Any]
FILE = registry.FOLDER / "whatsapp" / "cases" / "outbound_interactive.json"
CASES = json.loads(FILE.read_text("utf-8"))["cases"]


async def upload(lab: Lab) -> str:
    response = await lab.client.post(
        f"/graph/v26.0/{NUMBER}/media",
        headers={"Authorization": "Bearer EAAdemo-minato-token"},
        data={"messaging_product": "whatsapp", "type": "image/png"},
        files={"file": ("f.png", b"pixels", "image/png")},
    )
    return str(response.json()["id"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
async def test_what_the_connector_sends_is_taken(lab: Lab, case: Json) -> None:
    await lab.write()
    sent = json.dumps(case["requests"][0]["json"]["interactive"])
    for number in range(sent.count("meta-")):
        sent = sent.replace(f"meta-{number}", await upload(lab))
    interactive = json.loads(sent)
    if interactive["type"] == "flow":
        form = lab.sim.world.flows[FLOW]
        lab.sim.world.flows["1"] = replace(form, id="1", name="the form of the case")
    lab.sim.world.catalogs["c"] = _catalog_of_the_cases(lab)
    answer = await lab.send({"type": "interactive", "interactive": interactive})
    assert answer.status_code == 200, answer.text
    await lab.quiet()
    assert {status["status"] for status in lab.product.statuses} >= {"sent", "delivered"}


def _catalog_of_the_cases(lab: Lab) -> Catalog:
    [product, *_] = lab.sim.world.catalogs[CATALOG].products.values()
    return Catalog("c", WABA, "the goods of the cases", dict.fromkeys(("p", "p1", "p2", "a", "b"), product))


async def test_the_phone_gets_the_pictures_of_the_cards(lab: Lab) -> None:
    await lab.write()
    pictures = [await upload(lab), await upload(lab)]
    answer = await lab.send({"type": "interactive", "interactive": carousel(*map(card, pictures))})
    wamid = answer.json()["messages"][0]["id"]
    shown = views.message(lab.sim, lab.sim.world.messages[wamid])
    assert [each["url"] for each in shown["cards"]] == [f"/_sim/media/{id_}" for id_ in pictures]


def card(picture: str, **changes: Any) -> Json:
    link = {"display_text": "Open", "url": "https://example.com/"}
    header = {"type": "image", "image": {"id": picture}}
    return {"header": header, "action": {"name": "cta_url", "parameters": link}, "type": "cta_url", **changes}


def carousel(*cards: Json) -> Json:
    return {"type": "carousel", "body": {"text": "b"}, "action": {"cards": list(cards)}}


WRONG: list[tuple[str, Json, str]] = [
    ("one card", carousel(card("1")), "cards"),
    ("eleven cards", carousel(*(card("1") for _ in range(11))), "cards"),
    ("no picture", carousel(card("1"), card("1", header={})), "cards"),
    ("three line breaks", carousel(card("1"), card("1", body={"text": "a\n\n\nb"})), "line breaks"),
    ("a file of nobody", carousel(card("1"), card("2")), "does not exist"),
    (
        "sections without titles",
        {
            "type": "product_list",
            "header": {"type": "text", "text": "h"},
            "body": {"text": "b"},
            "action": {"catalog_id": "c", "sections": [{"product_items": [{"product_retailer_id": "p"}]}] * 2},
        },
        "title",
    ),
    (
        "an address in Japan",
        {
            "type": "address_message",
            "body": {"text": "b"},
            "action": {"name": "address_message", "parameters": {"country": "JP"}},
        },
        "country",
    ),
]


@pytest.mark.parametrize(
    ("name", "interactive", "words"), WRONG, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_what_breaks_the_limits_is_refused(lab: Lab, name: str, interactive: Json, words: str) -> None:
    answer = await lab.send({"type": "interactive", "interactive": interactive})
    assert answer.status_code == 400, name
    assert words in answer.text
