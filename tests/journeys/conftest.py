"""The product as a stranger starts it (`madoguchi demo`), and a real browser for each person of the story."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from madoguchi.db.embedded import running_dsn
from tests.support.ports import free_pair

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --use-fake-device-for-media-stream --use-fake-ui-for-media-stream"
)
PASSWORD = "madoguchi-demo"

# What is sent from a console waits five seconds on the server, so that it can be taken back.
expect.set_options(timeout=15_000)


class Demo:
    """One run of the demo (or another command that serves) in a data folder; start it again and it goes on where it
    was."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._folder = folder
        self._arguments = command or ("demo", "--no-open")
        self._port = free_pair()
        self._process: subprocess.Popen[bytes] | None = None
        self._output = folder.with_suffix(".log")

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self._port + 1}"

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("madoguchi")), *self._arguments]
        options = ["--port", str(self._port), "--data", str(self._folder)]
        with self._output.open("wb") as out:
            self._process = subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT)
        try:
            if self._arguments[0] == "demo":
                _until(lambda: any(word in self._output.read_bytes() for word in (b"API token", b"madoguchi-demo")))
            _until(lambda: self.ask("GET", f"{self.console}/readyz")[0] == 200)
        except TimeoutError:
            raise TimeoutError(f"not ready, exit code {self._process.poll()}: {self.printed()[-3000:]}") from None

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(60)

    def kill(self) -> None:
        """As a power cut does it: nobody says good-bye. No process outlives its supervisor."""
        assert self._process
        self._process.kill()
        self._process.wait(60)
        for address in (f"{self.console}/healthz", f"{self.simulator}/_sim/state"):
            _until(lambda address=address: self.ask("GET", address)[0] == 0)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.interrupt()

    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def token(self) -> str:
        found = re.search(r"mdg_[\w-]+", self.printed())
        assert found, self.printed()
        return found[0]

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.ask(method, f"{self.console}/api/v1{path}", body, {"Authorization": f"Bearer {self.token()}"})

    def forget_events(self) -> None:
        """As after a long time: events that old are not kept."""
        with psycopg.connect(running_dsn(self._folder) or "", autocommit=True) as connection:
            connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
            connection.execute("DELETE FROM events")

    def ask(self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
        except OSError:
            return 0, None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "demo")
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("MADOGUCHI_TEST_CHROMIUM") or _on_path()
    if not path:
        pytest.fail(os.environ.get("MADOGUCHI_TEST_CHROMIUM_MISSING") or "no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS.split())
        yield browser
        await browser.close()


class People:
    """Each person has a browser of their own; what goes wrong in a page fails the test."""

    def __init__(self, browser: Browser, demo: Demo, locale: str, *, phone: bool) -> None:
        self._browser = browser
        self._demo = demo
        self._locale = locale
        self._phone = phone
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    async def agent(self, email: str) -> Page:
        page = await self.page()
        await self.sign_in(page, email)
        return page

    async def sign_in(self, page: Page, email: str) -> None:
        await page.goto(self._demo.console)
        await page.get_by_test_id("sign-in-email").fill(email)
        await page.get_by_test_id("sign-in-password").fill(PASSWORD)
        await page.get_by_test_id("sign-in-submit").click()
        await page.get_by_test_id("view-unassigned").wait_for()

    async def customer(self, customer_id: str) -> Page:
        page = await self._page(phone=False)
        await page.goto(f"{self._demo.simulator}/phone")
        await page.get_by_test_id(f"customer-{customer_id}").click()
        return page

    async def page(self) -> Page:
        """A browser of its own, on nothing yet."""
        return await self._page(phone=self._phone)

    async def _page(self, *, phone: bool) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = await self._browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale=self._locale,
            has_touch=phone,
            is_mobile=phone,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()


def _on_path() -> str | None:
    import shutil

    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _until(condition: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the demo did not become ready")
        time.sleep(0.05)
