"""The console in a real browser: what it weighs and how soon it answers."""

import http.client
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.load import percentile, request_bytes, text_webhook
from bench.product import SECRET, Product, running
from bench.scenarios import scale
from madoguchi.db.embedded import running_dsn

Say = Callable[[str], None]
_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
# Nobody's of those who are filled in.
_FIRST_NUMBER = 90_000_000
_SWITCHES = 60

# Set before the page's own program: when the first row stood on the screen and the page could answer.
_WATCH_START = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('[data-testid=conversation-row]')) return
  observer.disconnect()
  requestAnimationFrame(() => setTimeout(() => (window.interactive = performance.now())))
}).observe(document, { subtree: true, childList: true })
"""

# From the click on the next row to the frame after its messages stand there.
_SWITCH = """async () => {
  const rows = [...document.querySelectorAll('[data-testid=conversation-row]')]
  const open = location.pathname.split('/').at(-1)
  const next = rows[rows.findIndex((row) => row.dataset.conversationId === open) + 1]
  if (!next) throw new Error('no row to open')
  const old = new Set([...document.querySelectorAll('[data-testid=message]')].map((each) => each.dataset.messageId))
  const started = performance.now()
  next.click()
  const shown = () => [...document.querySelectorAll('[data-testid=message]')].some((each) => !old.has(each.dataset.messageId))
  await new Promise((done) => {
    const observer = new MutationObserver(() => shown() && (observer.disconnect(), done()))
    observer.observe(document.body, { subtree: true, childList: true })
  })
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  return performance.now() - started
}"""

_SCROLL = """async (frames) => {
  const list = document.querySelector('[data-testid=list-scroller]')
  const [times, tasks] = [[], []]
  const observer = new PerformanceObserver((found) => tasks.push(...found.getEntries().map((each) => each.duration)))
  observer.observe({ type: 'longtask' })
  let last = await new Promise(requestAnimationFrame)
  for (let n = 0; n < frames; n++) {
    list.scrollTop += 320
    const now = await new Promise(requestAnimationFrame)
    times.push(now - last)
    last = now
  }
  observer.disconnect()
  return { times, tasks, rows: Math.round(list.scrollTop / 64) }
}"""

_SEEN = """(text) => { window.seen = new Promise((found) => {
  const look = () => [...document.querySelectorAll('[data-testid=message]')].slice(-5).some((each) => each.textContent.includes(text))
    && (observer.disconnect(), found(Date.now()), true)
  const observer = new MutationObserver(look)
  observer.observe(document.body, { subtree: true, childList: true, characterData: true })
  look()
}) }"""


def measure(share: float, say: Say) -> dict[str, dict[str, Any]]:
    """Each figure with its budget and whether it is kept. `share` of 100,000 conversations."""
    conversations = max(2000, int(100_000 * share))
    with running() as product:
        customers = Customers(product, product.make_inbox())
        customers.write(0, "first words")
        customers.until_known()
        scale.fill(product, conversations, conversations, say)
        with _browser() as browser:
            results = _all(Desk(product, customers, browser), share, say)
    return results


def _all(desk: "Desk", share: float, say: Say) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {}
    say("first load")
    results["first load"] = _first_load(desk)
    results["interactive"] = _interactive(desk)
    page = desk.page()
    say("switching, scrolling")
    results["switching"] = _switching(desk, page)
    results["scrolling"] = _scrolling(page, max(60, int(300 * share)))
    say("two agents")
    results["two agents"] = _two_agents(desk, max(20, int(100 * share)))
    page.close()
    return results


class Customers:
    """Who write to the inbox from their phones."""

    def __init__(self, product: Product, inbox: dict[str, Any]) -> None:
        self._product = product
        self._path = urlsplit(inbox["webhook_url"]).path
        self._line = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)

    def write(self, person: int, text: str) -> None:
        """Waits until it was acknowledged."""
        value = text_webhook(_FIRST_NUMBER + person, 10**8, f"{time.time_ns()}")
        value["messages"][0]["text"]["body"] = text
        head, _, body = request_bytes(self._path, value, SECRET).partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        self._line.request("POST", self._path, body, lines)
        answer = self._line.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"the webhook was answered with {answer.status}")

    def until_known(self) -> None:
        """The first of them has a conversation."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self._product.call("GET", "/api/v1/conversations?view=all")["items"]:
                return
            time.sleep(0.05)
        raise RuntimeError("the first message was not processed in 60 s")


