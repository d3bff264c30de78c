# ruff: noqa: INP001, RUF001 - a script beside its pictures, with Japanese in it
"""Takes the pictures of the console from a running, fresh demo.

madoguchi demo --data /somewhere/fresh --no-open     # in one terminal
python docs/images/make.py                           # one of each screen, and those of the README
python docs/images/make.py --all --out /somewhere    # every screen, width, language, light and dark
"""

import argparse
import asyncio
import io
import json
import os
import urllib.request
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

EMAIL, PASSWORD = "aoi@example.com", "madoguchi-demo"
HERE = Path(__file__).parent
REASONS = ("解決済み", "返信なし")
PEOPLE = "氏名,電話番号,会社名\n山田 太郎,+819077770001,みなと商事\n鈴木 一郎,+819077770002,\n"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


class View(NamedTuple):
    width: int
    language: str
    theme: str


def to_simulator(url: str, path: str, wish: dict[str, Any]) -> None:
    host, port = url.rsplit(":", 1)
    request = urllib.request.Request(  # noqa: S310 - the demo on this machine
        f"{host}:{int(port) + 1}/_sim{path}", json.dumps(wish).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()  # noqa: S310


async def open_console(browser: Browser, url: str, view: View) -> Page:
    narrow = view.width < 500
    context = await browser.new_context(
        viewport={"width": view.width, "height": 844 if narrow else 900},
        locale={"en": "en-US", "ja": "ja-JP"}[view.language],
        color_scheme=view.theme,  # type: ignore[arg-type]
        is_mobile=narrow,
        has_touch=narrow,
        device_scale_factor=2 if narrow else 1,
    )
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_test_id("sign-in-email").fill(EMAIL)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("view-all").click()
    await page.get_by_test_id("conversation-row").first.wait_for()
    return page


async def show_list(page: Page) -> None:
    await page.get_by_test_id("view-all").click()


async def _open(page: Page, name: str) -> None:
    await page.get_by_test_id("conversation-row").filter(has_text=name).click()
    await page.get_by_test_id("message").last.wait_for()


async def show_conversation(page: Page) -> None:
    await _open(page, "佐藤 花子")
    claim = page.get_by_test_id("claim-button")
    if await claim.count():
        await claim.click()
    await page.get_by_test_id("composer-input").wait_for()


async def show_unclaimed(page: Page) -> None:
    await _open(page, "John Carter")


async def show_template(page: Page) -> None:
    await show_conversation(page)
    await page.get_by_test_id("open-template-picker").click()
    await page.locator("[data-testid=template-option][data-name=order_shipped]").first.click()


def at(path: str) -> Callable[[Page], Awaitable[None]]:
    """A screen that needs no more than its address."""

    async def show(page: Page) -> None:
        await page.goto(page.url.split("/inbox")[0] + path)

    return show


async def show_filters(page: Page) -> None:
    await page.get_by_test_id("list-filters").click()
    await page.get_by_test_id("more-filters").click()
    await page.get_by_test_id("filter-apply").wait_for()


async def show_places(page: Page) -> None:
    await page.get_by_test_id("view-menu").click()
    await page.get_by_test_id("place-mentions").wait_for()


async def show_many(page: Page) -> None:
    await page.get_by_test_id("list-filters").click()
    await page.get_by_test_id("choose-many").click()
    for at in range(2):
        await page.get_by_test_id("choose-row").nth(at).click()


async def show_search(page: Page) -> None:
    await page.get_by_test_id("search-toggle").click()
    await page.get_by_test_id("search-box").fill("ございます")
    await page.get_by_test_id("search-hit").first.wait_for()


async def show_closing(page: Page) -> None:
    """Two reasons are made, and required: without, it would close at once. Nothing is closed."""
    conversations = page.url
    await at("/settings/closeReasons")(page)
    await page.get_by_test_id("add-close-reason").wait_for()
    if not await page.get_by_test_id("close-reason").count():
        for place, reason in enumerate(REASONS):
            await page.get_by_test_id("add-close-reason").click()
            await page.get_by_test_id("close-reason").nth(place).fill(reason)
        await page.get_by_test_id("close-required").check()
        await page.get_by_test_id("save-close-reasons").click()
        await page.get_by_test_id("save-close-reasons").wait_for(state="detached")
    await page.goto(conversations)
    await show_conversation(page)
    await page.get_by_test_id("close-conversation").click()
    await page.get_by_test_id("close-reasons").wait_for()


async def show_viewer(page: Page) -> None:
    await _open(page, "佐藤 花子")
    await page.locator("[data-testid=message] button img").last.click()
    await page.get_by_test_id("viewer-stage").wait_for()


async def show_emoji(page: Page) -> None:
    await show_conversation(page)
    await page.get_by_test_id("emoji-open").click()
    await page.get_by_test_id("emoji-grid").wait_for()


async def show_palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("palette-option").first.wait_for()


async def show_shortcuts(page: Page) -> None:
    await page.keyboard.press("?")
    await page.get_by_test_id("single-keys").wait_for()


async def show_import(page: Page) -> None:
    """The mapping of a file that is looked at and not taken."""
    await at("/contacts/import")(page)
    await page.get_by_test_id("import-file").set_input_files(
        {"name": "contacts.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode("cp932")}
    )
    await page.get_by_test_id("import-target").first.wait_for()


async def show_second_factor(page: Page) -> None:
    await at("/settings/profile")(page)
    await page.get_by_test_id("second-factor-password").fill(PASSWORD)
    await page.get_by_test_id("second-factor-go").click()
    await page.get_by_test_id("second-factor-qr").wait_for()


async def show_contact(page: Page) -> None:
    await at("/contacts")(page)
    await page.get_by_test_id("contact-row").first.click()
    await page.get_by_test_id("contact-panel").first.wait_for()


SCREENS: dict[str, Callable[[Page], Awaitable[None]]] = {
    "list": show_list,
    "conversation": show_conversation,
    "unclaimed": show_unclaimed,
    "template": show_template,
    "settings": at("/settings/inboxes"),
    "places": show_places,
    "many": show_many,
    "search": show_search,
    "filters": show_filters,
    "contacts": at("/contacts"),
    "contact": show_contact,
    "companies": at("/contacts/companies"),
    "import": show_import,
    "closing": show_closing,
    "viewer": show_viewer,
    "emoji": show_emoji,
    "palette": show_palette,
    "shortcuts": show_shortcuts,
    "secondfactor": show_second_factor,
    **{
        each.lower(): at(f"/settings/{each}")
        for each in (
            "workspace",
            "templates",
            "quickReplies",
            "labels",
            "attributes",
            "agents",
            "teams",
            "profile",
            "tokens",
            "audit",
            "setAside",
            "closeReasons",
            "views",
            "costs",
            "notifications",
        )
    },
}
EVERY = [View(*each) for each in product((1440, 390), ("en", "ja"), ("light", "dark"))]
README = [
    ("conversation", View(1440, "en", "light")),
    ("conversation", View(1440, "ja", "dark")),
    ("list", View(390, "ja", "light")),
    ("conversation", View(390, "ja", "dark")),
    ("template", View(1440, "ja", "light")),
    ("settings", View(1440, "en", "light")),
    *((name, View(1440, "en", "light")) for name in ("unclaimed", "places", "many", "search", "templates", "contacts")),
    *((name, View(1440, "ja", "light")) for name in ("filters", "workspace", "labels", "agents")),
    *((name, View(390, "en", "light")) for name in ("quickreplies", "teams", "profile")),
    *((name, View(390, "ja", "dark")) for name in ("companies", "attributes", "tokens", "audit")),
    *((name, View(1440, "en", "light")) for name in ("contact", "import", "shortcuts", "costs", "notifications")),
    *((name, View(1440, "ja", "dark")) for name in ("viewer", "palette", "views", "setaside")),
    *((name, View(390, "ja", "light")) for name in ("closing", "emoji", "secondfactor", "closereasons")),
]


async def write_a_little(browser: Browser, url: str) -> None:
    """An answer that was read, so that the pictures show one."""
    page = await open_console(browser, url, View(1440, "ja", "light"))
    await show_conversation(page)
    await page.get_by_test_id("composer-input").fill("もちろんです。土曜日にご用意してお待ちしております。")
    await page.get_by_test_id("composer-send").click()
    await page.locator("[data-testid=message][data-status=delivered]").last.wait_for()
    to_simulator(url, "/customers/hanako/read", {})
    await page.locator("[data-testid=message][data-status=read]").last.wait_for()
    to_simulator(url, "/customers/hanako/messages", {"type": "text", "text": "ありがとうございます！楽しみです☕"})
    await page.context.close()


def small(picture: bytes) -> bytes:
    """With 256 colours, rare ones kept, a screen looks the same and weighs a third."""
    out = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


async def take(arguments: argparse.Namespace) -> None:
    wanted = [(name, view) for name in SCREENS for view in EVERY] if arguments.all else README
    arguments.out.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=CHROMIUM)
        await write_a_little(browser, arguments.url)
        for name, view in wanted:
            page = await open_console(browser, arguments.url, view)
            await SCREENS[name](page)
            await page.wait_for_timeout(900)
            file = arguments.out / f"{name}-{view.width}-{view.language}-{view.theme}.png"
            file.write_bytes(small(await page.screenshot()))
            await page.context.close()
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8900")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--all", action="store_true")
    asyncio.run(take(parser.parse_args()))


if __name__ == "__main__":
    main()
