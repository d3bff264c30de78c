"""Catalogs of products, as far as messages refer to them."""

from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Catalog, Json, Waba

PRODUCT_FIELDS = ("id", "name", "retailer_id")


def of_waba(call: Call, waba: Waba) -> Json:
    return paging.page(call, call.sim.world.catalogs_of(waba.id), lambda c: {"id": c.id, "name": c.name})


def describe(_call: Call, catalog: Catalog) -> Json:
    return {"id": catalog.id, "name": catalog.name, "product_count": len(catalog.products), "vertical": "commerce"}


def products(call: Call, catalog: Catalog) -> Json:
    """`GET /<CATALOG>/products?fields=retailer_id,name,price,…`."""
    wanted = call.fields() or PRODUCT_FIELDS

    def show(retailer_id: str) -> Json:
        everything = _product(catalog, retailer_id)
        return {name: everything[name] for name in wanted if name in everything} | {"id": everything["id"]}

    return paging.page(call, list(catalog.products), show)


def add(call: Call, catalog: Catalog) -> Json:
    """`POST /<CATALOG>/products`: `price` is a number of the currency's units."""
    retailer_id = str(call.need("retailer_id"))
    if retailer_id in catalog.products:
        raise GraphError(100, message=f"(#100) The product {retailer_id} is in the catalog already")
    keys = ("name", "description", "price", "currency", "availability", "image_url", "url")
    catalog.products[retailer_id] = {key: call.params[key] for key in keys if key in call.params}
    call.sim.store.touch("catalogs", catalog.id)
    return {"id": _product(catalog, retailer_id)["id"]}


def _product(catalog: Catalog, retailer_id: str) -> Json:
    place = list(catalog.products).index(retailer_id) + 1
    kept = catalog.products[retailer_id]
    price = f"{kept.get('price', 0):,} {kept.get('currency', 'JPY')}"
    return {**kept, "price": price, "retailer_id": retailer_id, "id": f"{catalog.id}{place:03d}"}
