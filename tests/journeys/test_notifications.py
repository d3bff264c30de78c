"""What reaches an agent who looks elsewhere: in the page, on the tab, on the device; and what stays quiet."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.journeys.conftest import Demo, People
from tests.support.pushes import Device, PushService, running_push_service

pytestmark = pytest.mark.browser

# A browser without a push service of its maker: it is given ours, and counts how often a person was asked.
_BROWSER = """
  const given = %s
  window.asked = 0
  Object.defineProperty(Notification, 'permission', { get: () => 'granted' })
  Notification.requestPermission = async () => { window.asked += 1; return 'granted' }
  PushManager.prototype.getSubscription = async () => null
  PushManager.prototype.subscribe = async (options) => {
    window.subscribedWith = options.applicationServerKey.length
    return { toJSON: () => given }
  }
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("notifications") / "demo")
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
async def pushes() -> AsyncIterator[PushService]:
    async with running_push_service() as service:
        yield service


def write(demo: Demo, customer: str, text: str) -> None:
    status, _ = demo.ask("POST", f"{demo.simulator}/_sim/customers/{customer}/messages", {"type": "text", "text": text})
    assert status in {200, 201}


async def test_a_device_rings_when_nobody_looks(shop: Demo, browser: Browser, pushes: PushService) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    device = pushes.device("emma")
    page = await people.page()
    await page.add_init_script(_BROWSER % json.dumps(device.subscription()))
    await people.sign_in(page, "emma@example.com")
    assert await page.evaluate("window.asked") == 0, "nobody is asked before they want it"
    await page.goto(f"{shop.console}/settings/notifications")
    await page.get_by_label("Show the message's text").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Notifications saved.")).to_be_visible()
    await page.get_by_test_id("ring-here").click()
    await expect(page.get_by_role("button", name="Do not ring on this device")).to_be_visible()
    assert (await page.evaluate("window.asked"), await page.evaluate("window.subscribedWith")) == (1, 65)
    worker = await _worker_of(page)
    await page.goto("about:blank")
    write(shop, "hanako", "is anybody there?")
    told = await _first(pushes, device, page)
    assert (told["name"], told["text"]) == ("佐藤 花子", "is anybody there?")
    await worker.deliver(told)
    await page.goto(f"{shop.console}/settings/notifications")
    shown = await _notifications(page)
    assert [(each["title"], each["body"]) for each in shown] == [("佐藤 花子", "is anybody there?")]
    assert shown[0]["path"].endswith(told["conversation_id"])
    await page.get_by_test_id("ring-here").click()
    await expect(page.get_by_role("button", name="Ring on this device", exact=True)).to_be_visible()
    assert people.errors == []
    await people.leave()


async def test_the_page_tells_and_keeps_quiet_when_it_should(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=False)
    page = await people.agent("ken@example.com")
    await page.goto(f"{shop.console}/settings/notifications")
    await page.get_by_test_id("notification-form").wait_for()
    write(shop, "john", "hello from anywhere")
    toast = page.get_by_text("waits for an answer").first
    await expect(toast).to_be_visible()
    await expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    assert (await page.locator("link[rel=icon]").get_attribute("href") or "").startswith("data:image/svg")
    await page.get_by_test_id("toast-action").first.click()
    await expect(page.get_by_test_id("message").filter(has_text="hello from anywhere")).to_be_visible()
    # Quiet hours around this minute, by the clock of the agent's own zone.
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    await page.goto(f"{shop.console}/settings/notifications")
    await page.get_by_test_id("quiet-hours").check()
    await page.get_by_label("From").fill(f"{now - timedelta(minutes=5):%H:%M}")
    await page.get_by_label("To", exact=True).fill(f"{now + timedelta(hours=1):%H:%M}")
    await page.get_by_label("Time zone").select_option("Asia/Tokyo")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Notifications saved.")).to_be_visible()
    await expect(page.get_by_test_id("toast-action")).to_have_count(0, timeout=15_000)
    write(shop, "maria", "in the night")
    # What is told, is told at once and stays for seconds; those who listen hear a gathered sentence later.
    await expect(page.get_by_test_id("announcer")).to_contain_text("Maria Silva")
    await expect(page.get_by_test_id("toast-action")).to_have_count(0)
    assert people.errors == []
    await people.leave()


async def test_settings_on_a_phone_in_japanese(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "ja-JP", phone=True)
    page = await people.agent("aoi@example.com")
    await page.goto(f"{shop.console}/settings/notifications")
    await page.get_by_label("すべてのお客様のすべてのメッセージ").check()
    await page.get_by_label("日", exact=True).uncheck()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("通知の設定を保存しました。")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("すべてのお客様のすべてのメッセージ")).to_be_checked()
    await expect(page.get_by_label("日", exact=True)).not_to_be_checked()
    await expect(page.get_by_label("月", exact=True)).to_be_checked()
    assert people.errors == []
    await people.leave()


async def test_the_console_can_be_installed_and_opens_without_the_server(shop: Demo, browser: Browser) -> None:
    people = People(browser, shop, "en-GB", phone=True)
    page = await people.agent("emma@example.com")
    await page.evaluate("async () => { await navigator.serviceWorker.ready }")
    session = await page.context.new_cdp_session(page)
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # A browser without a profile installs nothing whatever the page is like.
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []
    names = await page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"
    )
    assert "/" in names
    assert any(name.startswith("/assets/SettingsPage") for name in names)
    assert [name for name in names if name.startswith("/api")] == []
    await page.reload()
    await page.get_by_test_id("conversation-row").first.wait_for()
    await page.context.set_offline(True)
    await page.reload()
    # The shell opens and says that nothing can be reached; no list of yesterday is shown.
    await expect(page.get_by_test_id("offline-page")).to_contain_text("Waiting for the server")
    await expect(page.get_by_test_id("conversation-row")).to_have_count(0)
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("conversation-row").first).to_be_visible()
    await people.leave()


class Worker:
    """The service worker, by the browser's own tools."""

    def __init__(self, session: CDPSession, origin: str, registration: str) -> None:
        self._session, self._origin, self._registration = session, origin, registration

    async def deliver(self, told: dict[str, Any]) -> None:
        await self._session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registration, "data": json.dumps(told)},
        )


async def _worker_of(page: Page) -> Worker:
    await page.evaluate("async () => { await navigator.serviceWorker.ready }")
    origin = await page.evaluate("location.origin")
    context: BrowserContext = page.context
    await context.grant_permissions(["notifications"], origin=origin)
    session = await context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    await session.send("ServiceWorker.enable")
    for _ in range(100):
        if found:
            break
        await page.wait_for_timeout(50)
    return Worker(session, origin, found[-1])


async def _first(pushes: PushService, device: Device, page: Page) -> Any:
    for _ in range(600):
        if pushes.got:
            return device.read(pushes.got[0][2])
        await page.wait_for_timeout(50)
    raise TimeoutError("no push came")


async def _notifications(page: Page) -> Any:
    return await page.evaluate(
        """async () => {
          const worker = await navigator.serviceWorker.ready
          for (let tries = 0; tries < 100; tries++) {
            const shown = await worker.getNotifications()
            if (shown.length) return shown.map(({ title, body, data }) => ({ title, body, path: data.path }))
            await new Promise((done) => setTimeout(done, 50))
          }
          return []
        }"""
    )
