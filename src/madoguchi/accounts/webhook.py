"""Is the provider told to send here, and does what it sends arrive? Tested by sending ourselves what it would send."""

import msgspec

from madoguchi.accounts.desk import Desk, asking, note_now
from madoguchi.accounts.models import SubscriptionOut, TestOut, TestStep, WebhookOut
from madoguchi.channels.base import RawRequest
from madoguchi.channels.http import HttpFailure
from madoguchi.core.errors import NotFound, Problem
from madoguchi.core.ids import new_id
from madoguchi.core.times import rfc3339
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

_SECONDS = 10


async def get_webhook(desk: Desk) -> WebhookOut:
    url, last = await address_of(desk)
    with asking(desk):
        found = await desk.account.subscriptions()
    shown = [SubscriptionOut(each.app_id, each.name, each.url, each.url == url) for each in found]
    return WebhookOut(url, shown, last)


async def do_subscribe(desk: Desk, *, direct: bool) -> WebhookOut:
    """Raises Invalid when the provider asked at our address and heard nothing it knows."""
    url, _ = await address_of(desk)
    with asking(desk):
        await desk.account.subscribe(url if direct else None)
    await note_now(desk, "account.subscribed", direct=direct)
    return await get_webhook(desk)


async def do_unsubscribe(desk: Desk) -> None:
    with asking(desk):
        await desk.account.unsubscribe()
    await note_now(desk, "account.unsubscribed")


async def do_test(desk: Desk) -> TestOut:
    """A signed request goes out to the public address and has to come in; an unsigned one has to be refused there."""
    url, _ = await address_of(desk)
    signed = desk.account.test_request(str(new_id()))
    unsigned = msgspec.structs.replace(signed, headers={"content-type": signed.headers.get("content-type", "")})
    refused = await _post(desk, url, unsigned)
    accepted = await _post(desk, url, signed)
    steps = [
        TestStep("reachable", refused is not None, "" if refused is not None else url),
        TestStep("unsigned_refused", refused is not None and 400 <= refused < 500, _said(refused)),
        TestStep("signed_accepted", accepted == 200, _said(accepted)),
        TestStep("kept", await _kept(desk, signed.body)),
        await _is_subscribed(desk),
    ]
    return TestOut(all(step.ok for step in steps), steps)


async def _post(desk: Desk, url: str, request: RawRequest) -> int | None:
    try:
        answer = await desk.context.http.request(
            "POST", url, headers=request.headers, data=request.body, seconds=_SECONDS
        )
    except HttpFailure:
        return None
    return answer.status


def _said(status: int | None) -> str:
    return "" if status is None else str(status)


async def _kept(desk: Desk, body: bytes) -> bool:
    place = {"workspace_id": desk.principal.workspace_id, "inbox_id": desk.inbox.id}
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        row = await (await tx.execute(Q.heard, {**place, "body": body})).fetchone()
    return bool(row and row["kept"])


async def _is_subscribed(desk: Desk) -> TestStep:
    try:
        with asking(desk):
            found = await desk.account.subscriptions()
    except Problem as problem:
        return TestStep("subscribed", ok=False, detail=problem.detail)
    return TestStep("subscribed", ok=bool(found), detail=", ".join(each.name for each in found))


async def address_of(desk: Desk) -> tuple[str, str | None]:
    values = {"workspace_id": desk.principal.workspace_id, "inbox_id": desk.inbox.id}
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        row = await (await tx.execute(Q.overview, values)).fetchone()
    if row is None:
        raise NotFound("There is no such inbox.")
    return f"{desk.context.public_url}/webhooks/{row['webhook_key']}", rfc3339(row["last_event_at"])
