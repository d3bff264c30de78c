"""The SMS phone by itself: what a customer writes and gets, in parts and letters, words that everybody knows, and faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.simulator.lab import Lab, open_lab

OURS = "+815012345678"
LONG = "Your beans are roasted and wait for you. " * 5
SIZES = {"en": (1440, 900), "ja": (360, 740)}
WORDS = {
    "en": {
        "parts": "GSM, 2 parts",
        "emoji": "Unicode, 1 part",
        "own": "Written by the provider",
        "lost": "Never arrived",
    },
    "ja": {"parts": "GSM、2通分", "emoji": "Unicode、1通分", "own": "自動返信", "lost": "届いていません"},
}


@asynccontextmanager
async def shop() -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """The product, as far as Twilio sees it: takes every webhook."""
    taken: list[dict[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        taken.append({name: values[0] for name, values in parse_qs(await request.text()).items()})
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", taken
    await runner.cleanup()


async def answer(lab: Lab, text: str) -> None:
    form = {"To": "+819011110001", "From": OURS, "Body": text}
    async with httpx.AsyncClient() as http:
        sent = await http.post(f"{lab.url}/twilio/2010-04-01/Accounts/AC1/Messages.json", data=form, timeout=30)
    assert sent.status_code == 201


@pytest.mark.parametrize("locale", ["en", "ja"])
async def test_texts_words_and_faults(browser: Browser, locale: str) -> None:
    words = WORDS[locale]
    async with open_lab() as lab, shop() as (hook, taken):
        await lab.control("POST", "sms/setup", {"twilio": hook, "numbers": {"twilio": OURS}})
        width, height = SIZES[locale]
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=locale)
        context.set_default_timeout(30_000)
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{lab.url}/phone/sms")
        await _write(page, taken)
        await answer(lab, LONG)
        await expect(page.get_by_test_id("sms-out").last).to_contain_text(words["parts"], timeout=30_000)
        await answer(lab, "お待ちしています ☕")
        await expect(page.get_by_test_id("sms-out").last).to_contain_text(words["emoji"], timeout=30_000)
        await page.get_by_test_id("sms-word-STOP").click()
        await expect(page.get_by_test_id("sms-out").last).to_contain_text(words["own"], timeout=30_000)
        await page.get_by_test_id("sms-word-START").click()
        await _undelivered(page, lab, words["lost"])
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await context.close()
    assert wrong == []
    assert [form["Body"] for form in taken[2:]] == ["STOP", "START"]


async def _write(page: Page, taken: list[dict[str, Any]]) -> None:
    """By keyboard, then a picture."""
    await page.get_by_test_id("sms-input").fill("土曜日に伺います")
    await page.get_by_test_id("sms-input").press("Enter")
    await expect(page.get_by_test_id("sms-in")).to_have_count(1, timeout=30_000)
    await page.get_by_test_id("sms-picture").click()
    picture = page.get_by_test_id("sms-in").last.get_by_role("img")
    await expect(picture).to_be_visible(timeout=30_000)
    await expect(page.get_by_test_id("sms-in")).to_have_count(2, timeout=30_000)
    assert [(form.get("Body", ""), form["NumMedia"]) for form in taken] == [("土曜日に伺います", "0"), ("", "1")]


async def _undelivered(page: Page, lab: Lab, words: str) -> None:
    await expect(page.get_by_test_id("sms-out")).to_have_count(4, timeout=30_000)
    if not await page.get_by_test_id("sms-fault-undelivered").is_visible():
        await page.get_by_test_id("sms-settings").click()
    await page.get_by_test_id("sms-fault-undelivered").click()
    await expect(page.get_by_test_id("sms-fault-undelivered")).to_have_attribute("aria-checked", "true", timeout=30_000)
    await answer(lab, "lost")
    await expect(page.get_by_test_id("sms-out").last).to_contain_text(words, timeout=30_000)
