"""Compares the provider's side with ours, over HTTP alone. Knows nothing of how either works."""

import itertools
from collections import Counter
from typing import Any

from tests.faults.storm.installation import Installation
from tests.faults.storm.load import Load


def at_rest(installation: Installation, inbox: dict[str, Any]) -> bool:
    """Nothing is on its way any more: no webhook waits at the provider, nothing waits with us."""
    counts = installation.simulator("GET", "/_sim/webhooks?limit=1")["counts"]
    waiting = sum(count for name, count in counts.items() if name in {"waiting", "pending", "queued", "in_flight"})
    return not waiting and not _unsettled(installation, inbox)


def _unsettled(installation: Installation, inbox: dict[str, Any]) -> list[dict[str, Any]]:
    on_the_way = {"queued", "sending", "scheduled"}
    return [
        message
        for conversation in conversations(installation, inbox)
        for message in messages(installation, conversation["id"])
        if message["direction"] == "out" and message["status"] in on_the_way
    ]


def conversations(installation: Installation, inbox: dict[str, Any]) -> list[dict[str, Any]]:
    return _pages(installation, f"/conversations?inbox_id={inbox['id']}&limit=100")


def messages(installation: Installation, conversation_id: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return _pages(installation, f"/conversations/{conversation_id}/messages?limit=100")[::-1]


def _pages(installation: Installation, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = installation.api("GET", path + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


def check(installation: Installation, inbox: dict[str, Any], load: Load) -> list[str]:
    """What is wrong, in words; nothing when all is well."""
    threads = {each["id"]: messages(installation, each["id"]) for each in conversations(installation, inbox)}
    return [
        *_what_customers_wrote_is_here(load, threads),
        *_nothing_reached_a_customer_twice(installation, threads),
        *_answers_kept_their_order(installation, load, threads),
        *_the_screen_shows_what_is_here(load, threads),
    ]


Threads = dict[str, list[dict[str, Any]]]


def _what_customers_wrote_is_here(load: Load, threads: Threads) -> list[str]:
    """Every text once, and each customer's in the order in which they were written."""
    wrong = []
    incoming = [[m["text"] for m in thread if m["direction"] == "in"] for thread in threads.values()]
    by_customer = {texts[0].split(" message ")[0]: texts for texts in incoming if texts}
    for written in load.written.values():
        if not written:
            continue
        who = written[0].split(" message ")[0]
        found = by_customer.get(who, [])
        # What was being written when the storm paused may have got through without the answer that said so.
        if found[: len(written)] != written or len(found) - len(written) > 1:
            missing, twice = set(written) - set(found), [t for t, n in Counter(found).items() if n > 1]
            wrong.append(
                f"{who}: {len(written)} written, {len(found)} here; missing {sorted(missing)[:3]}, twice {twice[:3]}"
            )
    return wrong


def _nothing_reached_a_customer_twice(installation: Installation, threads: Threads) -> list[str]:
    accepted = Counter(each["biz_opaque_callback_data"] for each in installation.sent())
    twice = [reference for reference, count in accepted.items() if count > 1]
    out = {m["id"]: m for thread in threads.values() for m in thread if m["direction"] == "out"}
    arrived = {"sent", "delivered", "read"}
    unfounded = [i for i, m in out.items() if m["status"] in arrived and not accepted[i]]
    unknown = [i for i, m in out.items() if m["status"] not in arrived and m["status"] != "uncertain" and accepted[i]]
    return [
        *(f"sent {accepted[each]} times: {each}" for each in twice),
        *(f"{out[each]['status']} here, unknown to the provider: {each}" for each in unfounded),
        *(f"{out[each]['status']} here, accepted by the provider: {each}" for each in unknown),
    ]


def _answers_kept_their_order(installation: Installation, load: Load, threads: Threads) -> list[str]:
    place = {each["biz_opaque_callback_data"]: number for number, each in enumerate(installation.sent())}
    wrong = []
    for conversation_id, written in load.ordered.items():
        here = {m["id"] for m in threads.get(conversation_id, [])}
        lost = [each for each in written if each not in here]
        places = [place[each] for each in written if each in place]
        if lost:
            wrong.append(f"{conversation_id}: {len(lost)} answers the API took are not there")
        if places != sorted(places):
            wrong.append(f"{conversation_id}: the customer got our answers in another order")
    return wrong


def _the_screen_shows_what_is_here(load: Load, threads: Threads) -> list[str]:
    seen = load.screen.seen
    gaps = [after for before, after in itertools.pairwise(seen) if after != before + 1]
    shown = load.screen.messages
    here = {m["id"]: m for thread in threads.values() for m in thread}
    unseen = [i for i in here if i not in shown]
    other = [i for i, m in here.items() if i in shown and shown[i]["status"] != m["status"]]
    return [
        *([f"the screen's numbers leap at {gaps[:3]}"] if gaps else []),
        *([f"{len(unseen)} messages are not on the screen, {unseen[0]} for one"] if unseen else []),
        *([f"{len(other)} messages have another status on the screen, {other[0]} for one"] if other else []),
    ]
