"""A working day in a few minutes' work: every page is read, customers write, agents answer, the jobs run."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations.counts import do_fold
from madoguchi.conversations.giving import do_take_back
from madoguchi.conversations.snooze import do_wake_due
from madoguchi.db.pool import dedicated
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.process import match_waiting
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.notifications.planner import plan
from madoguchi.search.index import do_index
from tests.inbound.conftest import Pipeline
from tests.outbound.conftest import Desk
from tests.support.meta import status, text_message, webhook
from tests.support.web import Web
from tests.support.world import Workspace

_OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"
# They ask the provider, or hand out everything of one person or of all.
_NOT_A_SCREEN = ("/account/", "/contacts/export", "/logos/", "/invitations/")
_LISTS: tuple[dict[str, Any], ...] = (
    {"status": "open"},
    {"view": "mine", "status": "open"},
    {"view": "unassigned", "status": "open"},
    {"label": "vip", "status": "open"},
    {"view": "mentions"},
    {"label": "rare"},
    {"label": "rare", "sort": "waiting"},
    {"status": "open", "sort": "waiting"},
    {"status": "open", "sort": "closing"},
    {"unread": "true", "status": "open"},
    {"failed": "true"},
    {"q": "花子 12", "status": "open"},
    {"q": "nobody is called so", "status": "open"},
    {"q": "+81 90 0000 0012"},
)
_QUESTIONS = ("返金", "tracking number", "#123", "領収書 invoice", "nothing like this")


class Everyday:
    def __init__(self, context: Context, web: Web, workspace: Workspace, inbox: InboxConfig) -> None:
        self._context = context
        self._web = web
        self._workspace = workspace
        self._inbox = inbox

    async def live(self) -> None:
        client = await self._web.client(self._workspace.owner)
        page = (await client.get("conversations", params={"status": "open", "view": "unassigned"})).json()["items"]
        mine = next(each for each in page if each["inbox_id"] == str(self._inbox.id))
        await self._customers_write(mine)
        await self._agents_work(client, mine)
        await self._read_every_page(client, mine)
        await self._jobs_run()

    async def catch_up(self) -> None:
        """What follows the events has seen them all: it is the cost of a day that is asked for, not of the past."""
        await do_index(self._context.db)
        await plan(self._context.db)

    async def _customers_write(self, conversation: dict[str, Any]) -> None:
        directory = InboxDirectory(self._context.db, self._context.secrets)
        commit = GroupCommit(self._context.db.dsn)
        commit.start()
        work = await dedicated(self._context.db.dsn)
        pipeline = Pipeline(self._context.db, directory, Receiver(directory, commit), work)
        phone = await self._phone_of(conversation["contact"]["id"])
        for sender in (phone, "819077770001"):
            said = text_message("a new word", **{"from": sender, "from_user_id": f"JP.{sender[2:]}"})
            assert await pipeline.post(self._inbox, webhook(said)) == 200
            await pipeline.process()
        sent = await pipeline.all(
            "/* the test's own */ SELECT provider_id FROM messages WHERE direction = 'out' AND provider_id <> '' ORDER BY id DESC LIMIT 3"
        )
        receipts = [status(row["provider_id"], name) for row in sent for name in ("delivered", "read")]
        assert await pipeline.post(self._inbox, webhook(statuses=tuple(receipts))) == 200
        await pipeline.process()
        await match_waiting(work, directory, range(64))
        await commit.stop()
        await work.close()

    async def _phone_of(self, contact_id: str) -> str:
        async with self._context.db.system() as tx:
            query = "/* the test's own */ SELECT value FROM contact_identities WHERE contact_id = %s"
            row = await (await tx.execute(query, (UUID(contact_id),))).fetchone()
        assert row
        return str(row["value"])

    async def _agents_work(self, client: httpx.AsyncClient, conversation: dict[str, Any]) -> None:
        at = f"conversations/{conversation['id']}"
        await _do(client.post(f"{at}/claim"))
        sent = await _do(client.post(f"{at}/messages", json={"type": "text", "text": "an answer"}))
        await _do(client.post(f"{at}/messages", json={"type": "note", "text": "a note"}))
        await _do(client.post(f"{at}/read"))
        await _do(client.patch(at, json={"labels": ["vip"]}))
        await _do(client.patch(at, json={"status": "closed"}))
        await _do(client.patch(at, json={"status": "open"}))
        desk = Desk(self._context, self._workspace, self._inbox, UUID(conversation["id"]))
        async with desk.pump():
            await desk.until(UUID(sent["id"]), "sent")

    async def _read_every_page(self, client: httpx.AsyncClient, conversation: dict[str, Any]) -> None:
        known = await self._known(client, conversation)
        paths = json.loads(_OPENAPI.read_text(encoding="utf-8"))["paths"]
        screens = [
            path for path, ways in paths.items() if "get" in ways and not any(no in path for no in _NOT_A_SCREEN)
        ]
        query = {"q": "coffee", "from": "2023-01-01T00:00:00Z", "to": "2023-02-01T00:00:00Z"}
        assert len(screens) > 40
        for path in screens:
            answer = await client.get(
                path.format_map(known).removeprefix("/api/v1/"), params=query if _asks(paths[path]) else {}
            )
            assert answer.status_code in {200, 403, 404}, (path, answer.text)
        for filters in (*_LISTS, {"contact_id": conversation["contact"]["id"], "unread": "true"}):
            await _do(client.get("conversations", params={**filters, "limit": 10}))
        for question in _QUESTIONS:
            await _do(client.get("search", params={"q": question, "kind": "message"}))
            await _do(client.get("search", params={"q": question}))
        for whom in ("Person 12", "+81 90 0000 0012"):
            await _do(client.get("search", params={"q": whom, "kind": "contact"}))
            await _do(client.get("contacts", params={"q": whom, "limit": 10}))
        seq = (await _do(client.get("events", params={"limit": 1})))["items"][0]["seq"]
        await _do(client.get("events", params={"since": seq}))
        assert (await client.get(f"{self._web.url}/metrics")).status_code == 200

    async def _known(self, client: httpx.AsyncClient, conversation: dict[str, Any]) -> "_Known":
        messages = (await _do(client.get(f"conversations/{conversation['id']}/messages")))["items"]
        return _Known(
            conversation_id=conversation["id"],
            contact_id=conversation["contact"]["id"],
            message_id=messages[0]["id"],
            inbox_id=str(self._inbox.id),
            agent_id=str(self._workspace.agent.id),
        )

    async def _jobs_run(self) -> None:
        db = self._context.db
        await do_fold(db)
        await do_wake_due(db)
        await do_take_back(db)
        await do_index(db)
        await plan(db)


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(UUID(int=7))


def _asks(ways: dict[str, Any]) -> bool:
    return any(each.get("required") and each["in"] == "query" for each in ways["get"].get("parameters", ()))


async def _do(call: Any) -> Any:
    answer = await call
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None
