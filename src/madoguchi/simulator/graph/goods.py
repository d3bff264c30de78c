"""Whether the products a message names are in the account's catalog."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from madoguchi.simulator.graph.errors import invalid
from madoguchi.simulator.state import Catalog, Json, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

SELLING = {"interactive": "interactive", "template": "template.components"}
PRODUCT_KEYS = {"product_retailer_id", "thumbnail_product_retailer_id"}


def check(sim: "Simulator", number: Number, kind: str, body: Json) -> None:
    """Raises 131009 naming the first catalog or product that the account does not have."""
    if kind not in SELLING:
        return
    said = body[kind] if kind == "interactive" else body[kind].get("components")
    catalogs = sim.world.catalogs_of(number.waba_id)
    if kind == "interactive" and said.get("type") == "catalog_message" and not catalogs:
        raise invalid("interactive", "no catalog is connected to this account.")
    _walk(said, SELLING[kind], {catalog.id: catalog for catalog in catalogs}, None)


def _walk(value: Any, path: str, known: dict[str, Catalog], inside: Catalog | None) -> None:
    """`inside` is the catalog named nearest above; without one, any of the account's will do."""
    if isinstance(value, dict):
        inside = _catalog(value, path, known) or inside
        for key in PRODUCT_KEYS & value.keys():
            _check_product(str(value[key]), f"{path}.{key}", [inside] if inside else list(known.values()))
    for place, part in _parts(value, path):
        _walk(part, place, known, inside)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{path}.{key}", part) for key, part in value.items())
    elif isinstance(value, list):
        yield from ((f"{path}[{index}]", part) for index, part in enumerate(value))


def _catalog(value: Json, path: str, known: dict[str, Catalog]) -> Catalog | None:
    wanted = value.get("catalog_id")
    if not wanted:
        return None
    if str(wanted) not in known:
        raise invalid(f"{path}.catalog_id", f"catalog {wanted} is not connected to this account.")
    return known[str(wanted)]


def _check_product(retailer_id: str, path: str, catalogs: list[Catalog]) -> None:
    if not any(retailer_id in catalog.products for catalog in catalogs):
        raise invalid(path, f"product {retailer_id} is not in the catalog.")
