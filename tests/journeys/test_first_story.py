"""The story of the README, clicked by three people in real browsers: in English on a wide screen, in Japanese on a phone."""

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser

HELLO = "こんにちは、窓側の席はありますか"
ANSWER = "はい、ございます。何名様ですか / Yes, for how many?"


@pytest.mark.parametrize(
    ("locale", "phone"), [("en-GB", False), ("ja-JP", True)], ids=["English, wide screen", "Japanese, phone"]
)
async def test_from_hello_to_a_template_a_day_later(demo: Demo, browser: Browser, locale: str, phone: bool) -> None:
    people = People(browser, demo, locale, phone=phone)
    emma = await people.agent("emma@example.com")
    hanako = await people.customer("hanako")
    conversation_id = await _the_customer_writes(hanako, emma)
    await _one_agent_claims_it(emma)
    ken = await people.agent("ken@example.com")
    await _a_second_agent_reads_along(ken)
    await _the_answer_and_its_ticks(emma, ken, hanako)
    await _a_day_later_only_a_template_may_leave(emma, hanako)
    _free_text_is_refused(demo, conversation_id)
    await _a_template_goes_out(emma, hanako)
    assert people.errors == []
    await people.leave()

    # Ctrl-C ends everything cleanly, and the second start finds the conversation as it was.
    before = _conversation(demo, conversation_id)
    assert demo.interrupt() == 0
    demo.start()
    assert _conversation(demo, conversation_id) == before


async def _the_customer_writes(hanako: Page, emma: Page) -> str:
    """It is on the screen without reload; returns the conversation's id."""
    await emma.get_by_test_id("view-unassigned").click()
    await hanako.get_by_test_id("phone-input").fill(HELLO)
    await hanako.get_by_test_id("phone-send").click()
    await expect(emma.get_by_test_id("conversation-row").filter(has_text=HELLO)).to_be_visible()
    await hanako.get_by_test_id("phone-attach").click()
    await hanako.get_by_test_id("phone-sample-photo").first.click()
    await expect(hanako.get_by_test_id("phone-bubble").last.locator("img")).to_be_visible()
    found = await emma.get_by_test_id("conversation-row").filter(has_text="佐藤").get_attribute("data-conversation-id")
    return str(found)


async def _one_agent_claims_it(emma: Page) -> None:
    await emma.get_by_test_id("conversation-row").filter(has_text="佐藤").click()
    await expect(_messages(emma, "in").filter(has_text=HELLO)).to_be_visible()
    photo = _messages(emma, "in").last.locator("img")
    await expect(photo).to_have_js_property("complete", value=True)
    assert await photo.evaluate("image => image.naturalWidth") > 0
    await emma.get_by_test_id("claim-button").click()
    await expect(emma.get_by_test_id("composer-input")).to_be_visible()
    await expect(emma.get_by_test_id("window-countdown")).to_be_visible()


async def _a_second_agent_reads_along(ken: Page) -> None:
    await ken.get_by_test_id("view-all").click()
    await ken.get_by_test_id("conversation-row").filter(has_text="佐藤").click()
    await expect(_messages(ken, "in").filter(has_text=HELLO)).to_be_visible()
    await expect(ken.get_by_test_id("composer-locked")).to_contain_text("Emma")
    await expect(ken.get_by_test_id("composer-input")).to_have_count(0)
    await expect(ken.get_by_test_id("ask-button")).to_be_visible()
    await expect(ken.get_by_test_id("take-over-button")).to_be_visible()


async def _the_answer_and_its_ticks(emma: Page, ken: Page, hanako: Page) -> None:
    await hanako.get_by_test_id("phone-back").click()
    await emma.get_by_test_id("composer-input").fill(ANSWER)
    await emma.get_by_test_id("composer-send").click()
    bubble = _messages(emma, "out").filter(has_text=ANSWER)
    await expect(bubble).to_have_attribute("data-status", "delivered")
    await hanako.get_by_test_id("phone-chat-100000000000001").click()
    await expect(hanako.get_by_test_id("phone-bubble").filter(has_text=ANSWER)).to_be_visible()
    await expect(bubble).to_have_attribute("data-status", "read")
    await expect(_messages(ken, "out").filter(has_text=ANSWER)).to_have_attribute("data-status", "read")


