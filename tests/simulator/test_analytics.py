"""The figures of an account are those of its own log; templates move between accounts."""

import asyncio
from typing import Any

import pytest

from madoguchi.simulator.state import Waba
from tests.simulator.lab import HANAKO, TOKEN, WABA, Json, Lab
from tests.simulator.pywa_bridge import client


async def _templates(lab: Lab) -> dict[str, str]:
    found = (await lab.graph("GET", f"{WABA}/message_templates?fields=name,language&limit=100")).json()["data"]
    return {f"{each['name']}/{each['language']}": each["id"] for each in found}


async def _welcome(lab: Lab) -> None:
    parameters = [{"type": "text", "parameter_name": "first_name", "text": "Hanako"}]
    wish = {
        "name": "welcome_back",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": parameters}],
    }
    assert (await lab.send({"type": "template", "template": wish}, to=HANAKO)).status_code == 200
    await lab.quiet()


def _span(lab: Lab) -> tuple[int, int]:
    now = int(lab.sim.clock.now())
    return now - 3600, now + 3600


async def _fields(lab: Lab, name: str, granularity: str = "DAY") -> Json:
    start, end = _span(lab)
    wish = f"id,{name}.start({start}).end({end}).granularity({granularity})"
    answer = (await lab.graph("GET", f"{WABA}?fields={wish}")).json()
    assert answer["id"] == WABA
    found: Json = answer[name]
    return found


async def test_messages_conversations_and_prices(lab: Lab) -> None:
    await lab.write()
    await lab.send_text("one")
    await lab.send_text("two")
    await _welcome(lab)
    [point] = (await _fields(lab, "analytics"))["data_points"]
    assert (point["sent"], point["delivered"]) == (3, 3)
    talks = (await _fields(lab, "conversation_analytics", "DAILY"))["data"][0]["data_points"]
    assert {p["conversation_category"]: p["conversation"] for p in talks} == {"SERVICE": 1, "MARKETING": 1}
    prices = (await _fields(lab, "pricing_analytics", "DAILY"))["data"][0]["data_points"]
    assert sum(p["volume"] for p in prices if p["pricing_category"] == "SERVICE") == 2
    assert [p["volume"] for p in prices if p["pricing_category"] == "MARKETING"] == [1]


async def test_figures_of_templates_and_their_comparison(lab: Lab) -> None:
    ids = await _templates(lab)
    welcome, other = ids["welcome_back/en_US"], ids["welcome_back/ja"]
    await _welcome(lab)
    start, end = _span(lab)
    path = f"{WABA}/template_analytics?start={start}&end={end}&granularity=DAILY&template_ids=[{welcome},{other}]"
    [group] = (await lab.graph("GET", path)).json()["data"]
    [point] = group["data_points"]
    assert (point["template_id"], point["sent"], point["delivered"], point["read"]) == (welcome, 1, 1, 0)
    wa = client(lab.url)
    compared: Any = await asyncio.to_thread(wa.compare_templates, welcome, other, start=start, end=end)
    wa.api._session.close()
    assert compared.times_sent == {welcome: 1, other: 0}
    assert set(compared.block_rate) == {welcome, other}


@pytest.mark.parametrize(
    "query",
    [
        "template_analytics?end=5&granularity=DAILY&template_ids=[1]",
        "template_analytics?start=1&end=5&granularity=YEAR&template_ids=[1]",
        "template_analytics?start=1&end=5&granularity=DAILY&template_ids=[999]",
        "template_analytics?start=1&end=5&granularity=DAILY&template_ids=[",
    ],
)
async def test_what_cannot_be_counted_is_refused(lab: Lab, query: str) -> None:
    answer = await lab.graph("GET", f"{WABA}/{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


async def test_templates_move_to_another_account(lab: Lab) -> None:
    world, other = lab.sim.world, "200000000000077"
    world.wabas[other] = Waba(other, "Another", world.wabas[WABA].portfolio_id)
    world.tokens[TOKEN].waba_ids = [WABA, other]
    wa = client(lab.url)
    first: Any = await asyncio.to_thread(wa.migrate_templates, WABA, destination_waba_id=other)
    again: Any = await asyncio.to_thread(wa.migrate_templates, WABA, destination_waba_id=other)
    wa.api._session.close()
    fit = [t for t in world.templates_of(WABA) if t.status == "APPROVED" and t.quality in {"GREEN", "UNKNOWN"}]
    assert {(t.name, t.language) for t in world.templates_of(other)} == {(t.name, t.language) for t in fit}
    assert (len(first.migrated), len(first.failed)) == (len(fit), 0)
    assert (len(again.migrated), len(again.failed)) == (0, len(fit))
    refused = await lab.graph("POST", f"{WABA}/migrate_message_templates?source_waba_id={WABA}")
    assert refused.json()["error"]["code"] == 100
