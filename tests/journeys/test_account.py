"""An owner connects an account step by step: by credentials on a wide screen, by a sign-up on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("account") / "demo")
    demo.start()
    yield demo
    demo.stop()


async def test_an_account_is_connected_by_its_credentials(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    aoi = await people.agent("aoi@example.com")
    number = _number(shop, name="Second Shop")
    await _enter_credentials(aoi, shop, number)
    await _a_wrong_token_says_what_to_do(aoi, number)
    await _the_webhook_is_subscribed_and_tested(aoi)
    await _the_number_is_registered(aoi, shop, number)
    await _it_can_be_left_and_gone_on_with(aoi, shop)
    await _the_first_messages_go_both_ways(aoi, shop, number)
    assert people.errors == []
    await people.leave()


async def test_a_number_of_the_app_brings_its_history(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "ja-JP", phone=True)
    aoi = await people.agent("aoi@example.com")
    number = _number(shop, name="みなと珈琲 二号店")
    _control(shop, "PATCH", f"numbers/{number['phone_number_id']}", {"on_biz_app": True})
    code = _control(shop, "POST", f"numbers/{number['phone_number_id']}/code")["code"]
    await aoi.goto(f"{shop.console}/settings/inboxes")
    await aoi.get_by_role("button", name="受信箱を接続").click()
    await aoi.get_by_test_id("way-signUp").click()
    for key, value in (("app_id", number["app_id"]), ("app_secret", number["app_secret"]), ("code", code)):
        await aoi.locator(f"[data-key={key}]").fill(value)
    await aoi.locator("[data-key=graph_url]").fill(f"{shop.simulator}/graph")
    await aoi.get_by_role("button", name="接続", exact=True).click()
    made = aoi.get_by_test_id("signed-up")
    await expect(made.locator(".text-failed")).to_have_count(0)
    await expect(made).to_contain_text("アプリの履歴の取り込みを依頼しました")
    await aoi.get_by_test_id("signed-up-next").click()
    await aoi.get_by_test_id("step-archive").click()
    await expect(aoi.get_by_test_id("archive-history")).to_contain_text("依頼しました")
    await expect(aoi.get_by_test_id("step-number")).to_have_count(0)
    assert people.errors == []
    await people.leave()


async def _enter_credentials(aoi: Page, shop: Demo, number: dict[str, Any]) -> None:
    await aoi.goto(f"{shop.console}/settings/inboxes")
    await aoi.get_by_role("button", name="Connect an inbox").click()
    await aoi.get_by_label("Channel").select_option("whatsapp")
    await aoi.get_by_label("Name").fill("Second shop")
    values = {
        "phone_number_id": number["phone_number_id"],
        "business_account_id": number["waba_id"],
        "access_token": "EAAwrong",
        "app_secret": number["app_secret"],
        "verify_token": "a-word-of-mine",
        "graph_url": f"{shop.simulator}/graph",
    }
    for key, value in values.items():
        await aoi.locator(f"[data-key={key}]").fill(value)
    await aoi.get_by_role("button", name="Connect", exact=True).click()


async def _a_wrong_token_says_what_to_do(aoi: Page, number: dict[str, Any]) -> None:
    await expect(aoi.get_by_test_id("step-account")).to_have_attribute("aria-current", "step")
    await expect(aoi.get_by_role("region", name="Health")).to_contain_text("token")
    await aoi.locator("[data-key=access_token]").fill(number["access_token"])
    await aoi.get_by_role("button", name="Save and check").click()
    await expect(aoi.get_by_test_id("step-account")).to_have_attribute("data-done", "true")
    await aoi.get_by_test_id("connect-next").click()


async def _the_webhook_is_subscribed_and_tested(aoi: Page) -> None:
    await aoi.get_by_test_id("subscribe").click()
    await expect(aoi.get_by_test_id("step-webhook")).to_have_attribute("data-done", "true")
    await aoi.get_by_test_id("test-webhook").click()
    await expect(aoi.get_by_test_id("webhook-steps").locator(".text-done")).to_have_count(5)
    await aoi.get_by_test_id("connect-next").click()


async def _the_number_is_registered(aoi: Page, shop: Demo, number: dict[str, Any]) -> None:
    await aoi.locator("[data-key=pin]").fill("135790")
    await aoi.get_by_role("button", name="Register the number").click()
    await expect(aoi.get_by_test_id("step-number")).to_have_attribute("data-done", "true")


async def _it_can_be_left_and_gone_on_with(aoi: Page, shop: Demo) -> None:
    await aoi.goto(f"{shop.console}/settings/inboxes")
    _, inboxes = shop.api("GET", "/inboxes")
    mine = next(each for each in inboxes["items"] if each["name"] == "Second shop")
    await aoi.goto(f"{shop.console}/settings/inboxes?connect={mine['id']}")
    await expect(aoi.get_by_test_id("step-profile")).to_have_attribute("aria-current", "step")
    await aoi.get_by_test_id("step-test").click()


async def _the_first_messages_go_both_ways(aoi: Page, shop: Demo, number: dict[str, Any]) -> None:
    await expect(aoi.get_by_text("Waiting for a message")).to_be_visible()
    wish = {"number": number["phone_number_id"], "type": "text", "text": "Is this working?"}
    _control(shop, "POST", "customers/hanako/messages", wish)
    await expect(aoi.get_by_text("A message from")).to_be_visible()
    await aoi.get_by_test_id("test-to").fill("+447700900003")
    await aoi.get_by_test_id("test-send").click()
    await expect(aoi.get_by_test_id("test-status")).to_have_attribute("data-status", "delivered")
    await expect(aoi.get_by_test_id("step-test")).to_have_attribute("data-done", "true")


def _number(shop: Demo, **wish: Any) -> dict[str, Any]:
    made: dict[str, Any] = _control(shop, "POST", "numbers", wish)
    return made


def _control(shop: Demo, method: str, path: str, body: Any = None) -> Any:
    status, answer = shop.ask(method, f"{shop.simulator}/_sim/{path}", body if body is not None else {})
    assert status < 300, answer
    return answer