async def _a_day_later_only_a_template_may_leave(emma: Page, hanako: Page) -> None:
    await hanako.get_by_test_id("clock-plus-24h").click()
    await expect(emma.get_by_test_id("window-closed")).to_be_visible()
    await expect(emma.get_by_test_id("composer-input")).to_have_count(0)


def _free_text_is_refused(demo: Demo, conversation_id: str) -> None:
    """By whoever holds the conversation, through the API."""
    emma = next(a for a in demo.api("GET", "/agents")[1]["items"] if a["email"] == "emma@example.com")
    _, made = demo.api("POST", f"/agents/{emma['id']}/tokens", {"name": "journey"})
    url = f"{demo.console}/api/v1/conversations/{conversation_id}/messages"
    bearer = {"Authorization": f"Bearer {made['token']}"}
    status, problem = demo.ask("POST", url, {"type": "text", "text": "too late"}, bearer)
    assert (status, problem["code"], problem["allowed"]) == (409, "window_closed", ["template"])


async def _a_template_goes_out(emma: Page, hanako: Page) -> None:
    await emma.get_by_test_id("open-template-picker").click()
    await emma.locator("[data-testid=template-option][data-name=booking_reminder]").first.click()
    for key, value in {"1": "佐藤花子", "2": "11/23", "3": "19:00"}.items():
        await emma.locator(f"[data-testid=template-variable][data-key='{key}']").fill(value)
    await emma.get_by_test_id("template-send").click()
    await expect(hanako.get_by_test_id("phone-bubble").filter(has_text="19:00")).to_be_visible()
    template = _messages(emma, "out").filter(has_text="19:00")
    await expect(template).to_have_attribute("data-type", "template")
    await expect(template).to_have_attribute("data-status", "read")


async def test_a_supervisor_takes_over_and_both_screens_know(demo: Demo, browser: Browser) -> None:
    people = People(browser, demo, "en-GB", phone=False)
    emma = await people.agent("emma@example.com")
    await emma.get_by_test_id("view-all").click()
    await emma.get_by_test_id("conversation-row").filter(has_text="Maria").click()
    await emma.get_by_test_id("claim-button").click()
    await emma.get_by_test_id("composer-input").fill("half a sentence")
    ken = await people.agent("ken@example.com")
    await ken.get_by_test_id("view-all").click()
    await ken.get_by_test_id("conversation-row").filter(has_text="Maria").click()
    await ken.get_by_test_id("take-over-button").click()
    await ken.get_by_test_id("take-over-confirm").click()
    await expect(ken.get_by_test_id("composer-input")).to_be_visible()
    await expect(emma.get_by_test_id("composer-locked")).to_contain_text("Ken")
    # Back without reload, and what was typed is still there.
    await ken.get_by_test_id("assignee-menu").click()
    await ken.get_by_role("menuitem").filter(has_text="Return to the queue").click()
    await emma.get_by_test_id("claim-button").click()
    await expect(emma.get_by_test_id("composer-input")).to_have_value("half a sentence")
    assert people.errors == []
    await people.leave()


async def test_the_console_follows_the_server_through_an_outage(demo: Demo, browser: Browser) -> None:
    people = People(browser, demo, "en-GB", phone=False)
    emma = await people.agent("emma@example.com")
    await emma.get_by_test_id("view-all").click()
    await expect(emma.get_by_test_id("conversation-row").first).to_be_visible()
    assert demo.interrupt() == 0
    await expect(emma.get_by_test_id("offline-banner")).to_be_visible()
    demo.start()
    await expect(emma.get_by_test_id("offline-banner")).to_have_count(0, timeout=60_000)
    john = await people.customer("john")
    await john.get_by_test_id("phone-input").fill("are you back?")
    await john.get_by_test_id("phone-send").click()
    await expect(emma.get_by_test_id("conversation-row").filter(has_text="are you back?")).to_be_visible()
    await people.leave()


def _messages(page: Page, direction: str) -> Locator:
    return page.locator(f"[data-testid=message][data-direction={direction}]")


def _conversation(demo: Demo, conversation_id: str) -> Any:
    status, page = demo.api("GET", f"/conversations/{conversation_id}/messages")
    assert status == 200
    return [(m["id"], m["text"], m["status"], m["direction"]) for m in page["items"]]
