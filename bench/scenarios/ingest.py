"""Webhooks in: acknowledged, acknowledged and processed, and the bare program in the same minute."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, LiteralString, Self
from urllib.parse import urlsplit

import psycopg

from bench.generator import Generator
from bench.product import SECRET, Product, free_port
from madoguchi.db.embedded import running_dsn

_FLOOR = Path(__file__).parent.with_name("floor.py")


def acknowledged(product: Product, inbox: dict[str, Any], count: int) -> dict[str, Any]:
    """As fast as answers come, until everything is processed too."""
    cpu = product.cpu_seconds()
    generator = Generator(product.port, urlsplit(inbox["webhook_url"]).path, SECRET, count=count)
    started = time.monotonic()
    figures = generator.go()
    with Database(product) as database:
        behind = database.waiting()
        database.until_processed()
        seconds = time.monotonic() - started
        stored = database.stored()
    return {
        **figures,
        "processed_per_second": count / seconds,
        "behind_at_the_end_of_load": behind,
        "stored": stored,
        "cpu_seconds_per_1000": (product.cpu_seconds() - cpu) / count * 1000,
    }


def only_acknowledged(product: Product, inbox: dict[str, Any], count: int) -> dict[str, Any]:
    """As fast as answers come while nothing is processed; then how fast a queue of so many is worked off."""
    with Database(product) as database:
        with product.idle_worker():
            figures = Generator(product.port, urlsplit(inbox["webhook_url"]).path, SECRET, count=count).go()
            waiting = database.waiting()
        started = time.monotonic()
        database.until_processed()
    return {**figures, "waiting": waiting, "worked_off_per_second": waiting / (time.monotonic() - started)}


def paced(product: Product, inbox: dict[str, Any], per_second: int, seconds: int) -> dict[str, Any]:
    path = urlsplit(inbox["webhook_url"]).path
    return Generator(product.port, path, SECRET, count=per_second * seconds, per_second=per_second).go()


def floor(product: Product, count: int) -> dict[str, Any]:
    """The bare program on the same database server, with the same generator."""
    port = free_port()
    options = json.dumps({"port": port, "dsn": running_dsn(product.folder)})
    process = subprocess.Popen([sys.executable, str(_FLOOR), options])
    try:
        time.sleep(1.5)
        return Generator(port, "/webhooks/floor", SECRET, count=count).go()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Database:
    """A look into the product's database, from outside."""

    def __init__(self, product: Product) -> None:
        self._connection = psycopg.connect(running_dsn(product.folder) or "", autocommit=True)
        self._connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def waiting(self) -> int:
        return self._count("SELECT count(*) FROM ingest_queue")

    def stored(self) -> int:
        return self._count("SELECT count(*) FROM messages")

    def receipts_of_bulk(self, status: str) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM messages WHERE type = 'template' AND status = %s", [status]
        ).fetchone()
        return int(row[0]) if row else 0

    def until_processed(self) -> None:
        deadline = time.monotonic() + 120
        while self.waiting():
            if time.monotonic() > deadline:
                raise RuntimeError("the backlog was not worked off in two minutes")
            time.sleep(0.02)

    def _count(self, statement: LiteralString) -> int:
        row = self._connection.execute(statement).fetchone()
        return int(row[0]) if row else 0
