"""`/metrics` for Prometheus: what all processes of this supervisor counted, and how far each lane is behind.

The processes share their figures by files (figures.py); without a supervisor a process shows its own. Lanes are read
from the database at each scrape. docs/operations.md explains every name, and a test holds it to that.
"""

import os
from collections.abc import Iterator

import psycopg
import psycopg_pool
from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from madoguchi.api.deps import Ctx
from madoguchi.db.pool import Database
from madoguchi.lanes.models import Lane
from madoguchi.lanes.service import count_set_aside, read_lanes

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

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
            registry.register(_Lanes(await read_lanes(tx), await count_set_aside(tx)))
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        return registry  # the other figures are worth most just then
    return registry


class _Lanes(Collector):
    def __init__(self, lanes: list[Lane], set_aside: int) -> None:
        self._lanes = lanes
        self._set_aside = set_aside

    def collect(self) -> Iterator[Metric]:
        aside = GaugeMetricFamily("madoguchi_set_aside", "Provider events that were set aside and not resolved")
        waiting = GaugeMetricFamily("madoguchi_lane_waiting", "What waits in a lane", labels=["lane"])
        lag = GaugeMetricFamily("madoguchi_lane_lag_seconds", "Age of the oldest that waits in a lane", labels=["lane"])
        running = GaugeMetricFamily("madoguchi_lane_running", "1 when a worker does this lane's work", labels=["lane"])
        aside.add_metric([], self._set_aside)
        for lane in self._lanes:
            waiting.add_metric([lane.name], lane.waiting)
            lag.add_metric([lane.name], lane.lag_seconds)
            running.add_metric([lane.name], int(lane.running))
        yield from (aside, waiting, lag, running)
