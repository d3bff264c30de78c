"""What a customer controls is shown as text wherever the console shows it; and a computer whose clock is wrong."""

import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser

_ATTACK = """<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>"""
_LONG = "長" * 100 + "W" * 100
# A mark that turns the direction around and is never closed, and marks that nobody sees.
_TURNED = "\u202egnp.exe \u2066شركة\u200b\u200d\ufeff"
_NAME = f"{_ATTACK}{_TURNED}"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(Path(tmp_path_factory.mktemp("hostile")) / "demo")
    demo.start()
    _everything_hostile(demo)
    yield demo
    demo.stop()


@pytest.fixture
async def everybody(hostile: Demo, browser: Browser) -> AsyncIterator[Any]:
    made: list[People] = []

    def people(locale: str, *, phone: bool) -> People:
        made.append(People(browser, hostile, locale, phone=phone))
        return made[-1]

    yield people
    for each in made:
        await each.leave()


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_nothing_of_a_customer_runs_or_breaks_the_page(
    hostile: Demo, everybody: Any, locale: str, phone: bool
) -> None:
    people: People = everybody(locale, phone=phone)
    page = await people.agent("aoi@example.com")
    await page.goto(f"{hostile.console}/inbox/all")
    await expect(page.get_by_test_id("conversation-row").filter(has_text="<img src=x").first).to_be_visible()
    await expect(page.get_by_test_id("conversation-row").filter(has_text="長長長").first).to_be_visible()
    await _is_whole(page)
    for path in _conversations(hostile):
        await page.goto(f"{hostile.console}/inbox/all/{path}")
        await page.get_by_test_id("message").last.wait_for()
        await _is_whole(page)
    for contact in hostile.api("GET", "/contacts")[1]["items"]:
        await page.goto(f"{hostile.console}/contacts/{contact['id']}")
        await page.get_by_test_id("contact-panel").wait_for()
        await _is_whole(page)
    await page.goto(f"{hostile.console}/inbox/all?q={quote('onerror')}")
    await page.get_by_test_id("search-hit").first.wait_for()
    await _is_whole(page)
    assert people.errors == []


async def test_a_wrong_clock_does_not_lie_about_the_window(hostile: Demo, everybody: Any) -> None:
    people: People = everybody("en-GB", phone=False)
    right = await people.agent("ken@example.com")
    wrong = await people.page()
    await wrong.clock.install(time=datetime.now(UTC) + timedelta(days=400))
    await wrong.goto(hostile.console)
    await wrong.get_by_test_id("sign-in-email").fill("emma@example.com")
    await wrong.get_by_test_id("sign-in-password").fill("madoguchi-demo")
    await wrong.get_by_test_id("sign-in-submit").click()
    shown = []
    for page in (right, wrong):
        await page.get_by_test_id("view-all").click()
        row = page.get_by_test_id("conversation-row").filter(has_text="Priya")
        shown.append(await row.locator("time").inner_text())
    assert shown[0] == shown[1], "times of today look like today's"
    await wrong.get_by_test_id("conversation-row").filter(has_text="Priya").click()
    await wrong.get_by_test_id("claim-button").click()
    await expect(wrong.get_by_test_id("window-countdown")).to_have_attribute("data-look", "open")
    await wrong.get_by_test_id("composer-input").fill("Yes, it is free.")
    await wrong.get_by_test_id("composer-send").click()
    await wrong.locator("[data-testid=message][data-status=delivered]").last.wait_for()


async def _is_whole(page: Page) -> None:
    state = await page.evaluate(
        """() => ({
            ran: window.__ran ?? 0,
            made: document.querySelectorAll('img[src="x"], script:not([src])').length,
            wide: document.documentElement.scrollWidth - innerWidth,
        })"""
    )
    assert state == {"ran": 0, "made": 0, "wide": min(0, state["wide"])}, page.url


def _conversations(demo: Demo) -> list[str]:
    found = demo.api("GET", "/conversations?view=all")[1]["items"]
    return [each["id"] for each in found if each["contact"]["name"].startswith(("<img", "長"))]


def _everything_hostile(demo: Demo) -> None:
    for id_, phone, name in (("eve", "819022220001", _NAME), ("long", "819022220002", _LONG)):
        made = demo.ask("POST", f"{demo.simulator}/_sim/customers", {"id": id_, "phone": phone, "name": name})
        assert made[0] == 201, made
    line = {"product_retailer_id": _ATTACK, "quantity": 1, "item_price": 10, "currency": "JPY"}
    wishes = [
        {"type": "text", "text": f"{_ATTACK} javascript:alert(1) http://evil.example/{'a' * 300}"},
        {"type": "text", "text": _TURNED * 20},
        {"type": "document", "filename": f"{_TURNED}{_ATTACK}.pdf", "caption": _ATTACK},
        {"type": "image", "caption": _LONG * 3},
        {"type": "location", "location": {"latitude": 35.4, "longitude": 139.6, "name": _ATTACK, "address": _LONG}},
        {"type": "order", "order": {"catalog_id": "400000000000001", "text": _ATTACK, "product_items": [line]}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": _ATTACK, "first_name": _LONG}, "phones": []}]},
    ]
    for id_ in ("eve", "long"):
        for wish in wishes:
            status, answer = demo.ask("POST", f"{demo.simulator}/_sim/customers/{id_}/messages", wish)
            assert status == 201, (wish, answer)
    _a_hostile_mail(demo)
    end = time.monotonic() + 30
    while not _arrived(demo, 2 * len(wishes) + 1):
        assert time.monotonic() < end, "the messages did not come"
        time.sleep(0.1)


def _a_hostile_mail(demo: Demo) -> None:
    mailbox = {"channel": "email", "name": _ATTACK, "settings": {"address": "shop@minato.example"}}
    status, inbox = demo.api("POST", "/inboxes", mailbox)
    assert status == 201, inbox
    mail = EmailMessage()
    mail["From"] = f'"{_NAME}" <eve@evil.example>'.replace('onerror="', "onerror=").replace('1">', "1>")
    mail["To"] = "shop@minato.example"
    mail["Subject"] = f"{_ATTACK} {_LONG}"
    mail["Message-ID"] = "<1@evil.example>"
    mail.set_content(_ATTACK)
    mail.add_alternative(f"<p>{_ATTACK}<b style='position:fixed;inset:0'>{_LONG}</b></p>", subtype="html")
    mail.add_attachment(b"x", maintype="text", subtype="plain", filename=f"{_ATTACK}.html")
    headers = {"Content-Type": "message/rfc822", "X-Envelope-To": "shop@minato.example"}
    request = urllib.request.Request(inbox["webhook_url"], mail.as_bytes(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def _arrived(demo: Demo, wanted: int) -> bool:
    """Also in the search's index, which follows."""
    threads = _conversations(demo)
    messages = [m for id_ in threads for m in demo.api("GET", f"/conversations/{id_}/messages")[1]["items"]]
    found = demo.api("GET", "/search?kind=message&q=onerror")[1]["groups"][0]["items"]
    return len(messages) >= wanted and len(found) > 0
