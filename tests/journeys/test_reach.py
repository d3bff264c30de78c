"""Without a mouse, without eyes, on a phone: what the console owes to everybody."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD, Demo, People, _until

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] })
  return {
    passes: found.passes.length,
    bad: found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`)),
  }
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all of these; each test takes a customer or an agent of its own."""
    demo = Demo(tmp_path_factory.mktemp("reach") / "demo")
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
async def english(shop: Demo, browser: Browser) -> AsyncIterator[People]:
    people = People(browser, shop, "en-GB", phone=False)
    yield people
    await people.leave()
    assert people.errors == []


WAYS = [("en-GB", False, "light"), ("en-GB", False, "dark"), ("ja-JP", True, "light"), ("ja-JP", True, "dark")]


@pytest.mark.parametrize(("locale", "phone", "theme"), WAYS, ids=["wide", "wide, dark", "phone", "phone, dark"])
async def test_axe_finds_nothing_serious(shop: Demo, browser: Browser, locale: str, phone: bool, theme: Any) -> None:
    people = People(browser, shop, locale, phone=phone)
    page = await people.agent("aoi@example.com")
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = [f"{name}: {each}" async for name in _every_screen(page) for each in await _violations(page)]
    assert found == []
    await people.leave()


async def _violations(page: Page) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    result = await page.evaluate(_RUN)
    assert result["passes"] > 0
    return [str(each) for each in result["bad"]]


async def _every_screen(page: Page) -> AsyncIterator[str]:
    """Leads the page from screen to screen and says which one it shows."""
    root = page.url.split("/inbox")[0]
    await page.goto(f"{root}/inbox/all")
    await page.get_by_test_id("conversation-row").first.wait_for()
    yield "list"
    await page.get_by_test_id("conversation-row").first.click()
    await page.get_by_test_id("message").last.wait_for()
    yield "conversation"
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("palette-option").first.wait_for()
    yield "palette"
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.get_by_test_id("single-keys").wait_for()
    yield "shortcuts"
    await page.goto(f"{root}/contacts")
    await page.get_by_test_id("contact-row").first.click()
    await page.get_by_test_id("contact-panel").first.wait_for()
    yield "contact"
    await page.goto(f"{root}/settings")
    links = page.locator("nav a[href*='/settings/']")
    await links.first.wait_for()
    for path in [await each.get_attribute("href") for each in await links.all()]:
        await page.goto(f"{root}{path}")
        await page.locator("h1, h2").first.wait_for()
        await page.wait_for_load_state("networkidle")
        yield str(path)


