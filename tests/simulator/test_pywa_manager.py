"""An outsider manages the account: what pywa's typed client asks, the simulator answers so that pywa understands."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pywa import errors, utils
from pywa.client import WhatsApp
from pywa.types import flows, templates
from pywa.types.others import Command, Industry, QRCodeImageType
from pywa.types.templates import ParamFormat, TemplateCategory, TemplateLanguage, TemplateStatus

from madoguchi.simulator import samples, seed
from madoguchi.simulator.flows import endpoint
from madoguchi.simulator.seed_flow import CONTACT_FORM
from tests.simulator.lab import APP, HANAKO, NUMBER, Lab
from tests.simulator.pywa_bridge import client

# Some of their annotations are written for the class and typed for its instances.
t: Any = templates


@pytest.fixture
def wa(lab: Lab) -> Iterator[WhatsApp]:
    wa = client(lab.url)
    yield wa
    wa.api._session.close()


async def ask(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(method, *args, **kwargs)


def template(name: str, category: TemplateCategory, *components: Any) -> Any:
    return t.Template(
        name=name,
        language=TemplateLanguage.ENGLISH_US,
        category=category,
        parameter_format=ParamFormat.POSITIONAL,
        components=list(components),
    )


async def test_a_template_with_every_part_from_making_to_deleting(lab: Lab, wa: WhatsApp) -> None:
    data, mime, name = samples.make("image")
    media = await ask(wa.upload_media, media=data, mime_type=mime, filename=name)
    made = await ask(
        wa.create_template,
        template(
            "by_pywa",
            TemplateCategory.MARKETING,
            t.HeaderImage(example=media),
            t.BodyText("Hello {{1}}, our autumn beans are here.", "Hanako"),
            t.FooterText(text="Reply STOP to stop"),
            t.Buttons(
                buttons=[
                    t.QuickReplyButton(text="Tell me"),
                    t.URLButton(text="Shop", url="https://a.example/{{1}}", example="x"),
                ]
            ),
        ),
        app_id=APP,
    )
    assert made.status == TemplateStatus.PENDING
    await lab.quiet()
    found = await ask(wa.get_template, made.id)
    assert (found.status, found.category) == (TemplateStatus.APPROVED, TemplateCategory.MARKETING)
    assert [type(c).__name__ for c in found.components] == ["HeaderImage", "BodyText", "FooterText", "Buttons"]
    changed = await ask(wa.update_template, made.id, new_components=[t.BodyText("Our winter beans are here.")])
    assert changed.success
    archived = await ask(wa.archive_templates, [made.id, "7"])
    assert (list(archived.archived), list(archived.failed)) == ([made.id], ["7"])
    assert list((await ask(wa.unarchive_templates, [made.id])).unarchived) == [made.id]
    assert await ask(wa.delete_template, "by_pywa", template_id=made.id)
    with pytest.raises(errors.WhatsAppError):
        await ask(wa.get_template, made.id)


@pytest.mark.parametrize(
    "components",
    [
        [t.BodyText("New beans."), t.LimitedTimeOffer(text="Autumn", has_expiration=True),
         t.Buttons(buttons=[t.CopyCodeButton(example="AUTUMN25"), t.URLButton(text="Shop", url="https://a.example")])],
        [t.BodyText("New beans."), t.Buttons(buttons=[t.CatalogButton(text="View catalog")])],
        [t.HeaderText("Beans"), t.BodyText("New beans."), t.Buttons(buttons=[t.MPMButton(text="View items")])],
        [t.BodyText("New beans."), t.Buttons(buttons=[t.PhoneNumberButton(text="Call", phone_number="+815012345678")])],
        [t.BodyText("New beans."), t.Buttons(buttons=[t.FlowButton(text="Form", flow_id=seed.FLOW)])],
        [t.HeaderLocation(), t.BodyText("New beans.")],
    ],
    ids=["offer", "catalog", "products", "phone", "form", "place"],
)  # fmt: skip
async def test_each_kind_of_template_is_taken_and_read_back(lab: Lab, wa: WhatsApp, components: list[Any]) -> None:
    made = await ask(wa.create_template, template("kinds", TemplateCategory.MARKETING, *components))
    found = await ask(wa.get_template, made.id)
    assert [type(c).__name__ for c in found.components] == [type(c).__name__ for c in components]


async def test_authentication_templates(lab: Lab, wa: WhatsApp) -> None:
    body = t.AuthenticationBody(add_security_recommendation=True)
    right = t.Buttons(buttons=[t.CopyCodeOTPButton(text="Copy")])
    made = await ask(wa.create_template, template("codes", TemplateCategory.AUTHENTICATION, body, right))
    found = await ask(wa.get_template, made.id)
    assert found.category == TemplateCategory.AUTHENTICATION
    wrong = t.Buttons(buttons=[t.QuickReplyButton(text="No")])
    with pytest.raises(errors.WhatsAppError):
        await ask(wa.create_template, template("wrong", TemplateCategory.AUTHENTICATION, body, wrong))


async def test_lists_of_templates_filter_and_page(lab: Lab, wa: WhatsApp) -> None:
    approved = await ask(wa.get_templates, statuses=[TemplateStatus.APPROVED], languages=[TemplateLanguage.JAPANESE])
    assert {found.name for found in approved} == {"booking_reminder", "order_shipped", "welcome_back"}
    paused = next(iter(await ask(wa.get_templates, statuses=[TemplateStatus.PAUSED])))
    assert (await ask(wa.unpause_template, paused.id)).success


async def test_the_profile_with_its_picture(lab: Lab, wa: WhatsApp) -> None:
    data, _, _ = samples.make("image")
    await ask(
        wa.update_business_profile,
        about="Open until seven",
        industry=Industry.RESTAURANT,
        websites=["https://minato-coffee.example/"],
        profile_picture=data,
        app_id=APP,
    )
    profile = await ask(wa.get_business_profile)
    assert (profile.about, profile.industry) == ("Open until seven", Industry.RESTAURANT)
    assert (await lab.client.get(profile.profile_picture_url)).content == data


async def test_qr_codes(lab: Lab, wa: WhatsApp) -> None:
    made = await ask(wa.create_qr_code, "Hello", QRCodeImageType.SVG)
    assert (await lab.client.get(made.qr_image_url)).text.startswith("<svg")
    assert (await ask(wa.update_qr_code, made.code, "Good evening")).prefilled_message == "Good evening"
    assert [code.code for code in await ask(wa.get_qr_codes)] == [made.code]
    assert (await ask(wa.get_qr_code, made.code, image_type=QRCodeImageType.PNG)).qr_image_url.endswith(".png")
    assert await ask(wa.delete_qr_code, made.code)
    assert list(await ask(wa.get_qr_codes)) == []


async def test_blocked_users(lab: Lab, wa: WhatsApp) -> None:
    with pytest.raises(errors.WhatsAppError) as caught:
        await ask(wa.block_users, [HANAKO])
    assert caught.value.code == 139100
    await lab.write()
    assert [u.wa_id for u in (await ask(wa.block_users, [HANAKO])).added_users] == [HANAKO]
    # Its list wants `input`, which Meta's own sample of a list does not have.
    assert (await ask(wa.api.get_blocked_users, NUMBER))["data"][0]["wa_id"] == HANAKO
    assert [u.wa_id for u in (await ask(wa.unblock_users, [HANAKO])).removed_users] == [HANAKO]
    assert (await ask(wa.api.get_blocked_users, NUMBER))["data"] == []


async def test_number_account_and_components(lab: Lab, wa: WhatsApp) -> None:
    await ask(
        wa.update_conversational_automation, ["When are you open?"], [Command(name="menu", description="The menu")]
    )
    number = await ask(wa.get_business_phone_number)
    assert number.conversational_automation.ice_breakers == ("When are you open?",)
    assert number.conversational_automation.commands[0].name == "menu"
    assert (number.is_pin_enabled, number.name_status) == (True, "APPROVED")
    account = await ask(wa.get_business_account)
    assert account.account_review_status == "APPROVED"
    assert [app.id for app in account.subscribed_apps] == [APP]
    assert await ask(wa.update_commerce_settings, is_catalog_visible=True)
    assert (await ask(wa.get_commerce_settings)).is_catalog_visible
    assert (await ask(wa.set_username, "minato.coffee")).status == "approved"
    assert (await ask(wa.get_current_username)).username == "minato.coffee"
    assert "minato.coffee" in await ask(wa.get_reserved_usernames)
    assert await ask(wa.delete_username)
    assert await ask(wa.update_display_name, "Minato Roastery")


async def test_a_number_from_nothing_to_registered(lab: Lab, wa: WhatsApp) -> None:
    made = await ask(
        wa.create_phone_number, country_calling_code=81, phone_number="5099998888", verified_name="Second shop"
    )
    assert await ask(wa.request_verification_code, code_method="SMS", language_code="ja", phone_id=made.id)
    assert await ask(wa.verify_phone_number, "123456", made.id)
    assert await ask(wa.register_phone_number, "654321", phone_id=made.id)
    with pytest.raises(errors.WhatsAppError) as caught:
        await ask(wa.register_phone_number, "111111", phone_id=made.id)
    assert caught.value.code == 133005
    assert await ask(wa.deregister_phone_number, phone_id=made.id)


async def test_overrides_and_tokens(lab: Lab, wa: WhatsApp) -> None:
    token = await ask(wa.get_app_access_token, APP, "demo-app-secret")
    url, verify = lab.product.url, "demo-verify-token"
    assert await ask(wa.set_app_callback_url, APP, token, url, verify, ["messages"])
    assert await ask(wa.override_waba_callback_url, url, verify)
    assert await ask(wa.override_phone_callback_url, url, verify)
    assert await ask(wa.delete_phone_callback_url)
    assert await ask(wa.delete_waba_callback_url)


async def test_flows_from_making_to_their_end(lab: Lab, wa: WhatsApp) -> None:
    made = await ask(wa.create_flow, "by pywa", [flows.FlowCategory.SURVEY], flow_json=CONTACT_FORM)
    assert made.success
    assert [asset.type for asset in await ask(wa.get_flow_assets, made.id)] == ["FLOW_JSON"]
    broken = await ask(wa.update_flow_json, made.id, {"version": "7.1", "screens": []})
    assert broken.validation_errors
    with pytest.raises(errors.WhatsAppError):
        await ask(wa.publish_flow, made.id)
    assert (await ask(wa.update_flow_json, made.id, CONTACT_FORM)).success
    assert await ask(wa.publish_flow, made.id)
    found = await ask(wa.get_flow, made.id)
    assert (found.status, found.json_version) == (flows.FlowStatus.PUBLISHED, "7.1")
    assert {flow.name for flow in await ask(wa.get_flows)} == {"contact_form", "by pywa"}
    assert await ask(wa.deprecate_flow, made.id)


def test_what_phones_encrypt_pywa_can_read() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    payload = {"version": "3.0", "action": "ping"}
    aes, vector = bytes(range(16)), bytes(range(16, 32))
    sealed = endpoint._encrypt(public, aes, vector, payload)
    read, got_aes, got_vector = utils.default_flow_request_decryptor(
        sealed["encrypted_flow_data"], sealed["encrypted_aes_key"], sealed["initial_vector"], private
    )
    assert (read, got_aes, got_vector) == (payload, aes, vector)
    answer = utils.default_flow_response_encryptor({"data": {"status": "active"}}, aes, vector)
    assert base64.b64decode(answer)
    assert endpoint._decrypt(aes, vector, answer.encode()) == json.loads('{"data": {"status": "active"}}')
