"""A product that finds a long queue when it starts, with one event in it that cannot be applied.

The queue is written into the log as the web processes would have, had no worker been there. What came of it is read over
the API alone.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from madoguchi.core.ids import new_id
from madoguchi.db.embedded import EmbeddedServer, running_dsn
from tests.faults.storm.checker import conversations, messages
from tests.faults.storm.installation import Installation

_EACH = 200
POISON = "the poisoned one"
_TRIGGER = (
    "CREATE OR REPLACE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN IF NEW.text = '{POISON}' THEN RAISE EXCEPTION 'cannot be applied'; END IF; RETURN NEW; END $$;"
    "CREATE TRIGGER poisoned BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION poisoned()"
)


class Found(NamedTuple):
    ready_seconds: float
    """From the start until the product says that it is ready."""
    worked_off_seconds: float
    """From there until nothing waits."""
    wrong: list[str]


def start_with_queue(folder: Path, count: int, say: Callable[[str], None]) -> Found:
    """`count` webhooks of `count / 200` customers, in turn, and one more that is poisoned in the middle of them."""
    data, simulator = folder / "data", folder / "simulator"
    for each in (data, simulator):
        each.mkdir()
    installation = Installation(data, simulator)
    try:
        inbox = installation.set_up()
        installation.end("product")
        say(f"writing {count:,} webhooks into the log")
        _fill(data, inbox, count)
        started = time.monotonic()
        installation.start()
        installation.until(installation.ready, "ready", 120)
        ready = time.monotonic() - started
        say(f"ready after {ready:.1f} s")
        worked = installation.until(lambda: not _waiting(installation), "worked off", 120 + count / 500)
        say(f"worked off in {worked:.1f} s, {count / max(worked, 0.1):,.0f}/s")
        wrong = [*_check_poison(installation, data), *_check(installation, inbox, count)]
        return Found(ready, worked, wrong)
    finally:
        installation.stop_everything()


def _fill(data: Path, inbox: dict[str, Any], count: int) -> None:
    with EmbeddedServer(data) as server, _connect(server) as connection:
        for statement in _TRIGGER.split(";CREATE"):
            connection.execute(statement if statement.startswith("CREATE") else f"CREATE{statement}")
        row = connection.execute("SELECT workspace_id, slot FROM inboxes WHERE id = %s", (inbox["id"],)).fetchone()
        assert row
        workspace_id, slot = row
        rows = ((new_id(), body) for body in _bodies(inbox["number"], count))
        # Both at once, in slices: a log without its queue would be lost, as it would be in the product.
        for some in iter(lambda: list(itertools.islice(rows, 20_000)), []):
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy(
                    "COPY ingest_log (workspace_id, id, inbox_id, received_at, headers, body) FROM STDIN"
                ) as log:
                    for id_, body in some:
                        log.write_row((workspace_id, id_, inbox["id"], datetime.now(UTC), "{}", body))
                with cursor.copy("COPY ingest_queue (workspace_id, id, inbox_id, slot) FROM STDIN") as queue:
                    for id_, _ in some:
                        queue.write_row((workspace_id, id_, inbox["id"], slot))


def _connect(server: EmbeddedServer) -> psycopg.Connection:
    """As the one whom row-level security does not hold: it allows no COPY."""
    return psycopg.connect(make_conninfo(server.superuser_dsn, dbname="madoguchi"), autocommit=True)


def _bodies(number: str, count: int) -> Iterator[bytes]:
    customers, now = max(1, count // _EACH), int(time.time())
    for n in range(count):
        if n == count // 2:
            yield _body(number, "poisoned", customers, POISON, now)
        yield _body(number, str(n), n % customers, f"message {n // customers}", now)


def _body(number: str, id_: str, customer: int, text: str, now: int) -> bytes:
    phone = f"8180{customer:08}"
    message = {"from": phone, "id": f"wamid.queue.{id_}", "timestamp": str(now), "type": "text", "text": {"body": text}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number, "phone_number_id": number},
        "contacts": [{"profile": {"name": f"Customer {customer}"}, "wa_id": phone}],
        "messages": [message],
    }
    change = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [change]}).encode()


def _waiting(installation: Installation) -> int:
    lanes = installation.api("GET", "/lanes")["lanes"]
    return int(next(lane["waiting"] for lane in lanes if lane["name"] == "inbound"))


def _check_poison(installation: Installation, data: Path) -> list[str]:
    """It alone was set aside; once its reason is mended it is processed like the others."""
    aside = installation.api("GET", "/set-aside")["items"]
    if len(aside) != 1:
        return [f"{len(aside)} events were set aside, not the poisoned one alone"]
    with psycopg.connect(running_dsn(data) or "", autocommit=True) as connection:
        connection.execute("DROP TRIGGER poisoned ON messages")
    installation.api("POST", f"/set-aside/{aside[0]['id']}/replay")
    installation.until(lambda: not installation.api("GET", "/set-aside")["items"], "processed again")
    installation.until(lambda: not _waiting(installation), "worked off again")
    return []


def _check(installation: Installation, inbox: dict[str, Any], count: int) -> list[str]:
    """Every message once, each customer's in order."""
    wrong: list[str] = []
    threads = {
        each["id"]: [m["text"] for m in messages(installation, each["id"])]
        for each in conversations(installation, inbox)
    }
    customers = max(1, count // _EACH)
    poisoned = [id_ for id_, texts in threads.items() if texts == [POISON]]
    if len(poisoned) != 1:
        wrong.append("the poisoned message is not in a conversation of its own")
    ordinary = [texts for id_, texts in threads.items() if id_ not in poisoned]
    if len(ordinary) != customers:
        wrong.append(f"{len(ordinary)} customers are here, not {customers}")
    if sum(map(len, ordinary)) != count:
        wrong.append(f"{sum(map(len, ordinary)):,} messages are here, not {count:,}")
    disordered = [texts for texts in ordinary if texts != [f"message {n}" for n in range(len(texts))]]
    if disordered:
        wrong.append(f"{len(disordered)} conversations are not in order, one begins {disordered[0][:3]}")
    return wrong
