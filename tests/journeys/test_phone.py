"""The customer's phone by itself: a form, the shop, changing one's words, and a scenario at one click."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from madoguchi.simulator import seed
from tests.simulator.lab import Lab, connect, open_lab

WORDS = {
    "en": {"world": "Show the world's settings", "restore": "Click to restore", "deleted": "This message was deleted"},
    "ja": {
        "world": "設定を表示",
        "restore": "クリックで元に戻します",
        "deleted": "このメッセージは削除されました",
    },
}
SIZES = {"en": (1440, 900), "ja": (390, 844)}


@asynccontextmanager
async def phone(browser: Browser, lab: Lab, locale: str) -> AsyncIterator[Page]:
    width, height = SIZES[locale]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=locale)
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await page.goto(f"{lab.url}/phone")
    if locale == "ja":
        await page.get_by_text(seed.BUSINESS).first.click()
    yield page
    await context.close()
    assert wrong == []


def interactive(kind: str, action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": "Please"}, "action": action}}


@pytest.mark.parametrize("locale", ["en", "ja"])
async def test_form_shop_words_and_scenario(browser: Browser, locale: str) -> None:
    async with open_lab() as lab:
        await connect(lab)
        await lab.write(text="at seven")
        given = {"flow_message_version": "3", "flow_id": seed.FLOW, "flow_cta": "Open the form", "flow_token": "t"}
        await lab.send(interactive("flow", {"name": "flow", "parameters": given}))
        section = {"title": "Beans", "product_items": [{"product_retailer_id": "beans-house-200"}]}
        await lab.send(interactive("product_list", {"catalog_id": seed.CATALOG, "sections": [section]}))
        await lab.quiet()
        async with phone(browser, lab, locale) as page:
            await _fill_form(page, lab)
            await _order(page, lab)
            await _change_words(page, lab, locale)
            await _play(page, lab, locale)


async def _fill_form(page: Page, lab: Lab) -> None:
    await page.get_by_role("button", name="Open the form").click()
    await page.get_by_test_id("flow-submit").click()
    await expect(page.get_by_test_id("flow-name")).to_have_attribute("aria-invalid", "true")
    await page.get_by_test_id("flow-name").fill("花子")
    await page.get_by_test_id("flow-topic-beans").check()
    await page.get_by_test_id("flow-submit").click()
    await page.get_by_test_id("flow-message").fill("Hello")
    await page.get_by_test_id("flow-back").click()
    await expect(page.get_by_test_id("flow-name")).to_have_value("花子")
    await page.get_by_test_id("flow-submit").click()
    await expect(page.get_by_test_id("flow-message")).to_have_value("Hello")
    await page.get_by_test_id("flow-news").check()
    await page.get_by_test_id("flow-submit").click()
    await expect(page.get_by_test_id("phone-flow")).to_be_hidden()
    await lab.quiet()
    reply = lab.product.messages[-1]["interactive"]["nfm_reply"]
    answer = json.loads(reply["response_json"])
    assert (answer["name"], answer["topic"], answer["message"], answer["news"]) == ("花子", "beans", "Hello", True)


async def _order(page: Page, lab: Lab) -> None:
    await page.get_by_test_id("phone-action").last.click()
    for _ in range(2):
        await page.get_by_test_id("shop-add-beans-house-200").click()
    await page.get_by_test_id("shop-order").click()
    await expect(page.get_by_test_id("phone-shop")).to_be_hidden()
    await lab.quiet()
    [item] = lab.product.messages[-1]["order"]["product_items"]
    assert (item["quantity"], item["item_price"]) == (2, 1200)


async def _change_words(page: Page, lab: Lab, locale: str) -> None:
    bubble = page.get_by_test_id("phone-bubble").filter(has_text="at seven").first
    await bubble.get_by_role("button").first.click()
    await page.get_by_test_id("phone-edit").click()
    await page.get_by_test_id("phone-input").fill("at eight")
    await page.get_by_test_id("phone-send").click()
    changed = page.get_by_test_id("phone-bubble").filter(has_text="at eight").first
    await changed.get_by_role("button").first.click()
    await page.get_by_test_id("phone-delete").click()
    await expect(page.get_by_text(WORDS[locale]["deleted"])).to_be_visible()
    await lab.quiet()
    assert [m["type"] for m in lab.product.messages[-2:]] == ["edit", "revoke"]


async def _play(page: Page, lab: Lab, locale: str) -> None:
    if locale == "ja":
        await page.get_by_role("button", name=WORDS[locale]["world"]).click()
    scenario = page.get_by_test_id("scenario-payment_failure")
    await page.locator("details", has=scenario).locator("summary").click()
    await scenario.click()
    await expect(scenario).to_contain_text(WORDS[locale]["restore"])
    assert lab.sim.world.wabas[seed.WABA].payment_ok is False
    await scenario.click()
    await expect(scenario).not_to_contain_text(WORDS[locale]["restore"])
    assert lab.sim.world.wabas[seed.WABA].payment_ok is True
