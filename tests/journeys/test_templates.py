"""A supervisor writes a template and sees every mistake at its field; an agent records a voice note."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Demo, People

pytestmark = pytest.mark.browser


async def test_a_template_and_a_voice_note(demo: Demo, browser: Browser) -> None:
    people = People(browser, demo, "en-GB", phone=False)
    ken = await people.agent("ken@example.com")
    await _mistakes_stand_at_their_fields(ken, demo)
    await _put_right_it_is_submitted_and_approved(ken)
    await _the_picker_offers_what_may_be_sent(ken, demo)
    await _a_voice_note_is_recorded_heard_and_sent(ken, demo)
    assert people.errors == []
    await people.leave()


async def _mistakes_stand_at_their_fields(ken: Page, demo: Demo) -> None:
    await ken.goto(f"{demo.console}/settings/templates")
    await ken.get_by_test_id("new-template").click()
    await _field(ken, "name").fill("Beans")
    await _field(ken, "body.text").fill("{{1}} beans")
    await expect(ken.get_by_text("Lowercase letters, digits and underscores only.")).to_be_visible()
    await expect(ken.get_by_text("A text may not begin with a variable")).to_be_visible()


async def _put_right_it_is_submitted_and_approved(ken: Page) -> None:
    await _field(ken, "name").fill("beans_ready")
    await _field(ken, "body.text").fill("Hello {{1}}, your beans are ready at the counter.")
    await _field(ken, "body.example.1").fill("Hanako")
    await _field(ken, "mapping.1").select_option("contact.name")
    await expect(ken.get_by_test_id("template-verdict")).to_have_attribute("data-mistakes", "0")
    await ken.get_by_test_id("template-submit").click()
    row = ken.locator("[data-testid=template-row][data-name=beans_ready]")
    # The webhook of the review brings it here without a reload.
    await expect(row).to_have_attribute("data-status", "approved")


async def _the_picker_offers_what_may_be_sent(ken: Page, demo: Demo) -> None:
    await ken.goto(f"{demo.console}/inbox/all")
    await ken.get_by_test_id("conversation-row").filter(has_text="Priya").click()
    await ken.get_by_test_id("claim-button").click()
    await ken.get_by_test_id("open-template-picker").click()
    await ken.get_by_test_id("withheld-templates").locator("summary").click()
    withheld = ken.get_by_test_id("withheld-templates")
    await expect(withheld.locator("[data-name=weekly_offer]")).to_contain_text("Paused")
    await expect(withheld.locator("[data-name=welcome_back]").first).to_contain_text("no consent")
    await ken.locator("[data-testid=template-option][data-name=beans_ready]").click()
    await expect(ken.locator("[data-testid=template-variable][data-key='1']")).to_have_value("Priya Nair")
    await ken.keyboard.press("Escape")


async def _a_voice_note_is_recorded_heard_and_sent(ken: Page, demo: Demo) -> None:
    await ken.get_by_test_id("voice-record").click()
    await expect(ken.get_by_test_id("voice-recorder")).to_contain_text("0:01")
    await ken.get_by_test_id("voice-stop").click()
    await expect(ken.get_by_test_id("voice-recorder").locator("audio")).to_have_count(1)
    await ken.get_by_test_id("voice-send").click()
    sent = ken.locator('[data-testid=message][data-direction=out][data-type=audio][data-status="delivered"]')
    await expect(sent).to_be_visible()
    _, page = demo.api("GET", "/conversations?q=Priya&view=all")
    _, messages = demo.api("GET", f"/conversations/{page['items'][0]['id']}/messages")
    voice = next(each for each in messages["items"] if each["type"] == "audio")
    assert voice["data"]["voice"] is True
    assert voice["attachments"][0]["content_type"] == "audio/ogg"


def _field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field="{name}"]')
