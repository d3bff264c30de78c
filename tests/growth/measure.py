"""One day in a workspace with so much behind it, and what its queries read."""

import asyncio
from pathlib import Path

from madoguchi.context import open_context
from tests.growth.everyday import Everyday
from tests.growth.history import make_history
from tests.growth.spy import Blocks, watching
from tests.support.meta import running_provider
from tests.support.web import running_web
from tests.support.world import SECRET_KEY, make_inbox, make_workspace

MESSAGES_EACH = 4


async def blocks_of(dsn: str, media: Path, conversations: int) -> Blocks:
    """Of one day in a new workspace with so many conversations behind it."""
    blocks = Blocks()
    async with (
        open_context(
            dsn=dsn, secret_key=SECRET_KEY, media_url=media.as_uri(), public_url="http://127.0.0.1"
        ) as context,
        running_web(context) as web,
        running_provider() as provider,
    ):
        workspace = await make_workspace(context.db)
        inbox = await make_inbox(context.db, workspace.id, graph_url=provider.url)
        await asyncio.to_thread(make_history, dsn, workspace.id, conversations, conversations * MESSAGES_EACH)
        everyday = Everyday(context, web, workspace, inbox)
        await everyday.catch_up()
        with watching(blocks):
            await everyday.live()
    return blocks
