"""Every error is a problem+json, and none tells more than it should."""

from datetime import UTC, datetime

import httpx
import pytest

from madoguchi.agents import service
from madoguchi.api.problem import body_of
from madoguchi.context import Context
from madoguchi.core.errors import WindowClosed
from tests.support.web import Web
from tests.support.world import Workspace


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    return body


async def test_nothing_is_at_an_unknown_address(web: Web) -> None:
    client = await web.client()
    problem(await client.get("nothing"), 404, "not_found")
    problem(await client.get(f"{web.url}/assets/nothing.js"), 404, "not_found")


async def test_another_method_is_refused(web: Web) -> None:
    problem(await (await web.client()).put("session"), 405, "method_not_allowed")


async def test_a_field_that_is_wrong_is_named(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    body = problem(await client.post("agents", json={"name": "X", "email": "no address"}), 422, "invalid")
    assert body["errors"][0]["field"] == "email"  # type: ignore[index]
    body = problem(await client.get("agents", params={"limit": 201}), 422, "invalid")
    assert body["errors"][0]["field"] == "limit"  # type: ignore[index]
    body = problem(await client.get("agents", params={"cursor": "%%%"}), 422, "invalid")
    assert body["errors"][0]["field"] == "cursor"  # type: ignore[index]


async def test_an_unknown_field_is_refused(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    answer = await client.post("agents", json={"name": "X", "email": "x@example.com", "is_admin": True})
    body = problem(answer, 422, "invalid")
    assert [each["field"] for each in body["errors"]] == ["is_admin"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "X"}, "email"),
        ({"channel": "whatsapp", "kind": "phone"}, "value"),
        ({"channel": "whatsapp", "kind": "phone", "value": "1", "colour": "red"}, "identities.0.colour"),
    ],
)
async def test_a_missing_field_is_named_with_its_place(
    web: Web, workspace: Workspace, given: dict[str, str], field: str
) -> None:
    client = await web.client(workspace.owner)
    path, body = ("agents", given) if "name" in given else ("contacts", {"name": "X", "identities": [given]})
    refused = problem(await client.post(path, json=body), 422, "invalid")
    assert refused["errors"][0]["field"].replace("[", ".").replace("]", "").endswith(field)  # type: ignore[index]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b"{}"])
async def test_a_body_that_cannot_be_read(web: Web, workspace: Workspace, body: bytes) -> None:
    client = await web.client(workspace.owner)
    problem(await client.post("agents", content=body, headers={"Content-Type": "application/json"}), 422, "invalid")


async def test_a_body_that_is_too_large(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    large = {"name": "x" * 1_100_000, "email": "x@example.com"}
    problem(await client.post("agents", json=large), 413, "too_large")
    problem(await client.post("agents", json=large, headers={"Idempotency-Key": "large"}), 413, "too_large")


async def test_a_fault_of_ours_tells_only_its_number(
    web: Web, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(service, "get_agents", fail)
    answer = await (await web.client(workspace.owner)).get("agents")
    body = problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert body["request_id"] == answer.headers["x-request-id"]


async def test_the_database_is_away(web: Web, workspace: Workspace, context: Context) -> None:
    client = await web.client(workspace.owner)
    await context.db._pool.close()
    answer = await client.get("agents")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert (await client.get(f"{web.url}/readyz")).status_code == 503
    assert (await client.get(f"{web.url}/healthz")).status_code == 200


async def test_answers_carry_the_guarding_headers(web: Web, workspace: Workspace) -> None:
    answer = await (await web.client(workspace.owner)).get("me")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]


def test_times_of_a_refusal_are_written_as_everywhere() -> None:
    closed = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert b'"closed_at":"2026-11-22T09:30:00.000Z"' in body_of(WindowClosed("late", closed_at=closed))
