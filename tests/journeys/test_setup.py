"""An owner sets the business up and invites a colleague, who signs in with a password of their own."""

import asyncio
import io
import re
from datetime import datetime

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from madoguchi.agents import totp
from tests.journeys.conftest import Demo, People


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (20, 90, 160)).save(out, "PNG")
    return out.getvalue()


pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_the_business_and_a_new_colleague(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    people = People(browser, demo, locale, phone=phone)
    aoi = await people.agent("aoi@example.com")
    await aoi.goto(f"{demo.console}/settings/workspace")
    await aoi.get_by_test_id("workspace-name").fill("港コーヒー")
    await aoi.get_by_test_id("workspace-save").click()
    await expect(aoi.get_by_test_id("workspace-save")).to_have_count(0)
    assert demo.api("GET", "/workspace")[1]["name"] == "港コーヒー"

    await aoi.get_by_test_id("logo-file").set_input_files(
        {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": b"<svg><script>alert(1)</script></svg>"}
    )
    await aoi.get_by_test_id("logo-part").get_by_role("alert").wait_for()
    await aoi.get_by_test_id("logo-file").set_input_files({"name": "l.png", "mimeType": "image/png", "buffer": _png()})
    shown = aoi.get_by_test_id("logo-part").get_by_test_id("logo")
    await expect(shown).to_have_attribute("src", re.compile("/api/v1/logos/"))
    await aoi.get_by_test_id("logo-remove").click()
    await expect(shown).to_have_attribute("src", "/icon.svg")

    await aoi.goto(f"{demo.console}/settings/agents")
    row = aoi.get_by_test_id("agent-row").filter(has_text="Ken")
    await row.get_by_test_id("invite-agent").click()
    link = await row.get_by_role("status").locator("code").inner_text()
    token = re.sub(r".*/invitation/", "", link)

    colleague = await (await browser.new_context(locale=locale)).new_page()
    await colleague.goto(f"{demo.console}/invitation/{token}")
    await colleague.get_by_test_id("invitation-password").fill("a password of my own")
    await colleague.get_by_test_id("invitation-accept").click()
    await colleague.get_by_test_id("sign-in-password").fill("a password of my own")
    await colleague.get_by_test_id("sign-in-submit").click()
    await colleague.get_by_test_id("view-unassigned").wait_for()
    await colleague.context.close()

    other = await people.agent("aoi@example.com")
    await aoi.goto(f"{demo.console}/settings/profile")
    await expect(aoi.get_by_test_id("session")).to_have_count(2)
    await aoi.get_by_test_id("end-session").click()
    await expect(aoi.get_by_test_id("session")).to_have_count(1)
    # A web process remembers for seconds who somebody was.
    while (await other.request.get(f"{demo.console}/api/v1/me")).status != 401:
        await asyncio.sleep(0.2)
    await other.reload()
    await other.get_by_test_id("sign-in-email").wait_for()

    await aoi.goto(f"{demo.console}/settings/audit")
    await expect(aoi.get_by_test_id("audit-log").get_by_text("Ken").first).to_be_visible()

    await aoi.goto(f"{demo.console}/settings/lanes")
    await expect(aoi.locator("[data-lane]")).to_have_count(7)
    await expect(aoi.locator("[data-state=stopped]")).to_have_count(0)
    await aoi.locator("[data-lane=inbound] summary").click()
    await expect(aoi.locator("[data-lane=inbound] details p")).to_be_visible()
    assert people.errors == []
    await people.leave()


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_a_colleague_signs_in_with_two_factors(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    email, password = f"rin-{locale.lower()}@example.com", "a password of my own"
    name = f"Rin {locale}"
    assert demo.api("POST", "/agents", {"name": name, "email": email, "password": password})[0] == 201
    people = People(browser, demo, locale, phone=phone)
    aoi = await people.agent("aoi@example.com")
    context = await browser.new_context(locale=locale)
    rin = await context.new_page()

    await _sign_in(rin, demo, email, password)
    await rin.get_by_test_id("view-unassigned").wait_for()
    await rin.goto(f"{demo.console}/settings/profile")
    await rin.get_by_test_id("second-factor-password").fill(password)
    await rin.get_by_test_id("second-factor-go").click()
    await expect(rin.get_by_test_id("second-factor-qr")).to_be_visible()
    secret = await rin.get_by_test_id("second-factor-key").locator("code").inner_text()
    await rin.get_by_test_id("second-factor-code").fill(_code(demo, secret))
    await rin.get_by_test_id("second-factor-confirm").click()
    codes = (await rin.get_by_test_id("recovery-codes").locator("code").inner_text()).split()
    assert len(codes) == 10

    # The one just taken is not taken again; the next one is, a step early.
    for given in (_code(demo, secret, later=1), codes[0]):
        await context.clear_cookies()
        await _sign_in(rin, demo, email, password)
        await rin.get_by_test_id("sign-in-code").fill("000000")
        await rin.get_by_test_id("sign-in-submit").click()
        await expect(rin.get_by_role("alert")).to_be_visible()
        await rin.get_by_test_id("sign-in-code").fill(given)
        await rin.get_by_test_id("sign-in-submit").click()
        await rin.get_by_test_id("view-unassigned").wait_for()

    await aoi.goto(f"{demo.console}/settings/agents")
    row = aoi.get_by_test_id("agent-row").filter(has_text=name)
    await row.get_by_test_id("reset-second-factor").click()
    await aoi.get_by_test_id("confirm-reset").click()
    await expect(row.get_by_test_id("reset-second-factor")).to_have_count(0)
    await context.clear_cookies()
    await _sign_in(rin, demo, email, password)
    await rin.get_by_test_id("view-unassigned").wait_for()
    await context.close()
    assert people.errors == []
    await people.leave()


async def _sign_in(page: Page, demo: Demo, email: str, password: str) -> None:
    await page.goto(demo.console)
    await page.get_by_test_id("sign-in-email").fill(email)
    await page.get_by_test_id("sign-in-password").fill(password)
    await page.get_by_test_id("sign-in-submit").click()


def _code(demo: Demo, secret: str, later: int = 0) -> str:
    now = datetime.fromisoformat(demo.api("GET", "/me")[1]["now"])
    return totp.code_of(secret, totp.step_of(now.timestamp()) + later)
