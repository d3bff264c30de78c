"""Makes each part of the product write a line about something that went wrong: see `test_said.py`.

Run as `python -m tests.engine.saying DSN MEDIA`; the ids it worked with are its standard output.
"""

import asyncio
import json
import sys
from typing import Any, NoReturn

import httpx

from madoguchi.app import create_app
from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context, open_context
from madoguchi.conversations.jobs import give
from madoguchi.db.pool import dedicated
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.jobs import defer, run_jobs
from madoguchi.logs import configure_logs
from tests.inbound.conftest import Pipeline
from tests.outbound.conftest import Desk, add_conversation
from tests.support.meta import text_message, webhook
from tests.support.world import SECRET_KEY, make_inbox, make_workspace

PRIVATE = "what-a-customer-wrote"


async def run(dsn: str, media: str) -> dict[str, Any]:
    async with open_context(dsn=dsn, secret_key=SECRET_KEY, media_url=media, public_url="http://localhost") as context:
        workspace = await make_workspace(context.db)
        inbox = await make_inbox(context.db, workspace.id)
        desk = Desk(context, workspace, inbox, await add_conversation(context, inbox, "819011110001"))
        await _process(context, desk, inbox)
        message_id = await _deliver(desk)
        await _job(context, desk)
        await _receive(context, desk, inbox)
        request_id = await _answer(context, desk)
        (aside,) = await desk.all("SELECT ingest_id FROM set_aside")
        return {
            "workspace": str(workspace.id),
            "inbox": str(inbox.id),
            "conversation": str(desk.conversation_id),
            "message": str(message_id),
            "request": request_id,
            "webhook": str(aside["ingest_id"]),
            "token": workspace.agent.token,
        }


async def _process(context: Context, desk: Desk, inbox: InboxConfig) -> None:
    await desk.do(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'poisoned: %%', NEW.text; END $$"
    )
    await desk.do("CREATE TRIGGER poison BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION poison()")
    pipeline = await _pipeline(context)
    await pipeline.post(inbox, webhook(text_message(PRIVATE)))
    await pipeline.process()
    await pipeline.work.close()
    await desk.do("DROP TRIGGER poison ON messages")


async def _deliver(desk: Desk) -> Any:
    async def send(*_: object) -> NoReturn:
        raise RuntimeError("no")

    registry.channel("whatsapp").send = send  # type: ignore[method-assign, assignment]
    message_id = await desk.write(PRIVATE)
    async with desk.pump():
        await desk.until(message_id, "uncertain")
    return message_id


async def _job(context: Context, desk: Desk) -> None:
    async with context.db.system() as tx:
        await defer(tx, give, workspace_id=str(desk.workspace.id), conversation_ids=["not-an-id"])
    stopping = asyncio.Event()
    running = asyncio.create_task(run_jobs(context, stopping))
    await desk.until_one("SELECT id FROM procrastinate_jobs WHERE status = 'failed'")
    stopping.set()
    await running


async def _receive(context: Context, desk: Desk, inbox: InboxConfig) -> None:
    await desk.do("ALTER TABLE ingest_queue RENAME TO elsewhere")
    pipeline = await _pipeline(context)
    await pipeline.post(inbox, webhook(text_message(PRIVATE)))
    await pipeline.work.close()


async def _answer(context: Context, desk: Desk) -> str:
    await desk.do("ALTER TABLE messages RENAME COLUMN text TO elsewhere")
    transport = httpx.ASGITransport(create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        path = f"/api/v1/conversations/{desk.conversation_id}/messages"
        body = {"type": "text", "text": PRIVATE}
        answer = await client.post(path, headers=desk.workspace.agent.bearer, json=body)
    return answer.headers["x-request-id"]


async def _pipeline(context: Context) -> Pipeline:
    directory = InboxDirectory(context.db, context.secrets)
    commit = GroupCommit(context.db.dsn)
    commit.start()
    return Pipeline(context.db, directory, Receiver(directory, commit), await dedicated(context.db.dsn))


if __name__ == "__main__":
    configure_logs("json")
    print(json.dumps(asyncio.run(run(*sys.argv[1:]))))
