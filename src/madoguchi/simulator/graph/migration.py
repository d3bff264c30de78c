"""Templates move from one account of a portfolio to another."""

import copy
from dataclasses import replace

from madoguchi.simulator import ids
from madoguchi.simulator.graph import access
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json, Template, Waba

PAGE = 500


def migrate(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>/migrate_message_templates?source_waba_id=&page_number=`: copies what is approved and not of low quality."""
    source = access.waba(call, str(call.need("source_waba_id")))
    if source.portfolio_id != waba.portfolio_id or source.id == waba.id:
        raise GraphError(100, message="(#100) Both accounts must be different ones of the same business")
    begin = _page(call) * PAGE
    moved: list[str] = []
    failed: list[Json] = []
    for template in call.sim.world.templates_of(source.id)[begin : begin + PAGE]:
        if template.status != "APPROVED" or template.quality not in {"GREEN", "UNKNOWN"}:
            continue
        if _taken(call, waba, template):
            failed.append({"id": template.id, "reason": "There is already content in this language"})
        else:
            moved.append(_copy(call, waba, template))
    return {"migrated_templates": moved, "failed_templates": failed}


def _page(call: Call) -> int:
    given = str(call.params.get("page_number") or "0")
    if not given.isdecimal():
        raise GraphError(100, message="(#100) Param page_number must be a non-negative integer")
    return int(given)


def _taken(call: Call, waba: Waba, template: Template) -> bool:
    siblings = call.sim.world.templates_of(waba.id)
    return any((each.name, each.language) == (template.name, template.language) for each in siblings)


def _copy(call: Call, waba: Waba, template: Template) -> str:
    made = replace(
        template,
        id=ids.numeric_id(),
        waba_id=waba.id,
        components=copy.deepcopy(template.components),
        quality="UNKNOWN",
        created_at=call.sim.clock.now(),
        edits=[],
    )
    call.sim.world.templates[made.id] = made
    call.sim.store.touch("templates", made.id)
    return made.id
