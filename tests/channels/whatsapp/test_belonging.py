"""The check of an inbox notices credentials that are each well formed and do not belong together."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.health import Health
from madoguchi.channels.http import Http
from madoguchi.simulator import seed
from tests.simulator.lab import TOKEN, Lab, connect, open_lab

RIGHT = {
    "phone_number_id": seed.NUMBER,
    "business_account_id": seed.WABA,
    "access_token": TOKEN,
    "app_secret": seed.APP_SECRET,
    "verify_token": "demo-verify-token",
}


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        await connect(lab)
        yield lab


async def check(lab: Lab, **wrong: str) -> Health:
    settings = {"graph_url": f"{lab.url}/graph"}
    inbox = InboxConfig(UUID(int=1), UUID(int=2), "whatsapp", "Desk", {**RIGHT, **wrong}, settings)
    async with Http(total_seconds=10) as http:
        return await registry.channel("whatsapp").probe(inbox, http)


def codes(health: Health) -> list[str]:
    return [trouble.code for trouble in health.troubles if trouble.level != "news"]


@pytest.mark.parametrize("secret", [seed.APP_SECRET, f"the-new-one, {seed.APP_SECRET}"])
async def test_what_belongs_together_is_well(lab: Lab, secret: str) -> None:
    health = await check(lab, app_secret=secret)
    assert (health.state, codes(health)) == ("ok", [])
    assert (health.facts["account"], health.facts["secret_fits"]) == ("right", True)


async def test_a_wrong_app_secret_is_noticed(lab: Lab) -> None:
    health = await check(lab, app_secret="0123456789abcdef")
    assert (health.state, codes(health), health.holds) == ("attention", ["app_secret_wrong"], None)
    assert health.facts["token_valid"] is True
    assert "0123456789abcdef" not in str(health)


async def test_an_unknown_number_holds_the_inbox(lab: Lab) -> None:
    health = await check(lab, phone_number_id="999")
    assert (health.state, codes(health)) == ("attention", ["number_gone"])
    assert health.holds is not None
    assert health.holds.code == "number_gone"


async def test_an_unknown_account_is_noticed(lab: Lab) -> None:
    health = await check(lab, business_account_id="999")
    assert (health.state, codes(health), health.holds) == ("attention", ["account_unknown"], None)


async def test_another_account_than_the_numbers_is_noticed(lab: Lab) -> None:
    number, waba = "100000000000077", "200000000000077"
    portfolio = lab.sim.world.wabas[seed.WABA].portfolio_id
    lab.sim.world.wabas[waba] = type(lab.sim.world.wabas[seed.WABA])(waba, "Another", portfolio)
    kept = lab.sim.world.numbers[seed.NUMBER]
    lab.sim.world.numbers[number] = type(kept)(number, waba, "815000000077", "+81 50 0000 0077", "Another")
    lab.sim.world.tokens[TOKEN].waba_ids = [seed.WABA, waba]
    health = await check(lab, business_account_id=waba)
    assert codes(health) == ["not_subscribed", "account_other"]
    assert codes(await check(lab)) == []


async def test_each_of_them_says_what_to_do() -> None:
    manifest = registry.channel("whatsapp").manifest
    for code in ("account_unknown", "account_other", "app_secret_wrong", "number_gone"):
        assert code in manifest.probed
        assert {"en", "ja"} <= set(manifest.advice[code])
