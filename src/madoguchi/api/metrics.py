"""`/metrics` for Prometheus: what all processes of this supervisor counted, and how far each lane is behind.

The processes share their figures by files (figures.py); without a supervisor a process shows its own. Lanes are read
from the database at each scrape. docs/operations.md explains every name, and a test holds it to that.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import psycopg_pool
from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from madoguchi.api.deps import Ctx
from madoguchi.core import clock
from madoguchi.core.ids import moment_of
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.jobs import EFFECTS, HOUSEKEEPING, MEDIA, PUSH

Q = load_queries(__file__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BY_OUR_CLOCK = {"conversational", "campaigns"}
_SET_ASIDE = "set_aside"
_MOST_COUNTED = 100_000

requests = Counter("madoguchi_http_requests_total", "HTTP requests", ["method", "path", "status"])
seconds = Histogram(
    "madoguchi_http_seconds",
    "Seconds until the answer was sent",
    ["method", "path"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics(context: Ctx) -> Response[bytes]:
    text = generate_latest(_counted()) + generate_latest(await _lanes(context.db))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def observe(method: str, path: str, status: int, elapsed: float) -> None:
    """`path` is the route's template, so that ids do not make a series each; nor do methods that somebody invents."""
    method = method if method in _METHODS else "other"
    requests.labels(method, path, str(status)).inc()
    seconds.labels(method, path).observe(elapsed)


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


async def _lanes(db: Database) -> CollectorRegistry:
    registry = CollectorRegistry()
    try:
        async with db.system() as tx:
            rows = await (await tx.execute(Q.lanes, _parameters())).fetchall()
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        return registry  # the other figures are worth most just then
    registry.register(_Lanes(rows))
    return registry


def _parameters() -> dict[str, Any]:
    return {
        "now": clock.now(),
        "server_now": datetime.now(UTC),
        "most": _MOST_COUNTED,
        "queues": [EFFECTS, MEDIA, HOUSEKEEPING, PUSH],
    }


class _Lanes(Collector):
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[Metric]:
        aside = GaugeMetricFamily("madoguchi_set_aside", "Provider events that were set aside and not resolved")
        waiting = GaugeMetricFamily("madoguchi_lane_waiting", "What waits in a lane", labels=["lane"])
        lag = GaugeMetricFamily("madoguchi_lane_lag_seconds", "Age of the oldest that waits in a lane", labels=["lane"])
        for row in self._rows:
            if row["lane"] == _SET_ASIDE:
                aside.add_metric([], row["waiting"])
            else:
                waiting.add_metric([row["lane"]], row["waiting"])
                lag.add_metric([row["lane"]], _age(row))
        yield from (aside, waiting, lag)


def _age(row: dict[str, Any]) -> float:
    """Seconds. Sends are due by the business clock; ids and jobs are made by the real one."""
    if row["oldest_id"]:
        return max(0.0, (datetime.now(UTC) - moment_of(row["oldest_id"])).total_seconds())
    if not row["oldest"]:
        return 0.0
    now = clock.now() if row["lane"] in _BY_OUR_CLOCK else datetime.now(UTC)
    oldest: datetime = row["oldest"]
    return max(0.0, (now - oldest).total_seconds())
