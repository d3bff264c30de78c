"""An outsider sends: whatever pywa builds, the simulator accepts, and answers so that pywa understands."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pywa import errors
from pywa.client import WhatsApp
from pywa.types import templates
from pywa.types.callback import (
    Button,
    CallPermissionRequestButton,
    FlowButton,
    ImageCarouselCard,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
)
from pywa.types.others import Contact, ProductsSection
from pywa.types.templates import TemplateLanguage

from madoguchi.simulator import samples, seed
from tests.simulator.lab import HANAKO, Lab
from tests.simulator.pywa_bridge import client

# Their `params` is written for the class and typed for its instances.
BodyText: Any = templates.BodyText
HeaderText: Any = templates.HeaderText


@pytest.fixture
def wa(lab: Lab) -> Iterator[WhatsApp]:
    wa = client(lab.url)
    yield wa
    wa.api._session.close()


@pytest.fixture
async def inbound(lab: Lab) -> str:
    """The customer has written, so the window is open; the message's id."""
    wamid: str = (await lab.write())["id"]
    return wamid


async def arrives(lab: Lab, send: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Send with pywa, and return the message as it lies on the customer's phone."""
    sent = await asyncio.to_thread(send, *args, **kwargs)
    await lab.quiet()
    assert lab.product.story(sent.id) == ["sent", "delivered"]
    return await lab.control("GET", f"messages/{sent.id}")


async def test_text(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    shown = await arrives(
        lab, wa.send_message, to=HANAKO, text="*Hello*", preview_url=True, reply_to_message_id=inbound, tracker="row-1"
    )
    assert shown["content"]["text"]["body"] == "*Hello*"
    assert shown["quoted"]["text"] == "こんにちは"
    assert lab.product.statuses[0]["biz_opaque_callback_data"] == "row-1"


@pytest.mark.parametrize(
    ("method", "sample"),
    [
        ("send_image", "image"),
        ("send_video", "video"),
        ("send_audio", "audio"),
        ("send_document", "document"),
        ("send_sticker", "sticker"),
        ("send_voice", "voice"),
    ],
)
async def test_media_by_upload(lab: Lab, wa: WhatsApp, inbound: str, method: str, sample: str) -> None:
    data, mime, name = samples.make(sample)
    media = await asyncio.to_thread(wa.upload_media, media=data, mime_type=mime.split(";")[0], filename=name)
    kind = method.removeprefix("send_")
    more = {"filename": name} if kind == "document" else {}
    shown = await arrives(lab, getattr(wa, method), HANAKO, **{kind: media.id}, **more)
    assert shown["media"]["mime"] == mime.split(";")[0]
    found = await lab.client.get(shown["media"]["url"])
    assert found.content == data


async def test_media_comes_back_as_it_went(lab: Lab, wa: WhatsApp) -> None:
    data, mime, name = samples.make("image")
    media = await asyncio.to_thread(wa.upload_media, media=data, mime_type=mime, filename=name)
    described = await asyncio.to_thread(wa.get_media_url, media.id)
    assert described.mime_type == mime
    assert int(described.file_size) == len(data)
    assert await asyncio.to_thread(wa.get_media_bytes, described.url) == data
    assert await asyncio.to_thread(wa.delete_media, media.id)
    with pytest.raises(errors.WhatsAppError):
        await asyncio.to_thread(wa.get_media_url, media.id)


async def test_location(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    shown = await arrives(lab, wa.send_location, HANAKO, latitude=35.4, longitude=139.6, name="Shop", address="Pier 1")
    assert shown["content"]["location"]["name"] == "Shop"


async def test_contacts(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    contact = Contact(
        name=Contact.Name(formatted_name="Ken Tanaka", first_name="Ken"),
        phones=[Contact.Phone(phone="+81 90 0000 0000", type="CELL")],
    )
    shown = await arrives(lab, wa.send_contact, HANAKO, contact=contact)
    assert shown["content"]["contacts"][0]["name"]["formatted_name"] == "Ken Tanaka"


async def test_reaction_and_its_removal(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    await asyncio.to_thread(wa.send_reaction, to=HANAKO, emoji="👍", message_id=inbound)
    await lab.quiet()
    assert (await lab.control("GET", f"messages/{inbound}"))["reactions"] == {"business": "👍"}
    await asyncio.to_thread(wa.remove_reaction, to=HANAKO, message_id=inbound)
    await lab.quiet()
    assert (await lab.control("GET", f"messages/{inbound}"))["reactions"] == {}


async def test_buttons_that_answer(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    buttons = [Button("Yes", callback_data="yes"), Button("No", callback_data="no")]
    shown = await arrives(lab, wa.send_message, to=HANAKO, text="Sure?", header="Hm", footer="…", buttons=buttons)
    await lab.control("POST", "customers/hanako/tap", {"message_id": shown["id"], "choice": "no"})
    await lab.quiet()
    reply = lab.product.messages[-1]
    assert reply["interactive"]["button_reply"] == {"id": "no", "title": "No"}
    assert reply["context"] == {"from": "815012345678", "id": shown["id"]}


async def test_a_list_that_answers(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    rows = [
        SectionRow("Latte", callback_data="latte", description="With milk"),
        SectionRow("Drip", callback_data="drip"),
    ]
    menu = SectionList(button_title="Menu", sections=[Section(title="Coffee", rows=rows)])
    shown = await arrives(lab, wa.send_message, to=HANAKO, text="Choose", buttons=menu)
    await lab.control("POST", "customers/hanako/tap", {"message_id": shown["id"], "choice": 0})
    await lab.quiet()
    assert lab.product.messages[-1]["interactive"]["list_reply"]["description"] == "With milk"


async def test_a_button_that_leads_somewhere(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    button = URLButton(title="Shop", url="https://minato-coffee.example/")
    shown = await arrives(lab, wa.send_message, to=HANAKO, text="Look", buttons=button)
    assert shown["content"]["interactive"]["type"] == "cta_url"


async def test_a_positional_template(lab: Lab, wa: WhatsApp) -> None:
    shown = await arrives(
        lab,
        wa.send_template,
        to=HANAKO,
        name="order_shipped",
        language=TemplateLanguage.JAPANESE,
        params=[
            HeaderText.params("M-1042"),
            BodyText.params("花子", "金曜日"),
            templates.URLButton.params(url_variable="M-1042", index=0),
        ],
    )
    rendered = shown["content"]["rendered"]
    assert rendered["header"] == "ご注文M-1042を発送しました"
    assert rendered["body"].startswith("お待たせしました、花子様。")
    assert rendered["buttons"][0]["url"].endswith("/orders/M-1042")


async def test_a_named_template_whose_quick_reply_answers(lab: Lab, wa: WhatsApp) -> None:
    shown = await arrives(
        lab,
        wa.send_template,
        to=HANAKO,
        name="welcome_back",
        language=TemplateLanguage.ENGLISH_US,
        params=[BodyText.params(first_name="Hanako")],
    )
    await lab.control("POST", "customers/hanako/tap", {"message_id": shown["id"], "choice": "See the menu"})
    await lab.quiet()
    assert lab.product.messages[-1]["button"] == {"payload": "See the menu", "text": "See the menu"}


async def test_reading_and_typing(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    await asyncio.to_thread(wa.mark_message_as_read, inbound)
    assert (await lab.control("GET", f"messages/{inbound}"))["status"] == "read"
    await asyncio.to_thread(wa.indicate_typing, inbound)
    [chat] = (await lab.control("GET", "customers/hanako/chats"))["data"]
    assert chat["typing"] is True
    await lab.hours(0.01)
    [chat] = (await lab.control("GET", "customers/hanako/chats"))["data"]
    assert chat["typing"] is False


async def test_profile_number_and_templates(lab: Lab, wa: WhatsApp) -> None:
    assert await asyncio.to_thread(wa.update_business_profile, about="Open until seven")
    profile = await asyncio.to_thread(wa.get_business_profile)
    assert profile.about == "Open until seven"
    number = await asyncio.to_thread(wa.get_business_phone_number)
    assert number.display_phone_number == "+81 50-1234-5678"
    names = {t.name for t in await asyncio.to_thread(wa.get_templates)}
    assert {"booking_reminder", "order_shipped", "welcome_back", "login_code"} <= names


async def test_errors_become_its_exceptions(lab: Lab, wa: WhatsApp) -> None:
    with pytest.raises(errors.WhatsAppError) as caught:
        await asyncio.to_thread(wa.send_message, to=HANAKO, text="x" * 4097)
    assert caught.value.code == 100
    await lab.fault("token_revoked", next=1)
    with pytest.raises(errors.WhatsAppError) as caught:
        await asyncio.to_thread(wa.send_message, to=HANAKO, text="x")
    assert caught.value.code == 190


@pytest.mark.parametrize(
    ("button", "kind"),
    [
        (VoiceCallButton(title="Call us", ttl_minutes=60), "voice_call"),
        (CallPermissionRequestButton(), "call_permission_request"),
        (FlowButton(title="Open", flow_id=seed.FLOW, flow_token="t-1"), "flow"),
    ],
    ids=["call", "permission", "form"],
)
async def test_other_buttons(lab: Lab, wa: WhatsApp, inbound: str, button: Any, kind: str) -> None:
    shown = await arrives(lab, wa.send_message, to=HANAKO, text="Shall we?", buttons=button)
    assert shown["content"]["interactive"]["type"] == kind


async def test_what_it_asks_for(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    place = await arrives(lab, wa.request_location, to=HANAKO, text="Where are you?")
    assert place["content"]["interactive"]["type"] == "location_request_message"
    person = await arrives(lab, wa.request_contact_info, to=HANAKO, text="May we call you?")
    assert person["content"]["interactive"]["type"] == "request_contact_info"


async def test_products_and_the_catalog(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    one = await arrives(lab, wa.send_product, to=HANAKO, catalog_id=seed.CATALOG, sku="dripper-01", body="New")
    assert one["content"]["interactive"]["action"]["product_retailer_id"] == "dripper-01"
    sections = [ProductsSection(title="Beans", skus=["beans-house-200", "beans-decaf-200"])]
    several = await arrives(
        lab, wa.send_products, HANAKO, seed.CATALOG, product_sections=sections, title="Shop", body="Our beans"
    )
    assert len(several["content"]["interactive"]["action"]["sections"][0]["product_items"]) == 2
    whole = await arrives(lab, wa.send_catalog, HANAKO, body="All of it", thumbnail_product_sku="mug-harbour")
    assert whole["content"]["interactive"]["type"] == "catalog_message"
    with pytest.raises(errors.WhatsAppError, match="beans-gone"):
        await asyncio.to_thread(wa.send_product, to=HANAKO, catalog_id=seed.CATALOG, sku="beans-gone")


async def test_a_carousel(lab: Lab, wa: WhatsApp, inbound: str) -> None:
    # Any address that answers: what is fetched is not looked into.
    link, shop = f"{lab.url}/_sim/clock", "https://minato-coffee.example/"
    cards: list[Any] = [
        ImageCarouselCard(body=words, image=link, buttons=URLButton(title="Shop", url=shop)) for words in ("A", "B")
    ]
    sent = await asyncio.to_thread(wa.send_carousel, to=HANAKO, body="New beans", cards=cards)
    await lab.until(lambda: lab.product.story(sent.id) == ["sent", "delivered"])
    shown = await lab.control("GET", f"messages/{sent.id}")
    assert [card["body"]["text"] for card in shown["content"]["interactive"]["action"]["cards"]] == ["A", "B"]
