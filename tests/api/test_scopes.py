"""What a limited token may not reach by a side door."""

from madoguchi.channels.base import InboxConfig
from madoguchi.db.pool import Database
from tests.support.threads import make_thread, receive
from tests.support.web import Web
from tests.support.world import Workspace


async def test_an_export_holds_messages_and_needs_the_right_to_read_them(
    web: Web, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    await receive(database, thread, "my secret")
    owner = await web.client(workspace.owner)
    for scopes, status in ((["contacts:read"], 403), (["contacts:read", "messages:read", "conversations:read"], 200)):
        made = await owner.post(f"agents/{workspace.owner.id}/tokens", json={"name": "t", "scopes": scopes})
        limited = await web.client()
        limited.headers["Authorization"] = f"Bearer {made.json()['token']}"
        answer = await limited.get(f"contacts/{thread.contact_id}/export")
        assert answer.status_code == status, answer.text
