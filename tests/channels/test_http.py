"""The guarded way out: did the request leave, is the answer bounded, is nothing left open?"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from madoguchi.channels import http as http_module
from madoguchi.channels.http import Http, HttpFailure
from tests.channels.provider import Provider, running_provider


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(total_seconds=5, limit=1) as http:
        yield http


async def test_nobody_listens_so_nothing_left(http: Http) -> None:
    with pytest.raises(HttpFailure) as caught:
        await http.request("POST", "http://127.0.0.1:9/", json={})
    assert not caught.value.left


async def test_a_broken_connection_may_have_left(http: Http, provider: Provider) -> None:
    provider.answers = [{"drop": True}]
    with pytest.raises(HttpFailure) as caught:
        await http.request("POST", provider.url, json={})
    assert caught.value.left


async def test_a_silent_provider_may_have_taken_it(http: Http) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(HttpFailure) as caught:
        await http.request("POST", f"http://127.0.0.1:{port}/", json={}, seconds=0.2)
    assert caught.value.left
    server.close()


async def test_a_redirect_is_an_answer_like_any_other(http: Http, provider: Provider) -> None:
    provider.answers = [{"status": 302, "headers": {"Location": f"{provider.url}/elsewhere"}}]
    answer = await http.request("GET", f"{provider.url}/here", headers={"Authorization": "Bearer x"})
    assert answer.status == 302
    assert [each["path"] for each in provider.requests] == ["/here"]


async def test_an_answer_beyond_the_limit_is_none(
    http: Http, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "ANSWER_LIMIT", 100)
    provider.answers = [{"text": "x" * 100}, {"text": "x" * 101}]
    assert len((await http.request("GET", provider.url)).body) == 100
    with pytest.raises(HttpFailure, match="larger"):
        await http.request("GET", provider.url)


async def test_a_download_closed_unread_frees_the_connection(http: Http, provider: Provider) -> None:
    """The session has one connection: a leak would leave the second request waiting."""
    provider.answers = [{"text": "x" * 100_000}, {"text": "y" * 200_000}]
    _, first = await http.stream(f"{provider.url}/file")
    await first.aclose()
    answer, second = await asyncio.wait_for(http.stream(f"{provider.url}/file"), 3)
    assert answer.status == 200
    assert len(b"".join([chunk async for chunk in second])) == 200_000
    await second.aclose()


async def test_an_answer_that_is_no_json_is_none(http: Http, provider: Provider) -> None:
    provider.answers = [{"text": "<html>"}]
    assert (await http.request("GET", provider.url)).json() is None


async def test_a_download_that_has_ended_has_ended(http: Http, provider: Provider) -> None:
    """Who reads the head of a small file first comes to its end there, and then reads on."""
    provider.answers = [{"status": 200, "text": "a small file"}]
    _, download = await http.stream(f"{provider.url}/file")
    assert b"".join([chunk async for chunk in download])
    assert [chunk async for chunk in download] == []


async def test_one_inbox_does_not_carry_the_cookies_of_another(http: Http) -> None:
    """The session is shared by all tenants; a provider's cookie is nobody else's."""
    seen: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        answer = web.Response(text="{}")
        answer.set_cookie("tenant", "one")
        return answer

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    for _ in range(2):
        await http.request("GET", f"http://localhost:{port}/")
    await runner.cleanup()
    assert seen == [None, None]
