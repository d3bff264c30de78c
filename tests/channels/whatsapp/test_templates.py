"""The blanks of a template and the words with the blanks filled in."""

from typing import Any

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import Template, TemplateVariable

channel = registry.channel("whatsapp")

BODY = {"type": "BODY", "text": "{{1}}様、{{2}}です。", "example": {"body_text": [["佐藤 花子", "12月1日"]]}}
HEADER = {"type": "HEADER", "format": "TEXT", "text": "注文 {{1}}", "example": {"header_text": ["A-1"]}}
LINK = {"type": "URL", "text": "追跡", "url": "https://e.com/{{1}}", "example": ["https://e.com/A-1"]}
NAMED = {
    "type": "body",
    "text": "Hi {{first_name}}, {{shop}} here. {{first_name}}!",
    "example": {"body_text_named_params": [{"param_name": "shop", "example": "Minato"}]},
}


def template(*components: dict[str, Any], **more: Any) -> Template:
    return Template(
        **({"name": "t", "language": "ja", "category": "utility", "status": "approved"} | more),
        components=list(components),
    )


def test_a_template_without_blanks() -> None:
    plain = template(
        {"type": "BODY", "text": "Hi."}, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Q"}]}
    )
    assert channel.template_variables(plain) == []
    shown = channel.render_template(plain, {})
    assert (shown.body, shown.header, shown.footer, shown.media) == ("Hi.", None, None, None)
    assert shown.buttons == ({"type": "quick_reply", "text": "Q"},)


def test_every_blank_in_reading_order_with_its_example() -> None:
    whole = template(HEADER, BODY, {"type": "BUTTONS", "buttons": [LINK, {"type": "COPY_CODE", "example": "SAVE"}]})
    assert channel.template_variables(whole) == [
        TemplateVariable("header", "header.1", "A-1", "1"),
        TemplateVariable("body", "1", "佐藤 花子"),
        TemplateVariable("body", "2", "12月1日"),
        TemplateVariable("button", "button.0", "A-1", "追跡", "url"),
        TemplateVariable("button", "button.1", "SAVE", "", "code"),
    ]


def test_named_blanks_keep_their_names() -> None:
    named = template(NAMED, parameter_format="named")
    assert channel.template_variables(named) == [
        TemplateVariable("body", "first_name", "", "first_name"),
        TemplateVariable("body", "shop", "Minato", "shop"),
    ]


@pytest.mark.parametrize("form, kind", [("IMAGE", "image"), ("VIDEO", "video"), ("DOCUMENT", "document")])
def test_a_file_in_the_header(form: str, kind: Any) -> None:
    pictured = template({"type": "HEADER", "format": form}, {"type": "BODY", "text": "x"})
    assert channel.template_variables(pictured) == [TemplateVariable("header", "header.media_id", kind=kind)]
    shown = channel.render_template(pictured, {"header.media_id": "m1"})
    assert (shown.header, shown.media) == (None, {"type": kind, "media_id": "m1"})


def test_a_place_in_the_header_asks_for_the_coordinates_and_takes_the_name() -> None:
    placed = template({"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "x"})
    found = {variable.key: variable.required for variable in channel.template_variables(placed)}
    assert found == {"header.latitude": True, "header.longitude": True, "header.name": False, "header.address": False}


def test_a_code_is_asked_for_once_and_stands_in_both_places() -> None:
    buttons = [{"type": "URL", "text": "Copy", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"}]
    code = template(
        {"type": "BODY", "text": "*{{1}}* is your code."},
        {"type": "BUTTONS", "buttons": buttons},
        category="authentication",
    )
    assert [(v.key, v.kind) for v in channel.template_variables(code)] == [("1", "code")]
    shown = channel.render_template(code, {"1": "4829"})
    assert shown.body == "*4829* is your code."
    assert shown.buttons[0]["url"].endswith("code=otp4829")


def test_the_words_with_everything_filled_in() -> None:
    whole = template(HEADER, BODY, {"type": "FOOTER", "text": "みなと珈琲"}, {"type": "BUTTONS", "buttons": [LINK]})
    shown = channel.render_template(whole, {"header.1": "A-7", "1": "花子", "2": "5日", "button.0": "A-7"})
    assert (shown.header, shown.body, shown.footer) == ("注文 A-7", "花子様、5日です。", "みなと珈琲")
    assert shown.buttons == ({"type": "url", "text": "追跡", "url": "https://e.com/A-7"},)


def test_what_is_not_filled_in_stays_visible() -> None:
    assert channel.render_template(template(BODY), {"2": "5日"}).body == "{{1}}様、5日です。"


def test_a_value_that_looks_like_a_blank_is_not_filled_again() -> None:
    assert channel.render_template(template(BODY), {"1": "{{2}}", "2": r"\1"}).body == r"{{2}}様、\1です。"


@pytest.mark.parametrize(
    "components",
    [[], [{}], [{"type": 3}], [{"type": "BODY"}], [{"type": "BODY", "text": 5}], [{"type": "BUTTONS", "buttons": "x"}]],
)
def test_odd_components_do_no_harm(components: list[dict[str, Any]]) -> None:
    odd = template(*components)
    assert channel.template_variables(odd) == []
    assert channel.render_template(odd, {"1": "x"}).body == ""
