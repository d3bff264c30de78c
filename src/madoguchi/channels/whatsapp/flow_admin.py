"""Flows at Meta: our public key, the forms of the account, and making one from the folder `flows/`."""

from pathlib import Path
from typing import Any

from madoguchi.channels.forms import Form
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.core.errors import NotFound

_FOLDER = Path(__file__).parent / "flows"
_FIELDS = "id,name,status,validation_errors"


async def upload_key(graph: Graph, public_key: str) -> None:
    await graph.ask("POST", graph.number, "whatsapp_business_encryption", body={"business_public_key": public_key})


async def forms(graph: Graph) -> list[Form]:
    found = clean(await graph.get(graph.account, "flows", params={"fields": _FIELDS, "limit": "100"}))
    rows = found.get("data")
    return [_form(each) for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


async def publish_form(graph: Graph, name: str, endpoint: str) -> Form:
    """Made once by its name; one that is there already as a draft is published. Raises NotFound for an unknown one."""
    known = next((form for form in await forms(graph) if form.name == name), None)
    form_id = known.id if known else await _create(graph, name, endpoint)
    if known is not None:
        await graph.ask("POST", form_id, body={"endpoint_uri": endpoint})
    if known is None or known.status == "draft":
        await graph.ask("POST", form_id, "publish")
    return _form(clean(await graph.get(form_id, params={"fields": _FIELDS})))


async def _create(graph: Graph, name: str, endpoint: str) -> str:
    path = _FOLDER / f"{name}.json"
    if not name.isidentifier() or not path.exists():
        raise NotFound(f"There is no form {name}.")
    body = {"name": name, "categories": ["CONTACT_US"], "flow_json": path.read_text("utf-8"), "endpoint_uri": endpoint}
    made = clean(await graph.ask("POST", graph.account, "flows", body=body))
    return string(made, "id") or ""


def _form(row: dict[str, Any]) -> Form:
    errors = row.get("validation_errors")
    told = tuple(string(each, "message") or "" for each in errors) if isinstance(errors, list) else ()
    return Form(string(row, "id") or "", string(row, "name") or "", (string(row, "status") or "").lower(), told)
