"""Meta's rules for templates, each at its limit: one below, on it, one above, in scripts that count differently."""

from typing import Any

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import TemplateDraft

Json = dict[str, Any]
# What is one character to a reader may be many code points; Meta counts code points.
SCRIPTS = ["a", "語", "🎉", "é"]
FAMILY, COMBINED = "👨‍👩‍👧‍👦", "e\u0301"


def body(text: str = "Your table is ready.", *examples: str) -> Json:
    return {"type": "BODY", "text": text} | ({"example": {"body_text": [list(examples)]}} if examples else {})


def header(text: str, *examples: str) -> Json:
    part = {"type": "HEADER", "format": "TEXT", "text": text}
    return part | ({"example": {"header_text": list(examples)}} if examples else {})


def picture(form: str = "IMAGE") -> Json:
    return {"type": "HEADER", "format": form, "example": {"header_handle": ["4::aW1h"]}}


def footer(text: str) -> Json:
    return {"type": "FOOTER", "text": text}


def buttons(*each: Json) -> Json:
    return {"type": "BUTTONS", "buttons": list(each)}


def quick(text: str) -> Json:
    return {"type": "QUICK_REPLY", "text": text}


def link(text: str = "Open", url: str = "https://example.com", **more: Any) -> Json:
    return {"type": "URL", "text": text, "url": url, **more}


def card(*each: Json, top: Json | None = None, text: str = "A card") -> Json:
    return {"components": [top or picture(), body(text), buttons(*each or (quick("Yes"),))]}


def carousel(*cards: Json) -> list[Json]:
    return [body(), {"type": "CAROUSEL", "cards": list(cards)}]


def broken(*components: Json, **more: Any) -> list[tuple[str, str]]:
    given = {"name": "n", "language": "en", "category": "marketing", "components": list(components), **more}
    return [(each.field, each.rule) for each in registry.channel("whatsapp").check_template(TemplateDraft(**given))]


def at_limits(limit: int) -> list[Any]:
    """(text, is it fine) one below, on and above the limit, in each script."""
    return [
        pytest.param((script * limit)[: limit + more], more <= 0, id=f"{script}{more:+}")
        for script in SCRIPTS
        for more in (-1, 0)
    ] + [pytest.param(script * (limit + 1), False, id=f"{script}+1") for script in SCRIPTS]


@pytest.mark.parametrize(("text", "fine"), at_limits(1024))
def test_the_body(text: str, fine: bool) -> None:
    assert broken(body(text)) == ([] if fine else [("body.text", "too_long")])


@pytest.mark.parametrize(("text", "fine"), at_limits(60))
def test_the_footer_and_the_heading(text: str, fine: bool) -> None:
    assert broken(body(), footer(text)) == ([] if fine else [("footer.text", "too_long")])
    assert broken(header(text), body()) == ([] if fine else [("header.text", "too_long")])


@pytest.mark.parametrize(("text", "fine"), at_limits(25))
def test_the_words_of_buttons(text: str, fine: bool) -> None:
    assert broken(body(), buttons(quick(text))) == ([] if fine else [("buttons.0.text", "too_long")])
    assert broken(body(), buttons(link(text))) == ([] if fine else [("buttons.0.text", "too_long")])


@pytest.mark.parametrize(("text", "fine"), at_limits(600))
def test_the_body_of_an_offer(text: str, fine: bool) -> None:
    offer = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Only today"}}
    assert broken(body(text), offer) == ([] if fine else [("body.text", "too_long")])


@pytest.mark.parametrize(("text", "fine"), at_limits(16))
def test_the_words_of_an_offer(text: str, fine: bool) -> None:
    offer = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": text}}
    assert broken(body(), offer) == ([] if fine else [("limited_time_offer.text", "too_long")])


@pytest.mark.parametrize(("text", "fine"), at_limits(160))
def test_the_text_of_a_card(text: str, fine: bool) -> None:
    found = broken(*carousel(card(text=text), card()))
    assert found == ([] if fine else [("cards.0.body.text", "too_long")])


@pytest.mark.parametrize(("sign", "points"), [(FAMILY, 7), (COMBINED, 2)])
def test_a_sign_of_several_code_points_counts_as_several(sign: str, points: int) -> None:
    whole, rest = divmod(60, points)
    assert broken(body(), footer(sign * whole + "x" * rest)) == []
    assert broken(body(), footer(sign * whole + "x" * (rest + 1))) == [("footer.text", "too_long")]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("a" * 511, []),
        ("a" * 512, []),
        ("a" * 513, ["too_long"]),
        ("order_2", []),
        ("Order", ["name"]),
        ("注文", ["name"]),
        ("a b", ["name"]),
        ("", ["required"]),
    ],
)
def test_the_name(name: str, rules: list[str]) -> None:
    assert broken(body(), name=name) == [("name", rule) for rule in rules]


