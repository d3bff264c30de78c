"""An owner sets the business up and invites a colleague, who signs in with a password of their own."""

import asyncio
import io
import re

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

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
    assert people.errors == []
    await people.leave()
