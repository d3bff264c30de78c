"""The page of the lanes: what waits, since when, whether somebody works; for supervisors."""

from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import first_id_at, new_id
from madoguchi.db.pool import dedicated
from madoguchi.lanes.models import ALARM_OF
from tests.support.web import Web
from tests.support.world import Workspace

_ORDER = ["inbound", "conversational", "campaigns", "inbound_effects", "media", "push", "housekeeping"]


async def lanes(web: Web, workspace: Workspace) -> dict[str, dict[str, Any]]:
    answer = await (await web.client(workspace.supervisor)).get("lanes")
    assert answer.status_code == 200, answer.text
    assert [lane["name"] for lane in answer.json()["lanes"]] == _ORDER
    return {lane["name"]: lane for lane in answer.json()["lanes"]}


async def test_it_is_for_supervisors(web: Web, workspace: Workspace) -> None:
    for person, status in ((workspace.owner, 200), (workspace.supervisor, 200), (workspace.agent, 403)):
        assert (await (await web.client(person)).get("lanes")).status_code == status
    assert (await (await web.client()).get("lanes")).status_code == 401


async def test_a_lane_nobody_works_in_is_stopped(web: Web, workspace: Workspace, dsn: str) -> None:
    assert {lane["state"] for lane in (await lanes(web, workspace)).values()} == {"stopped"}
    worker = await dedicated(dsn)
    await worker.execute("SELECT pg_advisory_lock_shared(7300, 2)")
    found = await lanes(web, workspace)
    await worker.close()
    assert {name for name, lane in found.items() if lane["state"] == "clear"} == {"conversational", "campaigns"}


@pytest.mark.parametrize(("seconds", "state"), [(5, "working"), (120, "behind")])
async def test_a_lane_says_since_when(
    web: Web, workspace: Workspace, context: Context, inbox: InboxConfig, seconds: int, state: str
) -> None:
    since = clock.now() - timedelta(seconds=seconds)
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot) VALUES (%s, %s, %s, 0)",
            (inbox.workspace_id, first_id_at(since), inbox.id),
        )
    worker = await dedicated(context.db.dsn)
    await worker.execute("SELECT pg_advisory_lock_shared(7300, 1)")
    found = (await lanes(web, workspace))["inbound"]
    await worker.close()
    assert (found["state"], found["waiting"], found["alarm_seconds"]) == (state, 1, ALARM_OF["inbound"])
    assert found["oldest_at"] == f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03}Z"
    assert seconds <= found["lag_seconds"] < seconds + 20


async def test_a_campaign_may_wait(web: Web, workspace: Workspace, context: Context, inbox: InboxConfig) -> None:
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, lane, due_at)"
            " VALUES (%s, %s, %s, %s, 0, 1, %s)",
            (inbox.workspace_id, new_id(), inbox.id, new_id(), clock.now() - timedelta(hours=3)),
        )
    worker = await dedicated(context.db.dsn)
    await worker.execute("SELECT pg_advisory_lock_shared(7300, 2)")
    found = (await lanes(web, workspace))["campaigns"]
    await worker.close()
    assert (found["state"], found["alarm_seconds"]) == ("working", None)
    assert found["lag_seconds"] >= 10_800
