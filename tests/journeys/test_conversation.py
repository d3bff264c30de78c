"""A long conversation in a real browser: jumping to what is quoted, reading around it, what became of a message."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from madoguchi.agents.passwords import hash_password
from madoguchi.channels.base import InboxConfig
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.threads import Thread, make_thread, receive
from tests.support.web import Web
from tests.support.world import Workspace

pytestmark = pytest.mark.browser

PASSWORD = "a long password for tests"
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><b>太字</b>"
RIGHT_TO_LEFT = "\u202egnorw\u200b مرحبا"
LONG = 400
SCREENS = pytest.mark.parametrize(
    ("locale", "width"), [("en-GB", 1440), ("ja-JP", 390)], ids=["English, wide screen", "Japanese, phone"]
)


@pytest.fixture
async def long_thread(database: Database, workspace: Workspace, inbox: InboxConfig) -> Thread:
    thread = await make_thread(database, inbox, HOSTILE)
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE agents SET password_hash = %s", (await hash_password(PASSWORD),))
        rows = [(workspace.id, new_id(), thread.id, inbox.id, f"line {n}", thread.contact_id, n) for n in range(LONG)]
        await tx.cursor().executemany(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status,"
            " author_kind, author_id, provider_id, created_at)"
            " VALUES (%s, %s, %s, %s, 'in', 'text', %s, 'received', 'contact', %s, 'wamid.' || %s::text, now())",
            rows,
        )
    await receive(database, thread, f"{HOSTILE} {RIGHT_TO_LEFT}")
    await receive(database, thread, "an answer to the first", reply_to=rows[0][1])
    return thread


@pytest.fixture
async def page(
    browser: Browser, web: Web, workspace: Workspace, long_thread: Thread, locale: str, width: int
) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, locale=locale, has_touch=width < 500, is_mobile=width < 500
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(web.url)
    await page.get_by_test_id("sign-in-email").fill(workspace.agent.email)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("conversation-row").first.click()
    await _message(page, "an answer to the first").wait_for()
    yield page
    assert errors == []
    await context.close()


@SCREENS
async def test_what_is_quoted_far_back_is_shown_with_what_stood_around_it(page: Page) -> None:
    bubbles = page.get_by_test_id("message")
    await page.get_by_test_id("quoted").last.click()
    await expect(page.get_by_test_id("thread").get_by_text("line 0", exact=True).last).to_be_in_viewport()
    await expect(page.get_by_test_id("thread").get_by_text("line 1", exact=True)).to_be_visible()
    # Down again, piece by piece: nothing is left out and the page stays small.
    for n in (50, 150, 250, 350):
        await _scroll_to(page, f"line {n}")
        assert await bubbles.count() <= 230
    await _scroll_to(page, "an answer to the first")
    await page.get_by_test_id("quoted").last.click()
    await expect(page.get_by_test_id("thread").get_by_text("line 0", exact=True).last).to_be_in_viewport()
    await page.get_by_test_id("thread-to-end").click()
    await expect(_message(page, "an answer to the first")).to_be_in_viewport()


@SCREENS
async def test_what_a_customer_controls_is_text(page: Page) -> None:
    await expect(_message(page, "مرحبا")).to_contain_text("<b>太字</b>")
    assert await page.locator("[onerror], b").count() == 0
    assert await page.title() != "hacked"
    await expect(_message(page, "مرحبا").locator("[dir=auto]").last).to_contain_text("مرحبا")


@SCREENS
async def test_the_way_a_message_took_and_everything_with_the_contact(page: Page, width: int) -> None:
    await _message(page, "an answer to the first").hover()
    await _message(page, "an answer to the first").get_by_test_id("message-menu").click(force=True)
    await page.get_by_test_id("message-info").click()
    await expect(page.get_by_test_id("message-info-sheet")).to_contain_text("wamid.")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("open-timeline").click()
    await expect(page.get_by_test_id("timeline-message").first).to_contain_text("an answer to the first")
    await page.get_by_test_id("timeline-message").nth(40).click()
    # What it stands among is near the first page's end: the next one comes by itself, and moves nothing.
    await expect(page.get_by_test_id("thread").get_by_text(f"line {LONG - 100}", exact=True)).to_have_count(1)
    await expect(page.get_by_test_id("thread").get_by_text(f"line {LONG - 39}", exact=True).last).to_be_in_viewport()
    assert "message=" in page.url


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1440)])
async def test_the_key_that_sends_is_the_agents_choice_on_every_screen(page: Page) -> None:
    box = page.get_by_test_id("composer-input")
    await page.get_by_test_id("claim-button").click()
    await box.wait_for()
    await page.get_by_test_id("writing-options").click()
    async with page.expect_response(lambda answer: "preferences" in answer.url) as saved:
        await page.get_by_test_id("send-key-ctrl_enter").click()
    assert (await saved.value).status == 200
    await page.reload()
    await box.fill("first")
    await box.press("Enter")
    await box.press_sequentially("second")
    await expect(box).to_have_value("first\nsecond")
    await box.press("Control+Enter")
    await expect(box).to_have_value("")
    await expect(_message(page, "second")).to_contain_text("first")


def _message(page: Page, text: str) -> Any:
    return page.locator("[data-testid=message][data-message-id]").filter(has_text=text).last


async def _scroll_to(page: Page, text: str) -> None:
    """As a reader does: downwards until it is there."""
    there = page.get_by_test_id("thread").get_by_text(text, exact=True)
    thread = page.get_by_test_id("thread")
    for _ in range(60):
        if await there.count() and await there.last.is_visible():
            break
        await thread.evaluate(
            "box => new Promise(done => { box.scrollTop += 1200; requestAnimationFrame(() => done()) })"
        )
    await expect(there.last).to_be_attached()
