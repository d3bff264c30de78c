"""Writing in a real browser: what can be taken back, what waits for its time, what is asked when it has come."""

import struct
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Response, expect

from madoguchi.agents.passwords import hash_password
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id_at
from madoguchi.db.pool import Database
from tests.media import files
from tests.outbound.conftest import Desk
from tests.support.meta import Provider, running_provider
from tests.support.threads import Thread, make_thread, receive
from tests.support.web import Web
from tests.support.world import Person, Workspace, make_inbox

pytestmark = pytest.mark.browser

PASSWORD = "a long password for tests"
SCREENS = pytest.mark.parametrize(
    ("locale", "width"), [("en-GB", 1440), ("ja-JP", 390)], ids=["English, wide screen", "Japanese, phone"]
)
WIDE = pytest.mark.parametrize(("locale", "width"), [("en-GB", 1440)])
Forward = Callable[[timedelta], None]


@pytest.fixture
def forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forward:
    """Moves business time, for the server and by it for the pages."""
    file = tmp_path / "clock"
    monkeypatch.setattr(clock, "_clock", clock.Clock(file))

    def move(by: timedelta) -> None:
        with file.open("r+b") as held:
            held.write(struct.pack("<d", clock.offset() + by.total_seconds()))

    return move


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def thread(context: Context, database: Database, workspace: Workspace, provider: Provider) -> Thread:
    inbox = await make_inbox(database, workspace.id, graph_url=provider.url)
    thread = await make_thread(database, inbox)
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE agents SET password_hash = %s", (await hash_password(PASSWORD),))
        await tx.execute("UPDATE conversations SET assignee_id = %s, claim = 1", (workspace.agent.id,))
    await receive(database, thread, "is it ready?")
    return thread


@pytest.fixture
async def desk(context: Context, workspace: Workspace, thread: Thread) -> Desk:
    return Desk(context, workspace, thread.inbox, thread.id)