@pytest.mark.parametrize("language", ["en", "en_US", "fil", "zh_HK"])
def test_languages(language: str) -> None:
    assert broken(body(), language=language) == []


def test_head_of_the_template() -> None:
    assert broken(body(), language="en-US", category="other", parameter_format="x") == [
        ("language", "language"),
        ("category", "category"),
        ("parameter_format", "parameter_format"),
    ]


@pytest.mark.parametrize(
    ("category", "seconds", "fine"),
    [
        ("utility", 29, False),
        ("utility", 30, True),
        ("utility", 43_200, True),
        ("utility", 43_201, False),
        ("utility", -1, True),
        ("marketing", 43_199, False),
        ("marketing", 43_200, True),
        ("marketing", 2_592_000, True),
        ("marketing", 2_592_001, False),
        ("marketing", -1, False),
    ],
)
def test_how_long_it_may_wait(category: str, seconds: int, fine: bool) -> None:
    assert broken(body(), category=category, ttl_seconds=seconds) == ([] if fine else [("ttl_seconds", "out_of_range")])


@pytest.mark.parametrize(
    ("text", "examples", "rules"),
    [
        ("Hello {{1}}, see you soon.", ["Hanako"], []),
        ("Hello {{1}}, see you soon.", [], [("body.example.1", "example_missing")]),
        ("Hello {{1}}, see you soon.", ["  "], [("body.example.1", "example_missing")]),
        ("Hello {{1}}, see you soon.", ["{{1}}"], [("body.example.1", "example_blank")]),
        ("{{1}}, we see you soon.", ["H"], [("body.text", "variable_first")]),
        ("¡{{1}}, we see you soon.", ["H"], [("body.text", "variable_first")]),
        ("We see you soon, {{1}}", ["H"], [("body.text", "variable_last")]),
        ("We see you soon, {{1}}!", ["H"], [("body.text", "variable_last")]),
        ("We see {{1}} {{2}} in our fine shop soon.", ["a", "b"], [("body.text", "variables_adjacent")]),
        ("We see {{1}} and {{3}} in our fine shop soon.", ["a", "b", "c"], [("body.text", "variable_gap")]),
        ("We see {{2}} and {{1}} in our fine shop soon.", ["a", "b"], []),
        ("We see {{name}} in our shop.", [], [("body.text", "variable_number")]),
        ("We see {{1} in our shop.", [], [("body.text", "braces")]),
        ("We see 1}} in our shop.", [], [("body.text", "braces")]),
        ("We see {{0}} in our shop.", [], [("body.text", "variable_number")]),
        ("Two words {{1}} three.", ["a"], []),
        ("Two {{1}} words.", ["a"], [("body.text", "too_few_words")]),
        ("こんにちは、{{1}}様。", ["花子"], []),
        ("様、{{1}}様。", ["花子"], [("body.text", "too_few_words")]),
    ],
)
def test_variables(text: str, examples: list[str], rules: list[tuple[str, str]]) -> None:
    found = broken(body(text, *examples))
    assert [each for each in found if not (each[1] == "example_missing" and each not in rules)] == rules


def named(text: str, **examples: str) -> Json:
    given = [{"param_name": name, "example": example} for name, example in examples.items()]
    return {"type": "BODY", "text": text, "example": {"body_text_named_params": given}}


def test_named_variables() -> None:
    fine = named("Hello {{first_name}}, see you soon.", first_name="Hanako")
    assert broken(fine, parameter_format="named") == []
    for name in ("First", "1st", "a-b", "a#b", ""):
        found = broken(named(f"Hello {{{{{name}}}}}, see you soon.", **{name: "x"}), parameter_format="named")
        assert ("body.text", "variable_name") in found, name
    assert broken(named("Hello {{a}}, see you soon.", b="x"), parameter_format="named") == [
        ("body.example.a", "example_missing")
    ]


def test_headings() -> None:
    assert broken(header("Order {{1}}", "M-1"), body()) == []
    assert broken(header("{{1}}", "M-1"), body()) == [], "a heading may be nothing but its variable"
    assert broken(header("Order {{1}}"), body()) == [("header.example.1", "example_missing")]
    assert ("header.text", "too_many_variables") in broken(header("A {{1}} b {{2}} c", "1", "2"), body())
    for text in ("*Bold*", "a_b_", "two\nlines", "`code`", "~no~"):
        assert broken(header(text), body()) == [("header.text", "formatting")], text
    named_one = {"type": "HEADER", "format": "TEXT", "text": "For {{first_name}}"}
    sample = {"header_text_named_params": [{"param_name": "first_name", "example": "Hanako"}]}
    assert broken({**named_one, "example": sample}, body(), parameter_format="named") == []


