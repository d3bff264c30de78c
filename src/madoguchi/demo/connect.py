"""One click instead of an account at a provider: the simulated one, where simulators run beside the product."""

from litestar import post

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.core.errors import ChannelDown, NotFound
from madoguchi.demo.company import CHANNEL, CREDENTIALS, GRAPH_VERSION
from madoguchi.inboxes.models import InboxOut, NewInbox
from madoguchi.inboxes.service import Desk, do_create
from madoguchi.workspaces.profile import get_workspace


@post("/api/v1/setup/simulator", tags=("workspace",), summary="Connect the simulated account")
async def connect_simulator(context: Ctx, principal: Who, tx: Tx) -> InboxOut:
    """Owners only. 404 where no simulators run (`madoguchi serve --simulate`), 409 when it is connected already."""
    if not context.simulator_url:
        raise NotFound("No simulators run here: start Madoguchi with `madoguchi serve --simulate`.")
    name = (await get_workspace(tx, principal.workspace_id)).name
    settings = {"graph_url": f"{context.simulator_url}/graph", "graph_version": GRAPH_VERSION}
    wanted = NewInbox(CHANNEL, name, CREDENTIALS, settings)
    inbox = await do_create(tx, principal, Desk(context.secrets, context.public_url), wanted)
    await _point_to(context.http, context.simulator_url, inbox.webhook_url or "")
    return inbox


async def _point_to(http: Http, simulator_url: str, webhook_url: str) -> None:
    """The simulator goes on asking until the address answers: this transaction has yet to commit."""
    wish = {"webhook_url": webhook_url, "wait": 0}
    try:
        answer = await http.request("POST", f"{simulator_url}/_sim/setup", json=wish, seconds=10)
    except HttpFailure as failure:
        raise ChannelDown("The simulators do not answer.") from failure
    if answer.status >= 400:
        raise ChannelDown("The simulators do not answer.")