class Desk:
    """An owner who is signed in."""

    def __init__(self, product: Product, customers: Customers, browser: Browser) -> None:
        self.product = product
        self.customers = customers
        self.url = f"http://127.0.0.1:{product.port}"
        self._browser = browser
        self.context = self._signed_in()

    def _signed_in(self) -> BrowserContext:
        context = self.fresh()
        page = context.new_page()
        page.goto(self.url)
        page.get_by_test_id("sign-in-email").fill("bench@example.com")
        page.get_by_test_id("sign-in-password").fill("a long bench password")
        page.get_by_test_id("sign-in-submit").click()
        page.get_by_test_id("view-unassigned").wait_for()
        page.close()
        return context

    def fresh(self, state: Any = None) -> BrowserContext:
        context = self._browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="en-GB", storage_state=state, service_workers="block"
        )
        context.set_default_timeout(60_000)
        return context

    def page(self, path: str = "/inbox/all") -> Page:
        page = self.context.new_page()
        page.goto(f"{self.url}{path}")
        page.get_by_test_id("conversation-row").first.wait_for()
        return page

    def open_thread(self) -> Page:
        """The thread of the first customer."""
        page = self.page(f"/inbox/all/{self.thread()}")
        page.get_by_test_id("message").last.wait_for()
        return page

    def thread(self) -> str:
        """Of the first customer: the oldest there is, made before the rest was filled in."""
        with self.database() as database:
            found = database.execute(
                "SELECT conversation_id FROM messages WHERE text LIKE 'first words%' LIMIT 1"
            ).fetchone()
        assert found
        return str(found[0])

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(running_dsn(self.product.folder) or "", autocommit=True) as connection:
            connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
            yield connection


def _first_load(desk: Desk) -> dict[str, Any]:
    context = desk.fresh(desk.context.storage_state())
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    scripts, sizes = set[str](), dict[str, int]()
    session.on("Network.responseReceived", lambda e: scripts.update([e["requestId"]] if e["type"] == "Script" else []))
    session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(f"{desk.url}/inbox/all")
    page.get_by_test_id("conversation-row").first.wait_for()
    figure = sum(sizes.get(each, 0) for each in scripts) / 1024
    context.close()
    return _against(figure, 250, "KiB of compressed JavaScript", files=len(scripts))


def _interactive(desk: Desk) -> dict[str, Any]:
    """Without a cache, signed in, the list on the screen; the median of five."""
    found = []
    for _ in range(5):
        context = desk.fresh(desk.context.storage_state())
        page = context.new_page()
        page.add_init_script(_WATCH_START)
        page.goto(f"{desk.url}/inbox/all")
        found.append(float(page.wait_for_function("() => window.interactive").json_value()))
        context.close()
    return _against(sorted(found)[2], 1000, "ms, median of 5", slowest=max(found))


def _switching(desk: Desk, page: Page) -> dict[str, Any]:
    page.get_by_test_id("conversation-row").first.click()
    page.get_by_test_id("message").last.wait_for()
    found = []
    for _ in range(_SWITCHES):
        found.append(float(page.evaluate(_SWITCH)))
        page.evaluate(
            "document.querySelector(`[data-conversation-id='${location.pathname.split('/').at(-1)}']`)"
            ".scrollIntoView({ block: 'center' })"
        )
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    page.goto(f"{desk.url}/inbox/all")
    page.get_by_test_id("conversation-row").first.wait_for()
    return _against(percentile(sorted(found), 0.95), 100, "ms p95", p50=percentile(sorted(found), 0.5))


def _scrolling(page: Page, frames: int) -> dict[str, Any]:
    found = page.evaluate(_SCROLL, frames)
    times, tasks = sorted(found["times"]), found["tasks"]
    more = {"rows_passed": found["rows"], "slowest_frame_ms": times[-1], "tasks_over_50_ms": len(tasks)}
    return _against(percentile(times, 0.95), 34, "ms between frames, p95 (five rows a frame)", **more)


def _two_agents(desk: Desk, count: int) -> dict[str, Any]:
    """How far apart two screens show the same message, and how long it took from the customer's request."""
    pages = [desk.open_thread(), desk.open_thread()]
    apart, late = [], []
    for number in range(count):
        text = f"for both {number} {time.time_ns()}"
        for page in pages:
            page.evaluate(_SEEN, text)
        started = time.time() * 1000
        desk.customers.write(0, text)
        times = [float(page.evaluate("window.seen")) for page in pages]
        apart.append(max(times) - min(times))
        late.append(max(times) - started)
    for page in pages:
        page.close()
    more = {"apart_p95_ms": percentile(sorted(apart), 0.95), "p50": percentile(sorted(late), 0.5)}
    return _against(percentile(sorted(late), 0.95), 200, "ms p95, customer's request to both screens", **more)


def _against(figure: float, budget: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"figure": figure, "unit": unit, "budget": budget, "kept": "yes" if figure <= budget else "NO", **more}


@contextmanager
def _browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("MADOGUCHI_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not path:
        raise RuntimeError("no Chromium on this machine; name one in MADOGUCHI_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS.split())
        yield browser
        browser.close()