@pytest.mark.parametrize("form", ["IMAGE", "VIDEO", "DOCUMENT"])
def test_headings_with_a_file_need_a_sample(form: str) -> None:
    assert broken(picture(form), body()) == []
    assert broken({"type": "HEADER", "format": form, "example": {"media_id": "x"}}, body()) == []
    wrong: list[Json] = [{}, {"example": {}}, {"example": {"header_handle": []}}, {"example": "x"}]
    for example in wrong:
        found = broken({"type": "HEADER", "format": form, **example}, body())
        assert found == [("header.example", "sample_missing")]
    assert broken({"type": "HEADER", "format": "LOCATION"}, body()) == []
    assert broken({"type": "HEADER", "format": "GIF"}, body()) == [("header.format", "header_format")]


def test_a_footer_has_no_variables() -> None:
    assert broken(body(), footer("Hello {{1}} there")) == [("footer.text", "no_variables")]
    assert broken(body(), {"type": "FOOTER"}) == [("footer.text", "required")]


def numbered(count: int) -> list[Json]:
    return [quick(f"Reply {n}") for n in range(count)]


def test_how_many_buttons() -> None:
    for count in (1, 9, 10):
        assert broken(body(), buttons(*numbered(count))) == []
    assert [rule for _, rule in broken(body(), buttons(*numbered(11)))] == ["too_many_buttons", "too_many_of_kind"]
    assert broken(body(), buttons()) == [("buttons", "required")]
    links = [link(f"Open {n}") for n in range(3)]
    assert broken(body(), buttons(*links[:2])) == []
    assert broken(body(), buttons(*links)) == [("buttons.2", "too_many_of_kind")]
    phone = {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+815012345678"}
    assert broken(body(), buttons(phone, {**phone, "text": "Call us"})) == [("buttons.1", "too_many_of_kind")]


def test_quick_replies_stand_together() -> None:
    a, b = quick("A"), quick("B")
    assert broken(body(), buttons(a, b, link())) == broken(body(), buttons(link(), a, b)) == []
    assert broken(body(), buttons(a, link(), b)) == [("buttons", "grouping")]
    assert broken(body(), buttons(link("1"), a, link("2"))) == [("buttons", "grouping")]
    assert broken(body(), buttons(a, a)) == [("buttons.1.text", "twice")]
    assert broken(body(), buttons({"type": "NEW", "text": "x"})) == [("buttons.0", "kind")]
    assert broken(body(), buttons(quick("Hi {{1}}"))) == [("buttons.0.text", "plain")]


@pytest.mark.parametrize(
    ("button", "rules"),
    [
        (link(url="https://example.com/{{1}}", example=["https://example.com/1"]), []),
        (link(url="https://example.com/{{1}}"), [("buttons.0.example", "example_missing")]),
        (link(url="https://example.com/{{1}}/x", example=["y"]), [("buttons.0.url", "variable_in_address")]),
        (link(url="https://example.com/{{1}}{{1}}", example=["y"]), [("buttons.0.url", "variable_in_address")]),
        (link(url="https://example.com/{{2}}", example=["y"]), [("buttons.0.url", "variable_in_address")]),
        (link(url="example.com"), [("buttons.0.url", "address")]),
        (link(url="javascript:alert(1)"), [("buttons.0.url", "address")]),
        (link(url="https://example.com/a b"), [("buttons.0.url", "address")]),
        (link(url=""), [("buttons.0.url", "required")]),
        (link(url="https://e.io/" + "a" * 1986), []),
        (link(url="https://e.io/" + "a" * 1987), []),
        (link(url="https://e.io/" + "a" * 1988), [("buttons.0.url", "too_long")]),
        ({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "1" * 20}, []),
        ({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "1" * 21}, [("buttons.0.phone_number", "too_long")]),
        (
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "call"},
            [("buttons.0.phone_number", "phone_number")],
        ),
        ({"type": "COPY_CODE", "example": "A" * 20}, []),
        ({"type": "COPY_CODE", "example": ["A" * 20]}, []),
        ({"type": "COPY_CODE", "example": "A" * 21}, [("buttons.0.example", "too_long")]),
        ({"type": "COPY_CODE", "example": "A-1"}, [("buttons.0.example", "letters_and_digits")]),
        ({"type": "COPY_CODE"}, [("buttons.0.example", "example_missing")]),
        ({"type": "FLOW", "text": "Book", "flow_id": "1"}, []),
        ({"type": "FLOW", "text": "Book"}, [("buttons.0.flow_id", "form")]),
    ],
)
def test_what_buttons_need(button: Json, rules: list[tuple[str, str]]) -> None:
    assert broken(body(), buttons(button)) == rules


