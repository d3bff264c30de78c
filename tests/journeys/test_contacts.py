"""A contact from the first note to being combined with another; a hand-over with its reason; in English on a wide screen,
in Japanese on a phone."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_contacts_and_who_has_them(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    people = People(browser, demo, locale, phone=phone)
    aoi = await people.agent("aoi@example.com")
    await _a_detail_is_defined(aoi, demo)
    contact_id = await _a_contact_is_added(aoi, demo)
    await _everything_is_edited_where_it_stands(aoi, demo, contact_id)
    await _two_are_combined_and_taken_apart(aoi, demo, contact_id)
    await _a_conversation_is_handed_over(aoi, demo)
    assert people.errors == []
    await people.leave()


async def _a_detail_is_defined(aoi: Page, demo: Demo) -> None:
    await aoi.goto(f"{demo.console}/settings/attributes")
    await aoi.get_by_test_id("new-attributes").click()
    await aoi.get_by_test_id("attribute-label").fill("Shoe size")
    await aoi.get_by_test_id("attribute-type").select_option("number")
    await aoi.get_by_test_id("save-attributes").click()
    await expect(aoi.get_by_test_id("attribute-row")).to_contain_text("shoe_size")


async def _a_contact_is_added(aoi: Page, demo: Demo) -> str:
    await aoi.goto(f"{demo.console}/contacts")
    await aoi.get_by_test_id("new-contact").click()
    await aoi.get_by_test_id("new-contact-name").fill("<b>花子</b> " + "ー" * 150)
    await aoi.get_by_test_id("add-contact").click()
    await expect(aoi.get_by_test_id("contact-panel")).to_contain_text("<b>花子</b>")
    return aoi.url.rpartition("/")[2]


async def _everything_is_edited_where_it_stands(aoi: Page, demo: Demo, contact_id: str) -> None:
    panel = aoi.get_by_test_id("contact-panel")
    detail = panel.get_by_test_id("detail-shoe_size")
    await detail.hover()
    await detail.get_by_role("button").click()
    await detail.get_by_role("textbox").fill("many")
    await detail.get_by_role("textbox").press("Enter")
    await expect(detail.get_by_role("alert")).to_be_visible()
    await detail.get_by_role("textbox").fill("38")
    await detail.get_by_role("textbox").press("Enter")
    await expect(detail).to_contain_text("38")
    await panel.get_by_test_id("choose-company").click()
    await aoi.get_by_role("searchbox").last.fill("港商事")
    await aoi.get_by_test_id("make-company").click()
    await expect(panel.get_by_test_id("company-field")).to_contain_text("港商事")
    await panel.get_by_test_id("contact-note-text").fill("窓側の席がお好きです")
    await panel.get_by_test_id("contact-note-add").click()
    await expect(panel.get_by_test_id("contact-note")).to_contain_text("窓側")
    kept = demo.api("GET", f"/contacts/{contact_id}")[1]
    assert kept["attributes"] == {"shoe_size": 38}
    assert kept["company"]["name"] == "港商事"


async def _two_are_combined_and_taken_apart(aoi: Page, demo: Demo, contact_id: str) -> None:
    await aoi.get_by_test_id("merge-contact").click()
    await aoi.get_by_test_id("merge-search").fill("John")
    await aoi.get_by_test_id("merge-candidate").filter(has_text="John").click()
    await aoi.get_by_test_id("merge-confirm").click()
    await expect(aoi.get_by_test_id("merged-contacts")).to_contain_text("John")
    assert demo.api("GET", f"/contacts/{contact_id}")[1]["merged"][0]["name"] == "John Carter"
    await aoi.get_by_test_id("unmerge").click()
    await expect(aoi.get_by_test_id("merged-contacts")).to_have_count(0)
    assert demo.api("GET", f"/contacts/{contact_id}")[1]["merged"] == []


async def _a_conversation_is_handed_over(aoi: Page, demo: Demo) -> None:
    found = demo.api("GET", "/conversations?view=unassigned")[1]["items"][0]
    await aoi.goto(f"{demo.console}/inbox/all/{found['id']}")
    menu_is_open = asyncio.Event()

    async def answer_when_the_menu_is_open(route: Route) -> None:
        await menu_is_open.wait()
        await route.continue_()

    await aoi.route("**/claim", answer_when_the_menu_is_open)
    await aoi.get_by_test_id("claim-button").click()
    await aoi.get_by_test_id("assignee-menu").click()
    await expect(aoi.get_by_role("menu")).to_be_visible()
    menu_is_open.set()
    await expect(aoi.get_by_test_id("composer-input")).to_be_visible()
    await aoi.get_by_test_id("hand-to").filter(has_text="Emma").click()
    await aoi.get_by_test_id("hand-over-note").fill("青をご希望です")
    await aoi.get_by_test_id("hand-over-confirm").click()
    await expect(aoi.get_by_text("青をご希望です").last).to_be_visible()
    await expect(aoi.get_by_test_id("composer-locked")).to_contain_text("Emma")
