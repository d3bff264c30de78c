"""Why a conversation is closed: said once in the settings, asked for when closing, shown and found by it."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


async def test_nothing_is_closed_without_a_reason(demo: Demo, browser: Browser) -> None:
    """English on a wide screen, then Japanese on a phone, in one demo."""
    wide = People(browser, demo, "en-GB", phone=False)
    aoi = await wide.agent("aoi@example.com")
    await _reasons_are_set_up(aoi, demo)
    await _one_is_closed_with(aoi, "解決済み")
    await _and_found_by_it(aoi, demo)
    assert wide.errors == []
    await wide.leave()

    narrow = People(browser, demo, "ja-JP", phone=True)
    ken = await narrow.agent("ken@example.com")
    await ken.get_by_test_id("conversation-row").first.wait_for()
    await _one_is_closed_with(ken, None)
    assert await ken.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert narrow.errors == []
    await narrow.leave()


async def _reasons_are_set_up(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.console}/settings/closeReasons")
    for at, reason in enumerate(("Spam", "解決済み")):
        await page.get_by_test_id("add-close-reason").click()
        await page.get_by_test_id("close-reason").nth(at).fill(reason)
    await page.get_by_role("button", name="Move up").nth(1).click()
    await page.get_by_test_id("close-required").check()
    await page.get_by_test_id("save-close-reasons").click()
    await expect(page.get_by_test_id("save-close-reasons")).to_have_count(0)
    assert demo.api("GET", "/close-reasons")[1] == {"items": ["解決済み", "Spam"], "required": True}
    await page.goto(f"{demo.console}/inbox/all")


async def _one_is_closed_with(page: Page, reason: str | None) -> None:
    """None: own words."""
    await page.get_by_test_id("conversation-row").first.click()
    await page.get_by_test_id("close-conversation").click()
    dialog = page.get_by_test_id("close-reasons")
    if reason:
        await dialog.get_by_text(reason).click()
    else:
        await dialog.locator("label").last.click()
        await page.get_by_test_id("close-do").click()
        await expect(page.get_by_test_id("close-own")).to_have_attribute("aria-invalid", "true")
        await page.get_by_test_id("close-own").fill("お客様から解決の連絡あり")
    await page.get_by_test_id("close-do").click()
    await expect(page.get_by_test_id("closed-because")).to_contain_text(reason or "お客様から解決の連絡あり")


async def _and_found_by_it(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.console}/inbox/all")
    await page.get_by_test_id("list-filters").click()
    await page.get_by_test_id("more-filters").click()
    await page.get_by_test_id("filter-closeReason").select_option("解決済み")
    await page.get_by_test_id("filter-apply").click()
    await expect(page.get_by_test_id("conversation-row")).to_have_count(1)
    await expect(page.get_by_test_id("filter-chip")).to_contain_text("解決済み")
    await page.reload()
    await expect(page.get_by_test_id("conversation-row")).to_have_count(1)