def test_offers() -> None:
    offer = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Today", "has_expiration": True}}
    coupon = {"type": "COPY_CODE", "example": "A" * 15}
    assert broken(picture(), body(), offer, buttons(coupon)) == []
    assert broken(body(), offer, buttons({**coupon, "example": "A" * 16})) == [("buttons.0.example", "too_long")]
    assert broken(body(), offer, footer("x")) == [("footer", "offer_without_footer")]
    assert broken(header("x"), body(), offer) == [("header.format", "offer_header")]
    assert broken(body(), offer, category="utility") == [("category", "offer_is_marketing")]
    assert broken(body(), {"type": "LIMITED_TIME_OFFER"}) == [("limited_time_offer.text", "required")]


def test_carousels() -> None:
    for count in (2, 9, 10):
        assert broken(*carousel(*[card()] * count)) == []
    for count in (0, 1, 11):
        assert broken(*carousel(*[card()] * count)) == [("cards", "card_count")]
    assert broken(*carousel(card(), card(quick("Yes"), quick("No")))) == [("cards.1", "card_shape")]
    assert broken(*carousel(card(), card(top=picture("VIDEO")))) == [("cards.1", "card_shape")]
    assert ("cards.0.header.format", "card_header") in broken(*carousel(card(top=header("x")), card()))
    three = card(quick("A"), quick("B"), quick("C"))
    assert ("cards.0.buttons", "too_many_buttons") in broken(*carousel(three, three))
    assert broken(*carousel(card(), card()), footer("x")) == [("footer", "beside_carousel")]
    assert broken(*carousel(card(text="a\nb\nc"), card())) == []
    assert broken(*carousel(card(text="a\nb\nc\nd"), card())) == [("cards.0.body.text", "line_breaks")]


def otp(**more: Any) -> Json:
    return buttons({"type": "OTP", "otp_type": "COPY_CODE", **more})


def test_codes() -> None:
    body_of_code = {"type": "BODY", "add_security_recommendation": True}

    def found(*components: Json) -> list[tuple[str, str]]:
        return broken(*components, category="authentication")

    def expires(minutes: Any) -> Json:
        return {"type": "FOOTER", "code_expiration_minutes": minutes}

    assert found(body_of_code, expires(10), otp(text="Copy")) == []
    for minutes, fine in ((0, False), (1, True), (90, True), (91, False), ("10", False)):
        wrong = [] if fine else [("footer.code_expiration_minutes", "out_of_range")]
        assert found(body_of_code, expires(minutes), otp()) == wrong, minutes
    assert found(body_of_code) == [("buttons", "one_code_button")]
    assert found(body_of_code, buttons(quick("x"))) == [("buttons", "one_code_button")]
    assert found(body(), otp()) == [("body.text", "fixed_text")]
    assert found(picture(), body_of_code, otp()) == [("header", "not_in_codes")]
    assert found(body_of_code, otp(text="a" * 26)) == [("buttons.0.text", "too_long")]
    assert found(body_of_code, otp(otp_type="X")) == [("buttons.0.otp_type", "kind")]
    app = {"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"}
    assert found(body_of_code, otp(otp_type="ONE_TAP", supported_apps=[app])) == []
    assert found(body_of_code, otp(otp_type="ONE_TAP")) == [("buttons.0.supported_apps", "apps")]
    bad = {"package_name": "app", "signature_hash": "short"}
    assert found(body_of_code, otp(otp_type="ONE_TAP", supported_apps=[bad])) == [
        ("buttons.0.supported_apps.0.package_name", "package"),
        ("buttons.0.supported_apps.0.signature_hash", "signature"),
    ]
    assert found(body_of_code, otp(otp_type="ZERO_TAP", supported_apps=[app])) == [
        ("buttons.0.zero_tap_terms_accepted", "terms")
    ]


@pytest.mark.parametrize(
    "components",
    [
        [],
        [{"type": "BODY"}],
        [{"type": "BODY", "text": 5}],
        [{}],
        [{"type": "SIDE"}],
        [body(), body()],
        [body(), {"type": "BUTTONS", "buttons": "x"}],
        [body(), {"type": "CAROUSEL", "cards": [None, 5, {"components": "x"}]}],
        [{"type": "HEADER", "format": 5}, body()],
        [{"type": "LIMITED_TIME_OFFER", "limited_time_offer": []}, body()],
        [{"type": "BODY", "text": "Hello {{1}}, see you.", "example": {"body_text": [[None]]}}],
        [body(), buttons({"type": "URL", "text": "x", "url": "https://[", "example": 5})],
    ],
)
@pytest.mark.parametrize("category", ["marketing", "authentication"])
def test_nonsense_is_refused_and_never_raises(components: list[Any], category: str) -> None:
    assert broken(*components, category=category)
