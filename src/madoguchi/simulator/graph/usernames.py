"""Business usernames: `/<PNID>/username` and `/<PNID>/username_suggestions`."""

import re

from madoguchi.simulator import news
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json, Number

FORM = re.compile(r"(?=.*[a-z])(?!.*\.\.)(?!www\.)[a-z0-9_](?:[a-z0-9._]{1,33})[a-z0-9_]")
TRANSFERS = {"none", "force_transfer"}


def read(_call: Call, number: Number) -> Json:
    if not number.username:
        raise GraphError(100, message="(#100) The number has no username", subcode=33)
    return {"username": number.username, "status": "approved"}


def write(call: Call, number: Number) -> Json:
    """Raises 147001 for the form, 147002 when taken, 147003 when another number of one's own has it."""
    wanted = str(call.need("username")).lower()
    transfer = str(call.params.get("transfer_action") or "none")
    if transfer not in TRANSFERS:
        raise GraphError(100, "transfer_action must be none or force_transfer.", message="(#100) Invalid parameter")
    if not FORM.fullmatch(wanted):
        raise GraphError(147001, "3 to 35 of a-z, 0-9, point and underscore, with at least one letter.")
    world = call.sim.world
    if any(customer.username == wanted for customer in world.customers.values()):
        raise GraphError(147002, f"The username {wanted} is taken.")
    for other in world.numbers.values():
        if other.username != wanted or other is number:
            continue
        if world.portfolio_of(other) != world.portfolio_of(number):
            raise GraphError(147002, f"The username {wanted} is taken.")
        if transfer != "force_transfer":
            raise GraphError(147003, f"The username {wanted} belongs to {other.display}.")
        other.username = ""
        call.sim.store.touch("numbers", other.id)
    number.username = wanted
    call.sim.store.touch("numbers", number.id)
    news.username(call.sim, number, "approved", wanted)
    return {"status": "approved"}


def delete(call: Call, number: Number) -> Json:
    read(call, number)
    news.username(call.sim, number, "deleted", number.username)
    number.username = ""
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def suggestions(_call: Call, number: Number) -> Json:
    base = re.sub(r"[^a-z0-9]+", ".", number.name.lower()).strip(".")[:24] or "business"
    found = [base, f"{base}.official", f"hello.{base}"]
    return {"data": [{"username_suggestions": [name for name in found if FORM.fullmatch(name)]}]}
