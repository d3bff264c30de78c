"""Products that messages name are looked up in the account's catalog."""

from typing import Any

import pytest

from madoguchi.simulator import seed
from tests.simulator.lab import Json, Lab

HOUSE, GONE = "beans-house-200", "beans-gone"


def _offer(kind: str, action: Json, **more: Any) -> Json:
    interactive = {"type": kind, "body": {"text": "Look"}, "action": action, **more}
    return {"type": "interactive", "interactive": interactive}


def _single(product: str, catalog: str = seed.CATALOG) -> Json:
    return _offer("product", {"catalog_id": catalog, "product_retailer_id": product})


def _several(*products: str) -> Json:
    items = [{"product_retailer_id": product} for product in products]
    action = {"catalog_id": seed.CATALOG, "sections": [{"title": "Beans", "product_items": items}]}
    return _offer("product_list", action, header={"type": "text", "text": "Shop"})


def _cards(*products: str) -> Json:
    cards = [
        {"card_index": index, "type": "product", "action": {"catalog_id": seed.CATALOG, "product_retailer_id": product}}
        for index, product in enumerate(products)
    ]
    return _offer("carousel", {"cards": cards})


def _whole(product: str) -> Json:
    parameters = {"thumbnail_product_retailer_id": product}
    return _offer("catalog_message", {"name": "catalog_message", "parameters": parameters})


@pytest.mark.parametrize("body", [_single(HOUSE), _several(HOUSE, "dripper-01"), _cards(HOUSE, HOUSE), _whole(HOUSE)])
async def test_what_the_catalog_has_is_sent(lab: Lab, body: Json) -> None:
    await lab.write()
    answer = await lab.send(body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (_single(GONE), "interactive.action.product_retailer_id"),
        (_several(HOUSE, GONE), "interactive.action.sections[0].product_items[1].product_retailer_id"),
        (_cards(HOUSE, GONE), "interactive.action.cards[1].action.product_retailer_id"),
        (_whole(GONE), "interactive.action.parameters.thumbnail_product_retailer_id"),
    ],
)
async def test_another_product_is_refused_by_name(lab: Lab, body: Json, place: str) -> None:
    await lab.write()
    answer = await lab.send(body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 131009)
    assert error["error_data"]["details"] == f"{place}: product {GONE} is not in the catalog."


async def test_another_catalog_is_refused_by_name(lab: Lab) -> None:
    error = (await lab.send(_single(HOUSE, "999"))).json()["error"]
    assert error["code"] == 131009
    assert error["error_data"]["details"].startswith("interactive.action.catalog_id: catalog 999")
