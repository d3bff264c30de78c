"""An owner goes from an empty data folder to the first answered message, with nothing but what the terminal says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser

_PASSWORD = "a password of my own"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Demo]:
    served = Demo(tmp_path / "fresh", "serve", "--simulate")
    served.start()
    yield served
    served.stop()


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_from_nothing_to_the_first_answer(fresh: Demo, browser: Browser, locale: str, phone: bool) -> None:
    people = People(browser, fresh, locale, phone=phone)
    page = await people.page()
    await _a_wrong_token_makes_nothing(page, fresh)
    await _the_workspace_is_made(page, fresh)
    await _it_is_set_up_and_left_and_resumed(page, fresh)
    await _a_message_comes_and_is_answered(page, people)
    await expect(page.get_by_test_id("steps-bar")).to_have_count(0)
    await page.goto(f"{fresh.console}/welcome")
    await expect(page.get_by_test_id("first-steps").get_by_role("listitem")).to_have_count(0)
    assert people.errors == []
    await people.leave()


async def _a_wrong_token_makes_nothing(page: Page, fresh: Demo) -> None:
    await page.goto(f"{fresh.console}/set-up#0123456789")
    await _describe(page)
    await page.get_by_test_id("first-token").wait_for()
    assert fresh.ask("GET", f"{fresh.console}/api/v1/setup")[1] == {"needed": True}


async def _the_workspace_is_made(page: Page, fresh: Demo) -> None:
    link = re.search(r"http\S+/set-up#\w+", fresh.printed())
    assert link, fresh.printed()
    # A change behind the # alone loads nothing.
    await page.goto("about:blank")
    await page.goto(link[0].replace("localhost", "127.0.0.1"))
    await expect(page.get_by_test_id("first-token")).to_have_count(0)
    await _describe(page)
    await page.get_by_test_id("first-steps").wait_for()


async def _describe(page: Page) -> None:
    given = {"workspace": "港コーヒー", "name": "葵", "email": "aoi@example.com", "password": _PASSWORD}
    for name, text in given.items():
        await page.get_by_test_id(f"first-{name}").fill(text)
    await page.get_by_test_id("first-submit").click()


async def _it_is_set_up_and_left_and_resumed(page: Page, fresh: Demo) -> None:
    await expect(page.get_by_test_id("workspace-name")).to_have_value("港コーヒー")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_test_id("workspace-right").click()
    await page.get_by_test_id("connect-simulator").click()
    await _is(page, "inbox", "done")
    await page.goto(f"{fresh.console}/inbox/all")
    await page.get_by_test_id("steps-bar").get_by_role("link").click()
    await page.get_by_test_id("colleague-name").fill("Ken")
    await page.get_by_test_id("colleague-email").fill("ken@example.com")
    await page.get_by_test_id("colleague-invite").click()
    await expect(page.get_by_role("status").locator("code")).to_contain_text("/invitation/")
    await page.get_by_test_id("colleague-next").click()
    await _is(page, "colleague", "done")


async def _is(page: Page, step: str, state: str) -> None:
    await expect(page.get_by_test_id(f"step-{step}")).to_have_attribute("data-state", state)


async def _a_message_comes_and_is_answered(page: Page, people: People) -> None:
    assert await page.get_by_test_id("open-phone").get_attribute("href")
    hanako = await people.customer("hanako")
    await hanako.get_by_test_id("phone-input").fill("こんにちは")
    await hanako.get_by_test_id("phone-send").click()
    await _is(page, "message", "done")
    await page.get_by_test_id("to-inbox").click()
    await page.get_by_test_id("conversation-row").first.click()
    await page.get_by_test_id("claim-button").click()
    await page.get_by_test_id("composer-input").fill("いらっしゃいませ")
    await page.get_by_test_id("composer-send").click()
    # The phone shows the chat: what is delivered may be read in the same moment.
    await page.locator("[data-testid=message]:is([data-status=delivered], [data-status=read])").last.wait_for()
