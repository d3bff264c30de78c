"""What a workspace asks about its contacts: defined once, checked at every write."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.attributes.models import AttributeOut
from madoguchi.attributes.values import Unfit, read_value
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.world import Workspace, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


@pytest.fixture
async def boss(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.supervisor)


def definition(kind: Any, **more: Any) -> AttributeOut:
    shape: dict[str, Any] = {"options": [], "required": False, "created_at": "", "updated_at": ""}
    return AttributeOut(id=new_id(), key="it", label="It", type=kind, **(shape | more))


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text", " a\u200fb ", "a\u200fb"),
        ("number", "1,200", 1200),
        ("number", "-3.5", -3.5),
        ("boolean", "はい", True),
        ("boolean", "No", False),
        ("date", "2024/4/1", "2024-04-01"),
        ("date", "2024年12月3日", "2024-12-03"),
        ("list", "gold", "gold"),
        ("url", "https://example.com/?q=1", "https://example.com/?q=1"),
        ("phone", "090-1111-0001", "+819011110001"),
        ("phone", "+44 7700 900003", "+447700900003"),
        ("email", " Ann@Example.COM ", "ann@example.com"),
    ],
)
def test_values_are_read_as_people_write_them(kind: str, text: str, kept: Any) -> None:
    assert read_value(definition(kind, options=["gold"]), text, "JP") == kept


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", "x" * 2001),
        ("number", "many"),
        ("number", "nan"),
        ("boolean", "perhaps"),
        ("date", "2024-02-30"),
        ("list", "lead"),
        ("url", "javascript:alert(1)"),
        ("url", "https://"),
        ("phone", "12"),
        ("email", "nobody"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Unfit):
        read_value(definition(kind, options=["gold"]), text, "JP")


async def test_a_contact_is_checked_against_the_definitions(emma: Client, boss: Client) -> None:
    assert (await emma.post("/attributes", {"key": "tier", "label": "Tier"})).status == 403
    tier = await boss.post("/attributes", {"key": "tier", "label": "Tier", "type": "list", "options": ["gold", "lead"]})
    assert tier.status == 201
    await boss.post("/attributes", {"key": "since", "label": "Since", "type": "date", "required": True})
    assert [each["key"] for each in (await emma.get("/attributes")).body["items"]] == ["tier", "since"]

    refused = await emma.post("/contacts", {"name": "Ann", "attributes": {"tier": "silver", "free": {"any": 1}}})
    assert refused.status == 422
    assert [each["field"] for each in refused.body["errors"]] == ["attributes.tier", "attributes.since"]
    made = await emma.post("/contacts", {"name": "Ann", "attributes": {"since": "2024-04-01", "free": {"any": 1}}})
    assert made.body["attributes"] == {"since": "2024-04-01", "free": {"any": 1}}

    path = f"/contacts/{made.body['id']}"
    assert (await emma.patch(path, {"attributes": {"since": None}})).status == 422
    assert (await emma.patch(path, {"attributes": {"tier": "gold"}})).body["attributes"]["tier"] == "gold"
    assert (await emma.patch(path, {"attributes": {"tier": None}})).status == 200
    assert (await emma.patch(path, {"name": "Anne"})).status == 200


async def test_definitions_change_and_go_and_values_stay(emma: Client, boss: Client) -> None:
    made = (await boss.post("/attributes", {"key": "shoe", "label": "Shoe", "type": "number"})).body
    contact = (await emma.post("/contacts", {"name": "Ann", "attributes": {"shoe": 38}})).body
    path = f"/attributes/{made['id']}"
    assert (await boss.patch(path, {"label": "Shoe size", "required": True})).body["label"] == "Shoe size"
    assert (await boss.patch(path, {"options": ["a"]})).status == 422
    assert (await boss.post("/attributes", {"key": "shoe", "label": "Again"})).body["errors"][0]["field"] == "key"
    assert (await boss.post("/attributes", {"key": "tier", "label": "T", "type": "list"})).status == 422
    assert (await boss.post("/attributes", {"key": "Bad Key", "label": "T"})).status == 422
    assert (await emma.delete(path)).status == 403
    assert (await boss.delete(path)).status == 204
    assert (await boss.delete(path)).status == 404
    assert (await emma.get(f"/contacts/{contact['id']}")).body["attributes"] == {"shoe": 38}
    assert (await emma.patch(f"/contacts/{contact['id']}", {"attributes": {"shoe": "free now"}})).status == 200


async def test_tenants_never_meet(programs: Programs, boss: Client, database: Database, workspace: Workspace) -> None:
    made = (await boss.post("/attributes", {"key": "shoe", "label": "Shoe"})).body
    stranger = programs.client((await make_workspace(database, "Elsewhere")).owner)
    assert (await stranger.get("/attributes")).body["items"] == []
    assert (await stranger.patch(f"/attributes/{made['id']}", {"label": "x"})).status == 404
    assert (await stranger.delete(f"/attributes/{made['id']}")).status == 404
    assert (await stranger.post("/attributes", {"key": "shoe", "label": "Mine"})).status == 201
