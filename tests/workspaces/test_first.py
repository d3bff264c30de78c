"""The first workspace, made in the browser by whoever can read the terminal, and what is left to do after it."""

import asyncio
from typing import Any

import httpx
import psycopg

from madoguchi.core.ids import new_id
from madoguchi.db.installation import offer_set_up
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import SECRET_KEY, WHATSAPP, Workspace

WANTED = {
    "workspace": "港コーヒー",
    "name": "田中 葵",
    "email": "Aoi@Example.com",
    "password": "a long enough password",
    "locale": "ja",
    "time_zone": "Asia/Tokyo",
}


def offered(dsn: str) -> str | None:
    with psycopg.connect(dsn) as connection:
        return offer_set_up(connection, SECRET_KEY)


async def begun(web: Web, dsn: str) -> httpx.AsyncClient:
    """The browser of an owner who has just begun."""
    browser = await web.client()
    answer = await browser.post("setup", json={**WANTED, "token": offered(dsn)})
    assert answer.status_code == 201, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return browser


async def test_the_first_workspace_is_made_once_and_by_the_token(web: Web, dsn: str) -> None:
    stranger = await web.client()
    assert (await stranger.post("setup", json={**WANTED, "token": "x"})).status_code == 409, "nothing was offered yet"
    token = offered(dsn)
    assert token == offered(dsn), "every node and every start prints the same"
    assert (await stranger.get("setup")).json() == {"needed": True}
    wrong = await stranger.post("setup", json={**WANTED, "token": "0" * 32})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["reason"]) == (403, "forbidden", "set_up_token")
    for poor, field in (({"password": "short"}, "password"), ({"time_zone": "Mars/Base"}, "time_zone")):
        refused = await stranger.post("setup", json={**WANTED, **poor, "token": token})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    body = {**WANTED, "token": token}
    made = await asyncio.gather(*(stranger.post("setup", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in made) == [201, 409, 409]
    assert (await stranger.get("setup")).json() == {"needed": False}
    assert offered(dsn) is None, "it was good for one"
    browser = await web.signed_in("aoi@example.com", WANTED["password"])
    me = (await browser.get("me")).json()
    assert (me["agent"]["role"], me["agent"]["name"], me["workspace"]["locale"]) == ("owner", "田中 葵", "ja")
    tokens = (await browser.get(f"agents/{me['agent']['id']}/tokens")).json()
    assert tokens["items"] == [], "no token was made that nobody saw"


async def test_the_first_steps_know_what_was_done(web: Web, dsn: str, database: Database) -> None:
    owner = await begun(web, dsn)
    assert await states(owner) == dict.fromkeys(("workspace", "inbox", "colleague", "message", "answer"), "open")
    await owner.patch("setup/steps", json={"step": "workspace"})
    await owner.patch("setup/steps", json={"step": "colleague", "state": "skipped"})
    await owner.post("inboxes", json={"channel": "whatsapp", "name": "Shop", "credentials": WHATSAPP})
    found = await states(owner)
    assert [found[n] for n in ("workspace", "inbox", "colleague", "message")] == ["done", "done", "skipped", "open"]
    await owner.post("agents", json={"name": "Ken", "email": "ken@example.com"})
    assert (await states(owner))["colleague"] == "done", "what was skipped and done anyhow is done"
    await written(database, "in", "contact", "received")
    await written(database, "out", "agent", "failed")
    found = await states(owner)
    assert (found["message"], found["answer"]) == ("done", "open"), "an answer that did not leave is none"
    assert (await owner.get("setup/steps")).json()["over"] is False
    await written(database, "out", "agent", "delivered")
    over = (await owner.get("setup/steps")).json()
    assert (over["over"], over["phone_url"]) == (True, None)


async def test_they_end_when_the_owner_wants_no_more(web: Web, dsn: str) -> None:
    owner = await begun(web, dsn)
    assert (await owner.patch("setup/steps", json={"over": True})).json()["over"] is True
    assert (await owner.patch("setup/steps", json={"step": "dance"})).status_code == 422


async def test_they_are_the_owners_and_only_of_new_workspaces(web: Web, workspace: Workspace) -> None:
    for person in (workspace.owner, workspace.agent):
        found = (await (await web.client(person)).get("setup/steps")).json()
        assert (found["steps"], found["over"]) == ([], True)
    agent = await web.client(workspace.agent)
    assert (await agent.patch("setup/steps", json={"over": True})).status_code == 403
    owner = await web.client(workspace.owner)
    assert (await owner.post("setup/simulator")).status_code == 404, "none runs here"


async def states(owner: httpx.AsyncClient) -> dict[str, str]:
    steps: list[dict[str, Any]] = (await owner.get("setup/steps")).json()["steps"]
    return {step["name"]: step["state"] for step in steps}


async def written(database: Database, direction: str, author: str, status: str) -> None:
    async with database.system() as tx:
        row = await (await tx.execute("SELECT workspace_id, id FROM inboxes")).fetchone()
        assert row is not None
        values = {"w": row["workspace_id"], "i": row["id"], "c": new_id(), "v": new_id(), "m": new_id()}
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at) VALUES (%(w)s, %(c)s, '', now(), now())",
            values,
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, status, last_activity_id, created_at,"
            " updated_at) VALUES (%(w)s, %(v)s, %(i)s, %(c)s, 'open', %(m)s, now(), now())",
            values,
        )
        await tx.execute(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status,"
            " author_kind, created_at) VALUES (%(w)s, %(m)s, %(v)s, %(i)s, %(d)s, 'text', 'hi', %(s)s, %(a)s, now())",
            {**values, "d": direction, "s": status, "a": author},
        )
