"""The portfolio's messaging limit: new customers by template in a day."""

from madoguchi.simulator.limits import NewConversations
from madoguchi.simulator.state import Portfolio
from tests.simulator.lab import HANAKO, Lab

MARIA = "34600111222"


async def _remind(lab: Lab, to: str) -> int:
    parameters = [{"type": "text", "parameter_name": "first_name", "text": "Hanako"}]
    wish = {
        "name": "welcome_back",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": parameters}],
    }
    answer = await lab.send({"type": "template", "template": wish}, to=to)
    code: int = answer.json().get("error", {"code": 0})["code"]
    return code


def test_a_day_counts_each_customer_once() -> None:
    counted, portfolio = NewConversations(), Portfolio("p", "P", "TIER_250")
    assert all(counted.take(portfolio, f"c{n}", 1000.0 + n) for n in range(250))
    assert not counted.take(portfolio, "late", 2000.0)
    assert counted.take(portfolio, "c0", 2000.0)
    assert counted.take(portfolio, "late", 1000.0 + 86400)
    assert not counted.take(portfolio, "later", 1000.0 + 86400)
    portfolio.messaging_limit = "TIER_UNLIMITED"
    assert counted.take(portfolio, "later", 1000.0 + 86400)


async def test_the_scenario_refuses_one_customer_more(lab: Lab) -> None:
    assert await _remind(lab, HANAKO) == 0
    await lab.control("POST", "scenarios/limit_used_up", {"customer": "hanako"})
    assert await _remind(lab, HANAKO) == 131048
    # Within the window nothing is counted.
    await lab.write()
    assert await _remind(lab, HANAKO) == 0
    assert await _remind(lab, MARIA) == 131048
    await lab.hours(25)
    assert await _remind(lab, MARIA) == 0
    await lab.control("DELETE", "scenarios/limit_used_up")
    [portfolio] = lab.sim.world.portfolios.values()
    assert portfolio.messaging_limit != "TIER_250"


async def test_the_refusal_can_be_chosen(lab: Lab) -> None:
    await lab.control("POST", "scenarios/limit_used_up", {"customer": "hanako"})
    await lab.settings(rules={"messaging_limit_code": 131064})
    assert await _remind(lab, HANAKO) == 131064
    await lab.settings(rules={"messaging_limit": "off"})
    assert await _remind(lab, HANAKO) == 0
