"""Signing in, staying in, and the ways to get in without being asked."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from madoguchi.agents import sessions
from madoguchi.api import auth, throttle
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import RateLimited
from madoguchi.db.pool import Database
from madoguchi.workspaces.service import NewWorkspace, create_workspace
from tests.support.web import Web
from tests.support.world import Workspace

PASSWORD = "correct horse battery"


async def add_agent(web: Web, workspace: Workspace, email: str = "new@example.com") -> str:
    owner = await web.client(workspace.owner)
    answer = await owner.post("agents", json={"name": "New", "email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_sign_in_and_out(web: Web, workspace: Workspace) -> None:
    agent_id = await add_agent(web, workspace)
    browser = await web.signed_in(" New@Example.com ", PASSWORD)
    me = (await browser.get("me")).json()
    assert me["agent"]["id"] == agent_id
    assert me["workspace"]["id"] == str(workspace.id)
    assert me["csrf_token"] == browser.cookies["madoguchi_csrf"]
    cookie = browser.cookies["madoguchi_session"]
    assert (await browser.delete("session")).status_code == 204
    stolen = await (await web.client()).get("me", headers={"Cookie": f"madoguchi_session={cookie}"})
    assert stolen.status_code == 401


async def test_the_cookies_are_guarded(web: Web, workspace: Workspace) -> None:
    await add_agent(web, workspace)
    answer = await (await web.client()).post("session", json={"email": "new@example.com", "password": PASSWORD})
    by_name = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert "HttpOnly" in by_name["madoguchi_session"]
    assert "HttpOnly" not in by_name["madoguchi_csrf"]
    assert all("SameSite=lax" in line for line in by_name.values())


async def test_a_wrong_password_and_an_unknown_address_look_alike(web: Web, workspace: Workspace) -> None:
    await add_agent(web, workspace)
    stranger = await web.client()
    answers = [
        await stranger.post("session", json={"email": email, "password": "wrong password"})
        for email in ("new@example.com", "nobody@example.com", workspace.owner.email)
    ]
    bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]
    assert "set-cookie" not in answers[0].headers


async def test_guessing_is_slowed_down(web: Web, workspace: Workspace) -> None:
    await add_agent(web, workspace)
    stranger = await web.client()
    wrong = {"email": "new@example.com", "password": "wrong password"}
    answers = [await stranger.post("session", json=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 301
    # The right one waits too, or guessing would only have to go on.
    right = await stranger.post("session", json={"email": "new@example.com", "password": PASSWORD})
    assert right.status_code == 429


async def test_after_a_while_one_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_WINDOW_SECONDS", 0.05)
    guard = throttle.Throttle()
    for _ in range(10):
        guard.begin("a@example.com", "10.0.0.1")
    with pytest.raises(RateLimited):
        guard.begin("a@example.com", "10.0.0.1")
    guard.begin("a@example.com", "10.0.0.2")
    await asyncio.sleep(0.06)
    guard.begin("a@example.com", "10.0.0.1")


async def test_the_password_decides_between_workspaces(web: Web, context: Context, workspace: Workspace) -> None:
    await add_agent(web, workspace, "both@example.com")
    other = await create_workspace(context.db, NewWorkspace("Other", "both@example.com", "another password"))
    for password, expected in ((PASSWORD, workspace.id), ("another password", other.workspace_id)):
        browser = await web.signed_in("both@example.com", password)
        assert (await browser.get("me")).json()["workspace"]["id"] == str(expected)


@pytest.mark.parametrize("header", [None, "", "wrong", "é"])
async def test_a_change_by_cookie_needs_the_header(web: Web, workspace: Workspace, header: str | None) -> None:
    agent_id = await add_agent(web, workspace)
    browser = await web.signed_in("new@example.com", PASSWORD)
    del browser.headers["X-CSRF-Token"]
    headers = {} if header is None else {"X-CSRF-Token": header.encode()}
    answer = await browser.patch(f"agents/{agent_id}", json={"name": "Forged"}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert answer.json()["reason"] == "csrf"
    assert (await browser.get("me")).json()["agent"]["name"] == "New"


async def test_the_header_of_another_session_is_worth_nothing(web: Web, workspace: Workspace) -> None:
    agent_id = await add_agent(web, workspace)
    browser = await web.signed_in("new@example.com", PASSWORD)
    attacker = await web.signed_in("new@example.com", PASSWORD)
    foreign = attacker.cookies["madoguchi_csrf"]
    # Also when a neighbouring site managed to plant the cookie.
    browser.cookies.set("madoguchi_csrf", foreign)
    answer = await browser.patch(f"agents/{agent_id}", json={"name": "X"}, headers={"X-CSRF-Token": foreign})
    assert answer.status_code == 403


async def test_a_session_ends(web: Web, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_agent(web, workspace)
    monkeypatch.setattr(auth, "_REMEMBERED_SECONDS", 0.0)
    browser = await web.signed_in("new@example.com", PASSWORD)
    later = clock.now() + sessions.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await browser.get("me")).status_code == 401


async def test_a_used_session_lasts(web: Web, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_agent(web, workspace)
    monkeypatch.setattr(auth, "_REMEMBERED_SECONDS", 0.0)
    browser = await web.signed_in("new@example.com", PASSWORD)
    start = clock.now()
    for days in (20, 45):
        moment = start + timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert (await browser.get("me")).status_code == 200


async def test_a_new_password_ends_the_other_sessions(
    web: Web, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_REMEMBERED_SECONDS", 0.0)
    agent_id = await add_agent(web, workspace)
    mine, other = [await web.signed_in("new@example.com", PASSWORD) for _ in range(2)]
    change = {"password": "a new password", "current_password": "guessed"}
    assert (await mine.patch(f"agents/{agent_id}", json=change)).status_code == 422
    change["current_password"] = PASSWORD
    assert (await mine.patch(f"agents/{agent_id}", json=change)).status_code == 200
    assert (await mine.get("me")).status_code == 200
    assert (await other.get("me")).status_code == 401
    await web.signed_in("new@example.com", "a new password")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer nonsense", "Bearer mdg_" + "A" * 54, "Bearer mdg_é", "Basic abc", "Bearer", "mdg_" + "A" * 54],
)
async def test_what_is_no_token_is_refused(web: Web, authorization: str) -> None:
    answer = await (await web.client()).get("me", headers={"Authorization": authorization.encode()})  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("cookie", ["x", "A" * 54, '"', "mdg_" + "A" * 54])
async def test_what_is_no_session_is_refused(web: Web, cookie: str) -> None:
    answer = await (await web.client()).get("me", headers={"Cookie": f"madoguchi_session={cookie}"})
    assert answer.status_code == 401


async def test_a_token_cannot_be_used_as_a_cookie_past_csrf(web: Web, workspace: Workspace) -> None:
    stranger = await web.client()
    stranger.cookies.set("madoguchi_session", workspace.owner.token)
    answer = await stranger.post("agents", json={"name": "X", "email": "x@example.com"})
    assert answer.status_code in {401, 403}


async def test_a_revoked_token_stops_within_five_seconds(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    made = (await owner.post(f"agents/{workspace.agent.id}/tokens", json={"name": "shop"})).json()
    program = await web.client()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.get("me")).status_code == 200
    assert (await owner.delete(f"agents/{workspace.agent.id}/tokens/{made['id']}")).status_code == 204
    assert await refused_within(program, 5)


async def test_a_disabled_agent_stops_within_five_seconds(web: Web, workspace: Workspace) -> None:
    await add_agent(web, workspace)
    browser = await web.signed_in("new@example.com", PASSWORD)
    agent_id = (await browser.get("me")).json()["agent"]["id"]
    owner = await web.client(workspace.owner)
    assert (await owner.patch(f"agents/{agent_id}", json={"status": "disabled"})).status_code == 200
    assert await refused_within(browser, 5)
    again = await (await web.client()).post("session", json={"email": "new@example.com", "password": PASSWORD})
    assert again.status_code == 401


async def refused_within(client: httpx.AsyncClient, seconds: float) -> bool:
    async with asyncio.timeout(seconds):
        while (await client.get("me")).status_code != 401:
            await asyncio.sleep(0.2)
    return True


async def test_sessions_and_tokens_are_stored_as_digests_only(
    web: Web, workspace: Workspace, database: Database
) -> None:
    await add_agent(web, workspace)
    browser = await web.signed_in("new@example.com", PASSWORD)
    async with database.system() as tx:
        session = await (await tx.execute("SELECT * FROM sessions")).fetchone()
        agent = await (await tx.execute("SELECT * FROM agents WHERE email = 'new@example.com'")).fetchone()
    assert browser.cookies["madoguchi_session"] not in str(session)
    assert agent is not None
    assert agent["password_hash"].startswith("$argon2id$")


async def test_another_site_cannot_sign_somebody_in(web: Web, workspace: Workspace) -> None:
    await add_agent(web, workspace)
    stranger = await web.client()
    right = {"email": "new@example.com", "password": PASSWORD}
    foreign = await stranger.post("session", json=right, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["reason"]) == (403, "origin")
    assert (await stranger.post("session", json=right, headers={"Origin": web.url})).status_code == 201


async def test_one_sees_and_ends_where_one_is_signed_in(
    web: Web, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_REMEMBERED_SECONDS", 0)
    await add_agent(web, workspace)
    desk, phone, lost = [await web.signed_in("new@example.com", PASSWORD) for _ in range(3)]
    other = await web.client(workspace.owner)
    found = (await desk.get("me/sessions")).json()
    assert [each["current"] for each in found].count(True) == 1
    assert len(found) == 3
    assert desk.cookies["madoguchi_session"] not in str(found)
    own = next(each["id"] for each in (await lost.get("me/sessions")).json() if each["current"])
    assert (await other.delete(f"me/sessions/{own}")).status_code == 404, "somebody else's"
    assert (await desk.delete(f"me/sessions/{own}")).status_code == 204
    assert (await desk.delete("me/sessions/nonsense")).status_code in {400, 404, 422}
    assert [(await each.get("me")).status_code for each in (desk, phone, lost)] == [200, 200, 401]
    assert (await desk.delete("me/sessions")).status_code == 204
    assert [(await each.get("me")).status_code for each in (desk, phone)] == [200, 401]
