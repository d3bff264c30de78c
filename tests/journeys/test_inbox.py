"""The inbox of a working day: places, choosing many, taking it back, saved views, search to the very message."""

import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser

_SAID = "ご注文の配送先を変更できますか / change the delivery address"


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_a_working_day_in_the_list(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    assert demo.api("POST", "/labels", {"name": "VIP", "colour": "purple"})[0] == 201
    people = People(browser, demo, locale, phone=phone)
    aoi = await people.agent("aoi@example.com")
    await aoi.get_by_test_id("view-all").click()
    await expect(aoi.get_by_test_id("conversation-row").nth(2)).to_be_visible()

    await _two_are_labelled_and_found_by_it(aoi)
    await _one_is_closed_and_taken_back(aoi)
    await _a_view_is_saved_and_opened(aoi)
    await _the_view_is_changed_named_anew_and_deleted(aoi)
    await _the_sheet_narrows_by_everything(aoi, demo)
    await _a_word_leads_to_its_message(demo, aoi)
    assert people.errors == []
    await people.leave()


async def _choose(page: Page, *positions: int) -> None:
    await page.get_by_test_id("list-filters").click()
    await page.get_by_test_id("choose-many").click()
    for at in positions:
        await page.get_by_test_id("choose-row").nth(at).click()


async def _two_are_labelled_and_found_by_it(page: Page) -> None:
    await _choose(page, 0, 1)
    await page.get_by_test_id("bulk-label").click()
    await page.get_by_role("menuitem", name="VIP").first.click()
    await expect(page.get_by_test_id("bulk-bar")).to_have_count(0)
    await page.get_by_test_id("view-menu").click()
    await page.get_by_role("menuitem", name="VIP").click()
    await expect(page).to_have_url(_address("label=VIP"))
    await expect(page.get_by_test_id("conversation-row")).to_have_count(2)


async def _one_is_closed_and_taken_back(page: Page) -> None:
    await _choose(page, 0)
    await page.get_by_test_id("bulk-close").click()
    await expect(page.get_by_test_id("conversation-row")).to_have_count(1)
    await page.get_by_test_id("toast-action").last.click()
    await expect(page.get_by_test_id("conversation-row")).to_have_count(2)


async def _a_view_is_saved_and_opened(page: Page) -> None:
    await page.get_by_test_id("view-menu").click()
    await page.get_by_test_id("view-save").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("VIP 毎朝")
    await page.get_by_role("dialog").locator("button[type=submit]").click()
    await expect(page).to_have_url(_address("saved="))
    await page.go_back()
    await expect(page).to_have_url(_address("label=VIP"))
    await page.get_by_test_id("view-all").click()
    await page.get_by_test_id("view-menu").click()
    await page.get_by_role("menuitem", name="VIP 毎朝").click()
    await expect(page.get_by_test_id("conversation-row")).to_have_count(2)
    await page.reload()
    await expect(page.get_by_test_id("view-menu")).to_contain_text("VIP 毎朝")


async def _the_view_is_changed_named_anew_and_deleted(page: Page) -> None:
    rows = page.get_by_test_id("conversation-row")
    await page.get_by_test_id("view-menu").click()
    await page.get_by_test_id("view-edit").click()
    await expect(page).to_have_url(_address("edit="))
    await expect(page.get_by_test_id("filter-chip")).to_have_count(1)
    await page.get_by_test_id("filter-chip").click()
    await expect(rows.nth(2)).to_be_visible()
    await page.get_by_test_id("view-keep").click()
    await expect(page).to_have_url(_address("saved="))
    await expect(page.get_by_test_id("view-editing")).to_have_count(0)
    await expect(rows.nth(2)).to_be_visible()
    await page.get_by_test_id("view-menu").click()
    await page.get_by_test_id("view-manage").click()
    row = page.get_by_test_id("own-views").get_by_test_id("view-row").filter(has_text="VIP 毎朝")
    await row.get_by_test_id("view-more").click()
    await page.get_by_test_id("view-rename").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("毎朝")
    await page.get_by_role("dialog").locator("button[type=submit]").click()
    row = page.get_by_test_id("own-views").get_by_test_id("view-row").filter(has_text="毎朝")
    await expect(row).not_to_contain_text("VIP")
    await row.get_by_test_id("view-more").click()
    await page.get_by_test_id("view-share").click()
    row = page.get_by_test_id("shared-views").get_by_test_id("view-row").filter(has_text="毎朝")
    await row.get_by_test_id("view-more").click()
    await page.get_by_test_id("view-remove").click()
    await page.get_by_test_id("confirm-removal").click()
    await expect(row).to_have_count(0)


async def _the_sheet_narrows_by_everything(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.console}/inbox/all")
    rows = page.get_by_test_id("conversation-row")
    await expect(rows.nth(2)).to_be_visible()
    everybody = await rows.count()
    await page.get_by_test_id("list-filters").click()
    await page.get_by_test_id("more-filters").click()
    await page.get_by_test_id("filter-labelsNone").get_by_text("VIP").click()
    await page.get_by_test_id("filter-createdFrom").fill("2020-01-01")
    await page.get_by_test_id("filter-channel").select_option("whatsapp")
    await page.get_by_test_id("filter-apply").click()
    await expect(page).to_have_url(_address("none=VIP"))
    await expect(rows).to_have_count(everybody - 2)
    await page.reload()
    await expect(rows).to_have_count(everybody - 2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chips = page.get_by_test_id("filter-chip")
    await expect(chips).to_have_count(3)
    await chips.filter(has_text="VIP").click()
    await expect(rows).to_have_count(everybody)
    await expect(chips).to_have_count(2)


async def _a_word_leads_to_its_message(demo: Demo, page: Page) -> None:
    body = {"type": "text", "text": _SAID}
    status, _ = demo.ask("POST", f"{demo.simulator}/_sim/customers/hanako/messages", body)
    assert status in {200, 201}
    _until_found(demo, "配送先")
    await page.get_by_test_id("search-toggle").click()
    await page.get_by_test_id("search-box").fill("配送先 DELIVERY")
    hit = page.locator("[data-testid=search-hit][data-kind=message]").first
    await expect(hit.locator("mark")).to_have_count(2)
    await hit.click()
    await expect(page).to_have_url(_address("message="))
    await expect(page.locator("[data-testid=message]").filter(has_text="配送先")).to_be_in_viewport()


def _until_found(demo: Demo, word: str) -> None:
    """The index follows within seconds; the browser looks when it is there."""
    end = time.monotonic() + 60
    while not _hits(demo, word):
        assert time.monotonic() < end, "search never heard of it"
        time.sleep(0.2)


def _hits(demo: Demo, word: str) -> list[Any]:
    _, answer = demo.api("GET", f"/search?kind=message&q={quote(word)}")
    return list(answer["groups"][0]["items"])


def _address(part: str) -> Any:
    return re.compile(".*" + re.escape(part) + ".*")