class Room:
    """Browsers of one size and language, each page signed in and in the conversation."""

    def __init__(self, browser: Browser, web: Web, thread: Thread, locale: str, width: int) -> None:
        self._thread = thread
        self._browser = browser
        self._web = web
        self._look: dict[str, Any] = {
            "viewport": {"width": width, "height": 844},
            "locale": locale,
            "has_touch": width < 500,
            "is_mobile": width < 500,
        }
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    async def enter(self, person: Person) -> Page:
        context = await self._browser.new_context(**self._look)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = await self.tab(context)
        await sign_in(page, person)
        await bubble(page, "is it ready?").wait_for()
        return page

    async def tab(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(f"{self._web.url}/inbox/all/{self._thread.id}")
        return page


@pytest.fixture
async def room(browser: Browser, web: Web, thread: Thread, locale: str, width: int) -> AsyncIterator[Room]:
    room = Room(browser, web, thread, locale, width)
    yield room
    for context in room.contexts:
        await context.close()
    assert room.errors == []


@pytest.fixture
async def page(room: Room, workspace: Workspace, forward: Forward, thread: Thread) -> Page:
    return await room.enter(workspace.agent)


async def sign_in(page: Page, person: Person) -> None:
    await page.get_by_test_id("sign-in-email").fill(person.email)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()


def bubble(page: Page, text: str) -> Any:
    return page.locator("[data-testid=message]").filter(has_text=text).last


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer-input").fill(text)
    await page.get_by_test_id("composer-send").click()


@SCREENS
async def test_what_was_sent_by_mistake_is_taken_back(
    page: Page, desk: Desk, provider: Provider, forward: Forward
) -> None:
    box = page.get_by_test_id("composer-input")
    async with desk.pump():
        await write(page, "to the wrong person")
        await page.get_by_test_id("undo-send").click()
        await expect(box).to_have_value("to the wrong person")
        await expect(bubble(page, "to the wrong person")).to_have_count(0)
        # It is held by the server: a reload changes nothing, and it leaves once.
        await page.get_by_test_id("composer-send").click()
        await page.get_by_test_id("hold-line").wait_for()
        await page.reload()
        await page.get_by_test_id("hold-line").wait_for()
        assert provider.taken == []
        forward(timedelta(seconds=6))
        await expect(page.locator("[data-status=sent]").filter(has_text="wrong person")).to_be_visible()
        await expect(page.get_by_test_id("hold-line")).to_have_count(0)
    assert [each["text"]["body"] for each in provider.taken] == ["to the wrong person"]


@SCREENS
async def test_a_message_waits_for_its_time_and_asks_when_it_may_not_leave(
    page: Page, desk: Desk, provider: Provider, forward: Forward
) -> None:
    async with desk.pump():
        await page.get_by_test_id("composer-input").fill("see you tomorrow")
        await page.get_by_test_id("schedule-open").click()
        await page.get_by_test_id("schedule-tomorrow").click()
        await expect(page.get_by_test_id("scheduled-strip")).to_be_visible()
        await expect(page.get_by_test_id("schedule-line")).to_be_visible()
        await expect(page.get_by_test_id("composer-input")).to_have_value("")
        await desk.do("UPDATE conversations SET window_closes_at = %s", clock.now() + timedelta(minutes=1))
        forward(timedelta(days=2))
        await expect(page.get_by_test_id("schedule-line")).to_have_attribute("data-needs", "window_closed")
        assert provider.taken == []
        await page.get_by_test_id("scheduled-strip").click()
        await expect(page.get_by_test_id("scheduled-item")).to_contain_text("see you tomorrow")
        await page.keyboard.press("Escape")
        await desk.do("UPDATE conversations SET window_closes_at = %s", clock.now() + timedelta(days=1))
        await page.get_by_test_id("schedule-now").click()
        await expect(page.locator("[data-status=sent]").filter(has_text="see you tomorrow")).to_be_visible()
        await expect(page.get_by_test_id("scheduled-strip")).to_have_count(0)
    assert len(provider.taken) == 1


@SCREENS
async def test_colleagues_see_who_else_is_there_and_who_writes(
    page: Page, room: Room, workspace: Workspace, width: int
) -> None:
    other = await room.enter(workspace.agent2)
    await expect(page.get_by_test_id("who-looks")).to_contain_text(workspace.agent2.principal.name)
    await page.get_by_test_id("composer-input").press_sequentially("one mom")
    await expect(other.get_by_test_id("who-writes")).to_contain_text(workspace.agent.principal.name)
    # Nobody types for ever, and whoever leaves is gone at once.
    await expect(other.get_by_test_id("who-writes")).to_have_count(0)
    await other.close()
    await expect(page.get_by_test_id("who-looks")).to_have_count(0)


@SCREENS
async def test_a_quick_reply_asks_for_what_nobody_knows(page: Page, web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.agent)
    text = "{{contact.name}}: {{order}} is ready, says {{agent.name}}."
    answer = await client.post("quick-replies", json={"shortcut": "ready", "text": text})
    assert answer.status_code == 201
    await page.reload()
    box = page.get_by_test_id("composer-input")
    await box.press_sequentially("/rea")
    await box.press("Enter")
    await page.get_by_test_id("missing-values").get_by_role("textbox").fill("Number 7")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value(f"Hanako: Number 7 is ready, says {workspace.agent.principal.name}.")


@SCREENS
async def test_a_quick_reply_brings_its_files(page: Page, web: Web, thread: Thread) -> None:
    await page.goto(f"{web.url}/settings/quickReplies")
    await page.get_by_test_id("new-quickReplies").click()
    await page.locator("form input[maxlength='41']").fill("map")
    await page.locator("form textarea").fill("This is the way")
    picture = FilePayload(name="way.png", mimeType="image/png", buffer=files.picture("PNG", (64, 48)))
    async with page.expect_response(lambda answer: answer.url.endswith("/media") and answer.ok):
        await page.get_by_test_id("reply-attach").set_input_files(picture)
    await page.get_by_test_id("save-quickReplies").click()
    await expect(page.get_by_test_id("reply-files")).to_contain_text("way.png")
    for sent in (1, 2):  # what is sent is a copy: it can be picked again
        await page.goto(f"{web.url}/inbox/all/{thread.id}")
        box = page.get_by_test_id("composer-input")
        await box.press_sequentially("/map")
        await page.get_by_role("option").first.click()
        await expect(box).to_have_value("This is the way")
        await expect(page.get_by_test_id("file-tray")).to_contain_text("way.png")
        await page.get_by_test_id("composer-send").click()
        ours = page.locator("[data-testid=message]").filter(has_text="This is the way")
        await expect(ours.locator("img[alt='way.png']")).to_have_count(sent)
        await expect(page.get_by_test_id("file-tray")).to_have_count(0)


@SCREENS
async def test_pictures_are_looked_at_in_the_thread(page: Page, web: Web, workspace: Workspace, thread: Thread) -> None:
    client = await web.client(workspace.agent)
    for name in ("one.png", "two.png"):
        made = await client.post("media", files={"file": (name, files.picture("PNG", (600, 400)), "image/png")})
        sent = await client.post(
            f"conversations/{thread.id}/messages", json={"type": "image", "media_id": made.json()["id"]}
        )
        assert sent.status_code == 201, sent.text
    address = page.url
    viewer, stage = page.get_by_test_id("viewer"), page.get_by_test_id("viewer-stage")
    small = page.locator("[data-testid=message] img[alt='two.png']")
    await small.click()
    await expect(viewer).to_contain_text("two.png")
    await expect(page.get_by_test_id("viewer-place")).to_have_text("2 / 2")
    await page.get_by_test_id("viewer-larger").click()
    await expect(stage).to_have_attribute("data-scale", "1.50")
    await page.keyboard.press("r")
    await expect(stage).to_have_attribute("data-turn", "1")
    await expect(stage).to_have_attribute("data-scale", "1.00")
    await page.keyboard.press("ArrowLeft")
    await expect(viewer).to_contain_text("one.png")
    await expect(stage).to_have_attribute("data-turn", "0")
    # Back closes it and leaves the conversation where it is; Escape does too.
    await page.go_back()
    await expect(viewer).to_have_count(0)
    assert page.url == address
    await small.click()
    await viewer.wait_for()
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(small).to_be_visible()
    assert page.url == address


@SCREENS
async def test_emoji_are_found_by_a_word(page: Page, locale: str) -> None:
    box = page.get_by_test_id("composer-input")
    for n in (1, 2):
        await page.get_by_test_id("emoji-open").click()
        await page.get_by_test_id("emoji-search").fill("感謝" if locale == "ja-JP" else "thank")
        await expect(page.get_by_test_id("emoji-grid").get_by_role("button")).to_have_text(["🙏"])
        await page.get_by_test_id("emoji-search").press("Enter")
        await expect(box).to_have_value("🙏" * n)
    await page.get_by_test_id("emoji-open").click()
    await expect(page.get_by_test_id("emoji-grid").get_by_role("button").first).to_have_text("🙏")


@SCREENS
async def test_a_note_is_changed_and_deleted_by_who_wrote_it(page: Page) -> None:
    await page.get_by_test_id("compose-note").click()
    await page.get_by_test_id("composer-input").fill("calls tomorrow")
    await page.get_by_test_id("composer-send").click()
    note = page.locator("[data-testid=message][data-type=note]")
    await expect(note).to_contain_text("calls tomorrow")
    await note.get_by_test_id("note-menu").click(force=True)
    await page.get_by_test_id("note-edit").click()
    await expect(note.get_by_test_id("note-text")).to_be_focused()
    await note.get_by_test_id("note-text").fill("calls on Friday")
    await note.get_by_test_id("note-text").press("Control+Enter")
    await expect(note.get_by_test_id("note-text")).to_have_count(0)
    await expect(note).to_contain_text("calls on Friday")
    await note.get_by_test_id("note-edited").locator("summary").click()
    await expect(note.get_by_text("calls tomorrow")).to_be_visible()
    await note.get_by_test_id("note-menu").click(force=True)
    await page.get_by_test_id("note-delete").click()
    await expect(note.get_by_test_id("note-gone")).to_be_visible()
    await expect(note).not_to_contain_text("calls")


@SCREENS
async def test_a_session_that_ends_while_somebody_types_takes_nothing_away(
    page: Page, desk: Desk, provider: Provider, forward: Forward, workspace: Workspace
) -> None:
    box = page.get_by_test_id("composer-input")
    await box.fill("half an ans")
    await desk.do("DELETE FROM sessions")
    await page.get_by_test_id("sign-in-email").wait_for()
    await sign_in(page, workspace.agent)
    await expect(box).to_have_value("half an ans")
    await page.reload()
    await expect(box).to_have_value("half an ans")
    async with desk.pump():
        await page.get_by_test_id("composer-send").click()
        await page.get_by_test_id("hold-line").wait_for()
        forward(timedelta(seconds=6))
        await expect(page.locator("[data-status=sent]").filter(has_text="half an ans")).to_be_visible()
    assert [each["text"]["body"] for each in provider.taken] == ["half an ans"]


@SCREENS
async def test_two_screens_of_one_person_lose_no_words(page: Page, room: Room, workspace: Workspace) -> None:
    box = page.get_by_test_id("composer-input")
    tab = await room.tab(page.context)
    await bubble(tab, "is it ready?").wait_for()
    # A tab of the same browser follows, and writes on.
    await box.fill("It is")
    await expect(tab.get_by_test_id("composer-input")).to_have_value("It is")
    async with tab.expect_response(_draft_kept):
        await tab.get_by_test_id("composer-input").fill("It is ready")
    await expect(box).to_have_value("It is ready")
    await tab.close()
    # Another device has what was saved; then both write.
    phone = await room.enter(workspace.agent)
    other = phone.get_by_test_id("composer-input")
    await expect(other).to_have_value("It is ready")
    async with page.expect_response(_draft_kept):
        await box.fill("It is ready, come by")
    await other.fill("It is ready at noon")
    await expect(phone.get_by_test_id("other-draft")).to_contain_text("It is ready, come by")
    await expect(other).to_have_value("It is ready at noon")
    async with phone.expect_response(_draft_kept):
        await phone.get_by_test_id("draft-both").click()
    both = "It is ready at noon\nIt is ready, come by"
    await expect(other).to_have_value(both)
    await expect(phone.get_by_test_id("other-draft")).to_have_count(0)
    # The first screen has typed nothing since: it takes the newest.
    await page.reload()
    await expect(box).to_have_value(both)


def _draft_kept(answer: Response) -> bool:
    return answer.url.endswith("/draft") and answer.request.method == "PUT" and answer.ok


MANY = 5000
_TYPE = """async () => {
  const box = document.querySelector('[data-testid=composer-input]')
  box.focus()
  const times = []
  for (let n = 0; n < 200; n += 1) {
    const begun = performance.now()
    document.execCommand('insertText', false, n % 9 ? 'a' : ' ')
    await new Promise((done) => queueMicrotask(() => queueMicrotask(done)))
    void document.body.offsetHeight
    times.push(performance.now() - begun)
    await new Promise((done) => requestAnimationFrame(done))
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]
}"""
_LOAD = """async (most) => {
  const box = document.querySelector('[data-testid=thread]')
  for (let n = 0; n < most; n += 1) {
    box.scrollTop = 0
    box.dispatchEvent(new Event('scroll'))
    await new Promise((done) => setTimeout(done, 60))
    if (box.textContent.includes('line 0.')) return n
  }
  return -1
}"""


@WIDE
async def test_typing_is_quick_with_thousands_of_messages_loaded(
    page: Page, database: Database, workspace: Workspace, thread: Thread
) -> None:
    async with database.workspace(workspace.id) as tx:
        rows = [
            (
                workspace.id,
                new_id_at(clock.now() - timedelta(days=1), n % 4096),
                thread.id,
                thread.inbox.id,
                f"line {n}.",
            )
            for n in range(MANY)
        ]
        await tx.cursor().executemany(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status,"
            " author_kind, created_at) VALUES (%s, %s, %s, %s, 'in', 'text', %s, 'received', 'contact', now())",
            rows,
        )
    await page.reload()
    await bubble(page, "is it ready?").wait_for()
    assert await page.evaluate(_LOAD, 600) >= 0
    p95 = await page.evaluate(_TYPE)
    print(f"typing with {MANY} messages loaded: p95 {p95:.1f} ms of script and layout (budget 16 ms)")
    assert p95 < 100
