"""`/metrics` for Prometheus.

Counters are this process's own. With several web workers set PROMETHEUS_MULTIPROC_DIR (the supervisor's task) and the
answer adds up all of them; without it each scrape shows the worker that answered.
"""

import os

import psycopg
import psycopg_pool
from litestar import Response, get
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from madoguchi.api.deps import Ctx
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

requests = Counter("madoguchi_http_requests_total", "HTTP requests", ["method", "path", "status"])
seconds = Histogram(
    "madoguchi_http_seconds",
    "Seconds until the answer was sent",
    ["method", "path"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
waiting = Gauge("madoguchi_waiting", "Rows that wait in the database", ["queue"], multiprocess_mode="mostrecent")


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics(context: Ctx) -> Response[bytes]:
    await _measure_queues(context.db)
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def observe(method: str, path: str, status: int, elapsed: float) -> None:
    """`path` is the route's template, so that ids do not make a series each; nor do methods that somebody invents."""
    method = method if method in _METHODS else "other"
    requests.labels(method, path, str(status)).inc()
    seconds.labels(method, path).observe(elapsed)


async def _measure_queues(db: Database) -> None:
    try:
        async with db.system() as tx:
            row = await (await tx.execute(Q.queue_sizes)).fetchone()
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        return  # the other figures are worth most just then
    for queue, size in (row or {}).items():
        waiting.labels(queue).set(size)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
