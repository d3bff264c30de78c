"""A letter in the console: read in its frame, answered to everybody, another topic parted; wide in English, on a phone in Japanese."""

import asyncio
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demo, People
from tests.support.mail import mail, running_relay

pytestmark = pytest.mark.browser

_HTML = """<p>Are you open on <b>23 December</b>?</p><script>document.title = "hacked"</script>
<img src="http://127.0.0.1:9/pixel.gif"><div class="gmail_quote">On Friday you wrote: earlier words</div>"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("mail") / "demo")
    demo.start()
    yield demo
    demo.stop()


def _deliver(inbox: dict[str, Any], raw: bytes) -> None:
    request = urllib.request.Request(inbox["webhook_url"], raw, {"Content-Type": "message/rfc822"})
    assert urllib.request.urlopen(request, timeout=10).status == 200


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_a_letter_is_read_answered_and_parted(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    who = "Yuki" if phone else "Hanako"
    async with running_relay() as relay:
        settings = {
            "address": f"support-{who.lower()}@minato.example",
            "smtp_host": "127.0.0.1",
            "smtp_port": relay.port,
            "smtp_tls": "none",
        }
        given = {"channel": "email", "name": f"Mail {who}", "credentials": {}, "settings": settings}
        status, inbox = demo.api("POST", "/inboxes", given)
        assert status == 201, inbox
        mine = {"From": f"{who} <{who.lower()}@example.jp>", "To": settings["address"]}
        head = {**mine, "Cc": "Taro <taro@example.jp>", "Subject": f"Opening hours for {who}"}
        first = mail(_HTML, Message_ID=f"<1{who}@x>", Content_Type="text/html; charset=utf-8", **head)
        _deliver(inbox, first)
        people = People(browser, demo, locale, phone=phone)
        emma = await people.agent("emma@example.com")
        await _read(emma, who)
        await _answer_everybody(emma)
        async with asyncio.timeout(20):
            while not relay.taken:
                await emma.wait_for_timeout(50)
        recipients, _ = relay.taken[0]
        assert set(recipients) == {"taro@example.jp", f"{who.lower()}@example.jp"}
        _deliver(inbox, mail("A cup broke", Message_ID=f"<2{who}@x>", In_Reply_To=f"<1{who}@x>", Subject="Cup", **mine))
        await emma.get_by_test_id("topic-split").click()
        await expect(emma.get_by_test_id("thread-subject")).to_contain_text("Cup")
        await _joined_and_parted(emma, who, phone=phone)
        assert people.errors == []
        await people.leave()


async def _joined_and_parted(emma: Page, who: str, *, phone: bool) -> None:
    """The other thread becomes a part of this one, everybody's link to it leads here, and it goes again."""
    alone, subject = emma.url, f"Opening hours for {who}"
    if phone:
        await emma.get_by_test_id("thread-subject").click()
    async with emma.expect_response(lambda answer: answer.url.endswith("/merge")) as merged:
        await emma.get_by_test_id("join-threads").click()
    other = (await merged.value).url.split("/")[-2]
    await expect(emma.get_by_test_id("merged-threads")).to_contain_text(subject)
    if phone:
        await emma.get_by_test_id("contact-panel").get_by_test_id("back-button").click()
    thread = emma.get_by_test_id("thread")
    await expect(thread.get_by_test_id("mark-merged").first).to_contain_text(subject)
    await expect(thread.get_by_test_id("message").filter(has_text="Yes, we are.")).to_be_visible()
    here = alone.rstrip("/").split("/")[-1]
    await emma.goto(alone.replace(here, other))
    await expect(emma.get_by_test_id("thread-subject")).to_contain_text("Cup")
    assert emma.url.endswith(here)
    if phone:
        await emma.get_by_test_id("thread-subject").click()
    await emma.get_by_test_id("part-threads").click()
    await expect(emma.get_by_test_id("merged-threads")).to_have_count(0)
    await expect(emma.get_by_test_id("join-threads")).to_be_visible()


async def _read(emma: Page, who: str) -> None:
    await emma.get_by_test_id("view-unassigned").click()
    await emma.get_by_test_id("row-subject").filter(has_text=who).click()
    frame = emma.get_by_test_id("letter-frame").content_frame
    await expect(frame.get_by_text("23 December")).to_be_visible()
    await expect(frame.get_by_text("earlier words")).to_be_hidden()
    assert await frame.locator("img").get_attribute("src") is None
    await emma.get_by_test_id("letter-unfold").click()
    await expect(frame.get_by_text("earlier words")).to_be_visible()
    assert await emma.title() != "hacked"


async def _answer_everybody(emma: Page) -> None:
    await emma.get_by_test_id("claim-button").click()
    await emma.get_by_test_id("letter-all").click()
    await expect(emma.get_by_test_id("letter-cc")).to_have_value("Taro <taro@example.jp>")
    await emma.get_by_test_id("letter-bcc").fill("nobody")
    await emma.get_by_test_id("composer-input").fill("Yes, we are.")
    await expect(emma.get_by_test_id("composer-send")).to_be_disabled()
    await emma.get_by_test_id("letter-bcc").fill("")
    await emma.get_by_test_id("composer-send").click()
    await expect(emma.locator('[data-testid="message"][data-direction="out"]').last).to_contain_text("Yes, we are.")
