"""The block list of a number: `/<PNID>/block_users`."""

import re
from typing import TYPE_CHECKING, Any

from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, async_error, invalid
from madoguchi.simulator.state import Customer, Json, Number
from madoguchi.simulator.webhooks import payloads

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

MOST = 64_000


def listing(call: Call, number: Number) -> Json:
    def show(who: str) -> Json:
        return {"messaging_product": "whatsapp", ("user_id" if "." in who else "wa_id"): who}

    return paging.page(call, sorted(number.blocked, key=lambda w: -number.blocked[w]), show)


def block(call: Call, number: Number) -> Json:
    """Blocks who wrote within the last 24 hours. Raises 139100 with both lists when some could not be."""
    return _change(call, number, "added_users", _block_one)


def unblock(call: Call, number: Number) -> Json:
    return _change(call, number, "removed_users", _unblock_one)


def is_blocked(sim: "Simulator", number: Number, customer: Customer) -> bool:
    if not number.blocked:
        return False
    return bool({customer.wa_id, payloads.user_id(sim.world, number, customer)} & number.blocked.keys())


def _change(call: Call, number: Number, key: str, change: Any) -> Json:
    wanted = call.need("block_users")
    if not isinstance(wanted, list) or not all(isinstance(entry, dict) for entry in wanted):
        raise invalid("block_users", "must be a list of objects.")
    done, failed = [], []
    for entry in wanted:
        who = str(entry.get("user_id") or entry.get("user") or "")
        about = _about(who)
        error = change(call, number, next(iter(about.values())))
        if error:
            failed.append({"input": who, **about, "errors": [error]})
        else:
            done.append({"input": who, **about})
    call.sim.store.touch("numbers", number.id)
    lists = {key: done, "failed_users": failed} if failed else {key: done}
    answer = {"messaging_product": "whatsapp", "block_users": lists}
    if failed:
        error = GraphError(139100, "Failed to block/unblock some users")
        error.beside = answer
        raise error
    return answer


def _about(who: str) -> dict[str, str]:
    """A business-scoped id has a dot after its country; anything else is a phone number."""
    if re.match(r"[A-Z]{2}\.", who):
        return {"user_id": who}
    return {"wa_id": re.sub(r"\D", "", who)}


def _block_one(call: Call, number: Number, who: str) -> Json | None:
    if not who:
        return async_error(131009, "user must be a phone number or a user id.")
    if who in number.blocked:
        return None
    if len(number.blocked) >= MOST:
        return async_error(139101, f"At most {MOST} users can be blocked.")
    if not _wrote_lately(call.sim, number, who):
        return async_error(
            131047,
            "Only users who have messaged the business within the last 24 hours can be blocked.",
        )
    number.blocked[who] = call.sim.clock.now()
    return None


def _unblock_one(_call: Call, number: Number, who: str) -> Json | None:
    if not who:
        return async_error(131009, "user must be a phone number or a user id.")
    number.blocked.pop(who, None)
    return None


def _wrote_lately(sim: "Simulator", number: Number, who: str) -> bool:
    now = sim.clock.now()
    for customer in sim.world.customers.values():
        if who in {customer.wa_id, customer.phone, payloads.user_id(sim.world, number, customer)}:
            return sim.world.thread(number.id, customer.id).window_open(now)
    # Somebody a load test made up is known by digits alone.
    return sim.world.thread(number.id, who).window_open(now)
