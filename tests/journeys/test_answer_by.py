"""One number on two channels: two contacts are offered as one, and an answer goes on by SMS with what was written; by keyboard on a
wide screen in English, in Japanese on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("ways") / "demo")
    demo.start()
    given = {
        "channel": "sms",
        "name": "Short messages",
        "credentials": {"account_sid": "AC0001", "auth_token": "token"},
        "settings": {"provider": "twilio", "sender": "+815012345678", "twilio_url": "http://127.0.0.1:9"},
    }
    status, body = demo.api("POST", "/inboxes", given)
    assert status == 201, body
    yield demo
    demo.stop()


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_an_answer_goes_on_by_sms(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    conversation, number = _somebody(demo, "花子" if phone else "John")
    contact_id = conversation["contact"]["id"]
    identity = {"channel": "sms", "kind": "phone", "value": number}
    status, other = demo.api("POST", "/contacts", {"name": "From the till", "identities": [identity]})
    assert status == 201, other
    people = People(browser, demo, locale, phone=phone)
    emma = await people.agent("emma@example.com")
    await _the_two_are_one(emma, demo, contact_id)
    await emma.goto(f"{demo.console}/inbox/all/{conversation['id']}")
    await emma.get_by_test_id("claim-button").click()
    await emma.get_by_test_id("composer-input").fill("See you at five")
    await _go_on(emma, keyboard=not phone)
    await expect(emma).not_to_have_url(f"{demo.console}/inbox/all/{conversation['id']}")
    await expect(emma.get_by_test_id("composer-input")).to_have_value("See you at five")
    made = demo.api("GET", f"/conversations/{emma.url.rpartition('/')[2]}")[1]
    assert (made["channel"], made["contact"]["id"], made["assignee"]["name"]) == ("sms", contact_id, "Emma Brown")
    assert people.errors == []
    await people.leave()


def _somebody(demo: Demo, name: str) -> tuple[dict[str, Any], str]:
    """A customer of the sample data, with their number on WhatsApp."""
    rows = demo.api("GET", "/conversations?view=all&limit=50")[1]["items"]
    found = next(row for row in rows if name in row["contact"]["name"])
    identities = demo.api("GET", f"/contacts/{found['contact']['id']}")[1]["identities"]
    return found, next(each["value"] for each in identities if each["kind"] == "phone")


async def _the_two_are_one(emma: Page, demo: Demo, contact_id: str) -> None:
    await emma.goto(f"{demo.console}/contacts/{contact_id}")
    await expect(emma.get_by_test_id("same-number")).to_contain_text("From the till")
    await emma.get_by_test_id("same-number-compare").click()
    await emma.get_by_test_id("merge-confirm").click()
    await expect(emma.get_by_test_id("merged-contacts")).to_contain_text("From the till")
    await expect(emma.get_by_test_id("same-number")).to_have_count(0)


async def _go_on(emma: Page, *, keyboard: bool) -> None:
    way = emma.locator('[data-testid="way"][data-channel="sms"]')
    if keyboard:
        await emma.get_by_test_id("answer-by").press("Enter")
        await expect(way).to_be_enabled()
        await way.press("Enter")
    else:
        await emma.get_by_test_id("answer-by").click()
        await way.click()
