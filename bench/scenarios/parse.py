"""How many updates a second the webhooks' `parse` reads, on one core, in batches: `python -m bench.scenarios.parse`."""

import json
import time
from typing import Any

from madoguchi.channels.base import RawRequest
from madoguchi.channels.whatsapp.parse import parse

BATCH = 1000


def message(number: int) -> dict[str, Any]:
    return {
        "from": f"8190{number:08d}",
        "from_user_id": f"JP.{number:020d}",
        "id": f"wamid.HBgMODE5MDExMTEwMDAxFQIAEhggQUM{number:012d}==",
        "timestamp": str(1795000000 + number),
        "type": "text",
        "text": {"body": "こんにちは。明日の午後、二人で伺えますか。"},
    }


def status(number: int) -> dict[str, Any]:
    return {
        "id": f"wamid.HBgMODE5MDExMTEwMDAxFQIAERgSNDY4RjE{number:012d}==",
        "status": "delivered",
        "timestamp": str(1795000000 + number),
        "recipient_id": f"8190{number:08d}",
        "recipient_user_id": f"JP.{number:020d}",
        "biz_opaque_callback_data": f"0195{number:028d}",
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"},
    }


def contact(number: int) -> dict[str, Any]:
    return {"profile": {"name": f"客 {number}"}, "wa_id": f"8190{number:08d}", "user_id": f"JP.{number:020d}"}


def batch(kind: str) -> bytes:
    make = message if kind == "messages" else status
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "815012345678", "phone_number_id": "100000000000001"},
        "contacts": [contact(number) for number in range(BATCH)],
        kind: [make(number) for number in range(BATCH)],
    }
    entry = {"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()


def updates_per_second(kind: str, seconds: float = 1.0) -> float:
    request = RawRequest("POST", {}, {}, batch(kind))
    assert len(parse(request)) == BATCH
    rounds, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        parse(request)
        rounds += 1
    return rounds * BATCH / (time.process_time() - started)


def measure(seconds: float = 3.0) -> dict[str, Any]:
    return {kind: updates_per_second(kind, seconds) for kind in ("messages", "statuses")}


if __name__ == "__main__":
    for kind, rate in measure().items():
        print(f"parse, batches of {BATCH} {kind}: {rate:,.0f} updates/s on one core")
