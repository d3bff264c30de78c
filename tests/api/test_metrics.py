"""Every figure is explained, the dashboard asks for figures that exist, and lanes say what waits and for how long."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

import madoguchi.pumps
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import first_id_at, new_id
from madoguchi.db.pool import dedicated
from madoguchi.jobs import defer
from madoguchi.media.jobs import fetch
from tests.support.web import Web

_DOCS = Path(__file__).parents[2] / "docs"
_OURS = re.compile(r"madoguchi_[a-z_]+")


async def _figures(web: Web) -> dict[tuple[str, str], float]:
    text = (await (await web.client()).get(f"{web.url}/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, sample.labels.get("lane", "")): sample.value for sample in samples}


async def test_every_figure_is_documented_and_nothing_else(web: Web) -> None:
    assert madoguchi.pumps, "the worker's figures are made when its modules are imported"
    text = (await (await web.client()).get(f"{web.url}/metrics")).text
    families = {family.name for family in [*REGISTRY.collect(), *text_string_to_metric_families(text)]}
    ours = {name for name in families if name.startswith("madoguchi_") and not name.endswith("_created")}
    section = (_DOCS / "operations.md").read_text(encoding="utf-8").partition("## Figures")[2].partition("\n## ")[0]
    assert {name.removesuffix("_total") for name in re.findall(r"^\| `(\w+)`", section, re.MULTILINE)} == ours


def test_the_dashboard_asks_for_every_documented_figure_and_no_other() -> None:
    section = (_DOCS / "operations.md").read_text(encoding="utf-8").partition("## Figures")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for panel in json.loads((_DOCS / "grafana.json").read_text(encoding="utf-8"))["panels"]
        for target in panel["targets"]
        for name in _OURS.findall(target["expr"])
    }
    assert asked == documented


@pytest.mark.parametrize(("lane", "number"), [("conversational", 0), ("campaigns", 1)])
async def test_the_lag_of_sends(web: Web, context: Context, inbox: InboxConfig, lane: str, number: int) -> None:
    now = clock.now()
    async with context.db.system() as tx:
        for due in (now - timedelta(seconds=90), now - timedelta(seconds=10), now + timedelta(hours=1)):
            await tx.execute(
                "INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, lane, due_at)"
                " VALUES (%s, %s, %s, %s, 0, %s, %s)",
                (inbox.workspace_id, new_id(), inbox.id, new_id(), number, due),
            )
    found = await _figures(web)
    assert found["madoguchi_lane_waiting", lane] == 2
    assert 90 <= found["madoguchi_lane_lag_seconds", lane] < 100
    assert found["madoguchi_lane_lag_seconds", "inbound"] == 0


async def test_the_lag_of_webhooks(web: Web, context: Context, inbox: InboxConfig) -> None:
    async with context.db.system() as tx:
        for slot, seconds in ((3, 30), (60, 120)):
            await tx.execute(
                "INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot) VALUES (%s, %s, %s, %s)",
                (inbox.workspace_id, first_id_at(clock.now() - timedelta(seconds=seconds)), inbox.id, slot),
            )
    found = await _figures(web)
    assert found["madoguchi_lane_waiting", "inbound"] == 2
    assert 120 <= found["madoguchi_lane_lag_seconds", "inbound"] < 130


async def test_a_lane_without_a_worker(web: Web, dsn: str) -> None:
    assert (await _figures(web))["madoguchi_lane_running", "inbound"] == 0
    worker = await dedicated(dsn)
    await worker.execute("SELECT pg_advisory_lock_shared(7300, 1)")
    found = await _figures(web)
    await worker.close()
    assert (found["madoguchi_lane_running", "inbound"], found["madoguchi_lane_running", "campaigns"]) == (1, 0)


async def test_jobs_wait_in_their_lanes(web: Web, context: Context) -> None:
    async with context.db.system() as tx:
        await defer(tx, fetch, workspace_id="x", media_id="y")
    found = await _figures(web)
    assert found["madoguchi_lane_waiting", "media"] == 1
    assert 0 <= found["madoguchi_lane_lag_seconds", "media"] < 10
    assert found["madoguchi_lane_waiting", "housekeeping"] == 0
