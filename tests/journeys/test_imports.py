"""A file of contacts, looked at, imported, read about and taken back; in English on a wide screen, in Japanese on a phone."""

import csv
import io

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser

_ROWS = "氏名,電話番号,会社名\n移入 一郎,+819077770001,みなと商事\n移入 二郎,12,\n=cmd,+819077770003,\n"


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_contacts_come_in_and_go_out(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    people = People(browser, demo, locale, phone=phone)
    aoi = await people.agent("aoi@example.com")
    await aoi.goto(f"{demo.console}/contacts")
    await aoi.get_by_test_id("exchange-menu").click()
    await aoi.get_by_test_id("import-contacts").click()
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=_ROWS.encode("cp932"))
    await aoi.get_by_test_id("import-file").set_input_files(file)
    await expect(aoi.get_by_test_id("import-encoding")).to_have_value("shift_jis")
    await expect(aoi.get_by_test_id("import-target").first).to_have_value("name")
    await aoi.get_by_test_id("import-start").click()
    report = aoi.get_by_test_id("import-report")
    await expect(report).to_have_attribute("data-state", "done", timeout=30_000)
    await expect(aoi.get_by_test_id("import-created")).to_have_text("2")
    await expect(aoi.get_by_test_id("import-rejected")).to_have_text("1")
    await expect(aoi.get_by_test_id("import-rejected-row")).to_contain_text("移入 二郎")
    assert await _downloaded(aoi) == [["3", "電話番号", "移入 二郎", "12", ""]]
    assert [each["name"] for each in demo.api("GET", "/contacts?q=%2B819077770001")[1]["items"]] == ["移入 一郎"]
    await aoi.get_by_test_id("import-undo").click()
    await aoi.get_by_test_id("import-undo-confirm").click()
    await expect(report).to_have_attribute("data-state", "undone", timeout=30_000)
    await expect(aoi.get_by_test_id("import-taken_back")).to_have_text("2")
    assert demo.api("GET", "/contacts?q=%2B819077770001")[1]["items"] == []
    await _everybody_goes_out(aoi, demo)
    assert people.errors == []
    await people.leave()


async def _downloaded(aoi: Page) -> list[list[str]]:
    async with aoi.expect_download() as found:
        await aoi.get_by_test_id("import-download").click()
    text = (await (await found.value).path()).read_text("utf-8-sig")
    return [[line, column, *cells] for line, column, _reason, *cells in list(csv.reader(io.StringIO(text)))[1:]]


async def _everybody_goes_out(aoi: Page, demo: Demo) -> None:
    await aoi.goto(f"{demo.console}/contacts")
    await aoi.get_by_test_id("exchange-menu").click()
    await aoi.get_by_test_id("export-contacts").click()
    async with aoi.expect_download() as found:
        await aoi.get_by_test_id("export-now").click()
    rows = list(csv.reader(io.StringIO((await (await found.value).path()).read_text("utf-8-sig"))))
    names = {each["name"] for each in demo.api("GET", "/contacts?limit=200")[1]["items"]}
    assert names <= {row[0] for row in rows[1:]}
