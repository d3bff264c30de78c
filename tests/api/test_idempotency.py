"""The same key and request have the effect of one (invariant 2), also at the same time."""

import asyncio

import pytest

from madoguchi.api import unit
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace

BODY = {"name": "New", "email": "new@example.com", "password": "correct horse battery"}


async def count_agents(database: Database) -> int:
    async with database.system() as tx:
        row = await (await tx.execute("SELECT count(*) AS n FROM agents WHERE email LIKE 'new%'")).fetchone()
    assert row
    return int(row["n"])


async def test_the_first_answer_comes_again(web: Web, workspace: Workspace, database: Database) -> None:
    client = await web.client(workspace.owner)
    key = {"Idempotency-Key": "one"}
    first = await client.post("agents", json=BODY, headers=key)
    again = await client.post("agents", json=BODY, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replay"] == "true"
    assert again.headers["content-type"].startswith("application/json")
    assert await count_agents(database) == 1


async def test_ten_at_once_have_the_effect_of_one(web: Web, workspace: Workspace, database: Database) -> None:
    client = await web.client(workspace.owner)
    key = {"Idempotency-Key": "same"}
    answers = await asyncio.gather(*(client.post("agents", json=BODY, headers=key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await count_agents(database) == 1


async def test_another_request_with_the_key_is_a_mismatch(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    key = {"Idempotency-Key": "one"}
    await client.post("agents", json=BODY, headers=key)
    other_body = await client.post("agents", json={**BODY, "name": "Else"}, headers=key)
    other_path = await client.post(f"agents/{workspace.owner.id}/tokens", json={"name": "t"}, headers=key)
    for answer in (other_body, other_path):
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_mismatch"


async def test_keys_belong_to_their_principal(web: Web, workspace: Workspace) -> None:
    key = {"Idempotency-Key": "one"}
    made = [
        await (await web.client(person)).post(f"agents/{person.id}/tokens", json={"name": "t"}, headers=key)
        for person in (workspace.owner, workspace.agent)
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


async def test_a_refusal_is_not_kept(web: Web, workspace: Workspace, database: Database) -> None:
    client = await web.client(workspace.owner)
    key = {"Idempotency-Key": "one"}
    short = {**BODY, "password": "short"}
    assert (await client.post("agents", json=short, headers=key)).status_code == 422
    assert (await client.post("agents", json=BODY, headers=key)).status_code == 201
    assert await count_agents(database) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\u00ad"])
async def test_a_key_has_a_shape(web: Web, workspace: Workspace, key: str) -> None:
    client = await web.client(workspace.owner)
    answer = await client.post("agents", json=BODY, headers={b"Idempotency-Key": key.encode("latin-1")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_the_answer_leaves_after_the_commit_or_not_at_all(
    web: Web, workspace: Workspace, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the commit failed")

    monkeypatch.setattr(unit.Unit, "commit", broken)
    client = await web.client(workspace.owner)
    answer = await client.post("agents", json=BODY)
    assert answer.status_code == 500
    assert await count_agents(database) == 0


async def test_an_answer_without_body_comes_again(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    made = (await client.post(f"agents/{workspace.owner.id}/tokens", json={"name": "t"})).json()
    address = f"agents/{workspace.owner.id}/tokens/{made['id']}"
    for _ in range(2):
        assert (await client.delete(address, headers={"Idempotency-Key": "gone"})).status_code == 204
    assert (await client.delete(address)).status_code == 404
