"""Requests that nobody honest sends: refused in words, never a fault of ours."""

import asyncio
from typing import Any

import httpx
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.db.pool import Database
from tests.support.threads import Thread, make_thread
from tests.support.web import Web
from tests.support.world import Workspace


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox)


@pytest.fixture
async def client(web: Web, workspace: Workspace) -> httpx.AsyncClient:
    return await web.client(workspace.owner)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "text", "text": "a\0b"},
        {"type": "note", "text": "a\0b"},
        {"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "a\0b"}},
        {"type": "template", "template": {"name": "a\0", "language": "en"}},
        {"type": "text", "text": "x", "claim": 10**30},
        {"type": "text", "text": "x", "send_at": "9999-12-31T23:59:59-14:00"},
        {"type": "text", "text": "x", "send_at": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_what_the_database_cannot_hold_is_refused(
    client: httpx.AsyncClient, thread: Thread, body: dict[str, Any]
) -> None:
    answer = await client.post(f"conversations/{thread.id}/messages", json=body)
    assert answer.status_code in {201, 409, 422}, answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "conversations?q=%00", None),
        ("GET", "conversations?q=%ED%A0%80", None),
        ("GET", "conversations?label=%00", None),
        ("GET", "contacts?q=%00%F0", None),
        ("GET", "templates?status=%00", None),
        ("POST", "contacts", {"name": "a\0"}),
        ("POST", "contacts", {"name": "a", "attributes": {"n": 10**400}}),
        ("POST", "contacts", {"name": "a", "attributes": {"k\0": "v"}}),
        ("POST", "contacts", {"name": "a", "identities": [{"channel": "whatsapp", "kind": "bsuid", "value": "a\0b"}]}),
        ("POST", "agents", {"name": "a\0b", "email": "a@example.com"}),
        ("POST", "session", {"email": "a\0b@example.com", "password": "x"}),
    ],
)
async def test_no_address_or_field_is_a_fault(client: httpx.AsyncClient, method: str, path: str, body: Any) -> None:
    answer = await client.request(method, path, json=body)
    assert answer.status_code < 500, answer.text


async def test_a_body_nested_without_end_is_refused(client: httpx.AsyncClient) -> None:
    deep = b'{"name": "a", "attributes": {"x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}"
    answer = await client.post("contacts", content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("path", ["/%00", "/a%00.js", "/" + "a" * 3000, "/%ED%A0%80", "/%2e%2e/%2e%2e/etc/passwd"])
async def test_no_page_address_is_a_fault(web: Web, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{web.url}{path}")
    assert answer.status_code < 500, answer.text


async def test_a_range_of_endless_digits_is_none(client: httpx.AsyncClient) -> None:
    uploaded = await client.post("media", files={"file": ("a.txt", b"hello", "text/plain")})
    headers = {"Range": f"bytes=0-{'9' * 5000}"}
    answer = await client.get(f"media/{uploaded.json()['id']}", headers=headers)
    assert answer.status_code in {200, 206}, answer.text


async def test_an_invented_method_makes_no_new_figures(web: Web, client: httpx.AsyncClient) -> None:
    for method in ("PROPFIND", "MKCOL", "LOCK"):
        await client.request(method, f"{web.url}/nothing")
    assert "PROPFIND" not in (await client.get(f"{web.url}/metrics")).text


async def test_guesses_sent_at_once_are_counted_like_others(web: Web, workspace: Workspace) -> None:
    client = await web.client()
    guess = {"email": workspace.owner.email, "password": "wrong password"}
    answers = await asyncio.gather(*(client.post("session", json=guess) for _ in range(30)))
    assert sum(answer.status_code == 401 for answer in answers) <= 10