async def test_axe_finds_nothing_serious_before_signing_in(shop: Demo, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(shop.console)
    await page.get_by_test_id("sign-in-email").wait_for()
    assert await _violations(page) == []
    await page.close()


async def test_a_customer_is_answered_with_the_keyboard_alone(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    page = await people.page()
    await page.goto(shop.console)
    await _sign_in_by_keyboard(page, "emma@example.com")
    await page.keyboard.press("j")
    await expect(page.get_by_test_id("claim-button")).to_be_visible()
    await page.keyboard.press("c")
    # The composer takes the focus when it may be written in: letters are text from here on.
    await expect(page.get_by_test_id("composer-input")).to_be_focused()
    await page.keyboard.type("claimed, e j k c")
    await page.keyboard.press("Enter")
    sent = page.locator("[data-testid=message][data-direction=out]").filter(has_text="claimed, e j k c")
    await expect(sent).to_be_visible()
    await _open_palette(page)
    await page.keyboard.type("close or")
    await expect(page.get_by_test_id("palette-option").first).to_contain_text("Close or reopen")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Conversation closed")).to_be_visible()
    assert people.errors == []
    await people.leave()


async def _open_palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await expect(page.get_by_test_id("palette-input")).to_be_focused()


async def _sign_in_by_keyboard(page: Page, email: str) -> None:
    await page.get_by_test_id("sign-in-email").wait_for()
    for _ in range(10):
        if await page.evaluate("document.activeElement?.dataset.testid === 'sign-in-email'"):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Control+a")
    await page.keyboard.type(email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_test_id("conversation-row").first.wait_for()


async def test_the_palette_speaks_japanese(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "ja-JP", phone=False)
    page = await people.agent("ken@example.com")
    await page.get_by_test_id("conversation-row").first.wait_for()
    await _open_palette(page)
    await page.keyboard.type("れんらく")
    await expect(page.get_by_test_id("palette-option").first).to_contain_text("連絡先へ移動")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{shop.console}/contacts")
    # Names are found in the workspace, not only on the screen.
    await _open_palette(page)
    await page.keyboard.type("佐藤")
    await expect(page.get_by_role("option").filter(has_text="佐藤").first).to_be_visible()
    await people.leave()


async def test_single_keys_can_be_turned_off(shop: Demo, english: People) -> None:
    page = await english.agent("emma@example.com")
    await page.get_by_test_id("conversation-row").first.wait_for()
    await page.keyboard.press("?")
    await page.get_by_test_id("single-keys").uncheck()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("single-keys")).to_have_count(0)
    await page.keyboard.press("j")
    await page.keyboard.press("?")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_test_id("palette")).to_be_visible()
    await expect(page.get_by_test_id("single-keys")).to_have_count(0)
    assert "/inbox/unassigned" in page.url
    assert shop.console in page.url


_WIDTH = """() => {
  const limit = document.documentElement.clientWidth
  const cut = (each) => {
    for (let up = each.parentElement; up; up = up.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return true
    return false
  }
  const out = [...document.body.querySelectorAll('*')]
    .filter((each) => each.getBoundingClientRect().right > limit + 1 && !cut(each))
    .map((each) => each.outerHTML.slice(0, 120))
  return { extra: document.scrollingElement.scrollWidth - limit, out }
}"""


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
async def test_no_screen_scrolls_sideways_on_a_small_phone(shop: Demo, browser: Browser, locale: str) -> None:
    people = People(browser, shop, locale, phone=True)
    page = await people.agent("aoi@example.com")
    await page.set_viewport_size({"width": 360, "height": 640})
    wide = []
    async for name in _every_screen(page):
        found = await page.evaluate(_WIDTH)
        if found["extra"] > 0 or found["out"]:
            wide.append((name, found))
    assert wide == []
    assert people.errors == []
    await people.leave()


async def test_a_finger_from_the_edge_goes_back(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "ja-JP", phone=True)
    page = await people.agent("aoi@example.com")
    await page.goto(f"{shop.console}/inbox/all")
    rows, thread = page.get_by_test_id("conversation-row"), page.get_by_test_id("thread")
    await rows.first.click()
    await page.get_by_test_id("message").last.wait_for()
    # Across the middle; down from the edge; from the edge and back again: none of it goes anywhere.
    await _drag(page, (200, 400), (380, 400))
    await _drag(page, (10, 300), (14, 420), (300, 600))
    async with _finger(page, (10, 400)) as finger:
        await finger((120, 402), (200, 404))
        await _taken_along(page, 190)
        await finger((20, 404))
    await expect(page.locator("#main")).to_have_css("transform", "none")
    await expect(thread).to_be_visible()
    await _drag(page, (10, 400), (120, 404), (300, 410))
    await expect(page).to_have_url(f"{shop.console}/inbox/all")
    await expect(rows.first).to_be_visible()
    await expect(page.locator("#main")).to_have_css("transform", "none")
    # There is nothing under the list, and the browser's own way back is still there.
    await _drag(page, (10, 400), (120, 404), (300, 410))
    await expect(rows.first).to_be_visible()
    await page.go_back()
    await expect(thread).to_be_visible()
    assert people.errors == []
    await people.leave()


_COUNT_MOVES = """() => {
  window.moved = 0
  new MutationObserver(() => window.moved++).observe(document.getElementById('main'), { attributeFilter: ['style'] })
}"""


async def test_a_finger_goes_back_without_motion_where_less_of_it_is_wanted(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=True)
    page = await people.agent("emma@example.com")
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(f"{shop.console}/settings/labels")
    section = page.locator("#main h2, #main h1").filter(has_text="Labels").first
    await section.wait_for()
    await page.evaluate(_COUNT_MOVES)
    async with _finger(page, (10, 400)) as finger:
        await finger((120, 402), (300, 404))
    await expect(page).to_have_url(f"{shop.console}/settings")
    assert await page.evaluate("window.moved") == 0
    assert people.errors == []
    await people.leave()


async def _taken_along(page: Page, pixels: int) -> None:
    shift = "new DOMMatrix(getComputedStyle(document.getElementById('main')).transform).e"
    await page.wait_for_function(f"(pixels) => {shift} === pixels", arg=pixels)


async def _drag(page: Page, start: tuple[int, int], *way: tuple[int, int]) -> None:
    async with _finger(page, start) as finger:
        await finger(*way)


@asynccontextmanager
async def _finger(page: Page, start: tuple[int, int]) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Real touches, as the browser gets them from a screen. Each is answered once the page has taken it."""
    session = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: tuple[int, int]) -> None:
        for x, y in points:
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})

    await touch("touchStart", start)
    yield lambda *way: touch("touchMove", *way)
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()


LABEL = "by hand"


async def test_a_working_day_with_the_keyboard_alone(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    page = await people.page()
    conversation = _unclaimed(shop)
    assert shop.api("POST", "/labels", {"name": LABEL})[0] == 201
    await page.goto(f"{shop.console}/inbox/all")
    await _sign_in_by_keyboard(page, "aoi@example.com")
    await page.goto(f"{shop.console}/inbox/all/{conversation['id']}")
    await _claim_and_write(page)
    await _label_and_snooze(page, shop, conversation["id"])
    await _close_and_search(page, shop)
    await _to_a_setting(page, shop)
    assert people.errors == []
    await people.leave()


def _unclaimed(shop: Demo) -> dict[str, Any]:
    rows = shop.api("GET", "/conversations?view=unassigned&status=open")[1]["items"]
    return dict(next(row for row in reversed(rows) if row["window"]["open"]))


async def _claim_and_write(page: Page) -> None:
    """Answers, and leaves a note; the letters are text until Escape leaves the box."""
    await expect(page.get_by_test_id("claim-button")).to_be_visible()
    await page.keyboard.press("c")
    box = page.get_by_test_id("composer-input")
    await expect(box).to_be_focused()
    await page.keyboard.type("no mouse today, n l s e")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message").filter(has_text="no mouse today, n l s e")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()
    await page.keyboard.press("n")
    await expect(page.get_by_role("textbox", name="Your note")).to_be_focused()
    await page.keyboard.type("said without a hand on the mouse")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message").filter(has_text="said without a hand")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()
    await page.keyboard.press("Escape")


async def _label_and_snooze(page: Page, shop: Demo, conversation: str) -> None:
    option = page.get_by_test_id("palette-option")
    for key, words in (("l", LABEL), ("s", "tomorrow")):
        await page.keyboard.press(key)
        await expect(page.get_by_test_id("palette-input")).to_be_focused()
        await page.keyboard.type(words)
        await expect(option.first).to_contain_text(words, ignore_case=True)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("palette")).to_have_count(0)
    await expect(page.get_by_text("Snoozed. A message of the customer")).to_be_visible()
    found = shop.api("GET", f"/conversations/{conversation}")[1]
    assert (found["status"], found["labels"]) == ("snoozed", [LABEL])


async def _close_and_search(page: Page, shop: Demo) -> None:
    # The index follows what is written; a person types slower than this program.
    _until(lambda: any(each["items"] for each in shop.api("GET", "/search?q=no%20mouse%20today")[1]["groups"]))
    await page.keyboard.press("e")
    await expect(page.get_by_text("Conversation closed")).to_be_visible()
    await page.keyboard.press("/")
    await expect(page.get_by_test_id("search-box")).to_be_focused()
    await page.keyboard.type("no mouse today")
    hit = page.get_by_test_id("search-hit").filter(has_text="no mouse today").first
    await expect(hit).to_be_visible()
    await _tab_to(page, "document.activeElement?.dataset.kind === 'message'")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message").filter(has_text="no mouse today")).to_be_visible()


async def _to_a_setting(page: Page, shop: Demo) -> None:
    await _open_palette(page)
    await page.keyboard.type("quick rep")
    await expect(page.get_by_test_id("palette-option").first).to_contain_text("Quick replies")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{shop.console}/settings/quickReplies")


async def _tab_to(page: Page, condition: str) -> None:
    for _ in range(60):
        if await page.evaluate(condition):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"not within sixty stops: {condition}")
