"""What can be sent besides words: composed by an agent, seen in the thread, answered on the customer's phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("kinds") / "demo")
    demo.start()
    yield demo
    demo.stop()


async def test_kinds_are_composed_and_answered(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    ken = await _open(people, shop, "John Carter")
    await _buttons_are_checked_before_they_leave(ken)
    await _a_place_and_a_card_are_sent(ken)
    await _a_list_is_chosen_from(ken, shop)
    await _what_else_customers_send_is_drawn(ken, shop)
    await _to_whom_is_blocked_nobody_writes(ken)
    await _what_was_sent_stands_in_the_costs(ken, shop)
    assert people.errors == []
    await people.leave()


async def test_kinds_are_composed_on_a_phone_in_japanese(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "ja-JP", phone=True)
    ken = await _open(people, shop, "佐藤 花子")
    await _choose(ken, "location_request")
    await ken.get_by_test_id("compose-send").click()
    await expect(ken.get_by_text("入力してください。")).to_be_visible()
    await ken.locator("[data-field=body]").fill("お届け先を教えてください。")
    await ken.get_by_test_id("compose-send").click()
    sent = _sent(ken, "interactive")
    await expect(sent).to_contain_text("位置情報を送る")
    await expect(sent).to_have_attribute("data-status", "delivered")
    assert people.errors == []
    await people.leave()


async def _open(people: People, shop: Demo, name: str) -> Page:
    ken = await people.agent("ken@example.com")
    await ken.goto(f"{shop.console}/inbox/all")
    await ken.get_by_test_id("conversation-row").filter(has_text=name).click()
    await ken.get_by_test_id("claim-button").click()
    return ken


async def _choose(ken: Page, kind: str) -> None:
    await ken.get_by_test_id("compose-menu").click()
    await ken.get_by_test_id(f"compose-{kind}").click()


async def _buttons_are_checked_before_they_leave(ken: Page) -> None:
    await _choose(ken, "buttons")
    await ken.locator("[data-field=body]").fill("Which day suits you?")
    await ken.locator("[data-field='rows.0.title']").fill("A title of twenty-one!")
    await expect(ken.get_by_text("2 characters too long (at most 20)")).to_be_visible()
    await ken.locator("[data-field='rows.0.title']").fill("Today")
    for index, title in ((1, "Tomorrow"), (2, "Friday")):
        await ken.get_by_test_id("compose-add").click()
        await ken.locator(f"[data-field='rows.{index}.title']").fill(title)
    await expect(ken.get_by_test_id("compose-add")).to_have_count(0)  # three are all there may be
    await ken.get_by_test_id("compose-send").click()
    await expect(_sent(ken, "interactive")).to_contain_text("Friday")


async def _a_place_and_a_card_are_sent(ken: Page) -> None:
    await _choose(ken, "location")
    for key, value in (("latitude", "35.681"), ("longitude", "139.767"), ("place", "Tokyo Station")):
        await ken.locator(f"[data-field={key}]").fill(value)
    await ken.get_by_test_id("compose-send").click()
    await expect(_sent(ken, "location")).to_contain_text("Tokyo Station")
    await _choose(ken, "contacts")
    await ken.locator("[data-field=person]").fill("Emma Suzuki")
    await ken.locator("[data-field=phone]").fill("+81 3 1234 5678")
    await ken.get_by_test_id("compose-send").click()
    await expect(_sent(ken, "contacts")).to_contain_text("+81 3 1234 5678")


async def _a_list_is_chosen_from(ken: Page, shop: Demo) -> None:
    await _choose(ken, "list")
    await ken.locator("[data-field=body]").fill("Our beans")
    await ken.locator("[data-field=label]").fill("Choose")
    await ken.locator("[data-field='rows.0.title']").fill("Ethiopia")
    await ken.get_by_test_id("compose-send").click()
    sent = _sent(ken, "interactive").filter(has_text="Our beans")
    await expect(sent).to_have_attribute("data-status", "delivered")
    _, messages = shop.ask("GET", f"{shop.simulator}/_sim/customers/john/messages")
    listed = next(each for each in messages["data"] if "Our beans" in str(each))
    _control(shop, "customers/john/tap", {"message_id": listed["id"], "choice": 0})
    await expect(_received(ken, "interactive")).to_contain_text("Ethiopia")


async def _what_else_customers_send_is_drawn(ken: Page, shop: Demo) -> None:
    referral = {"source_type": "ad", "source_url": "https://fb.me/x", "headline": "Fresh beans", "body": "This week"}
    wish = {"type": "text", "text": "I saw your advertisement", "referral": referral}
    _control(shop, "customers/john/messages", wish)
    await expect(ken.get_by_test_id("referral")).to_contain_text("Fresh beans")


async def _to_whom_is_blocked_nobody_writes(ken: Page) -> None:
    await ken.get_by_test_id("block-state").get_by_role("button").click()
    await ken.get_by_test_id("block").click()
    await expect(ken.get_by_test_id("composer-locked")).to_contain_text("John Carter is blocked in")
    await ken.get_by_test_id("unblock-button").click()
    await expect(ken.get_by_test_id("composer-input")).to_be_visible()


async def _what_was_sent_stands_in_the_costs(ken: Page, shop: Demo) -> None:
    await ken.goto(f"{shop.console}/settings/costs")
    await expect(ken.get_by_test_id("costs")).to_contain_text("United Kingdom")
    await expect(ken.get_by_test_id("costs")).to_contain_text("Service")


def _sent(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-testid=message][data-direction=out][data-type={kind}]:not([data-pending])").last


def _received(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-testid=message][data-direction=in][data-type={kind}]").last


def _control(shop: Demo, path: str, body: Any) -> Any:
    status, answer = shop.ask("POST", f"{shop.simulator}/_sim/{path}", body)
    assert status < 300, answer
    return answer
