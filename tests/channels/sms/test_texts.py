# ruff: noqa: RUF001 - letters that look like others
"""Alphabets, parts and numbers of short messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import Event, Identity
from madoguchi.channels.sms import alphabet
from madoguchi.channels.sms.channel import Channel
from madoguchi.channels.sms.encoding import plainer, plan
from madoguchi.channels.sms.numbers import check_sender, identity_in, sender_of
from madoguchi.channels.sms.reference import lengthen, shorten
from madoguchi.channels.sms.smpp.pdu import Address, Short
from madoguchi.channels.sms.smpp.receipt import answered_id, canonical
from madoguchi.channels.sms.smpp.texts import pieces_of, place_of, read
from madoguchi.channels.sms.wire import HEADER, Wire
from madoguchi.core.errors import Invalid
from madoguchi.simulator.sms.letters import counted

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    "text, letters, count",
    [
        ("", "gsm", 1),
        ("a" * 160, "gsm", 1),
        ("a" * 161, "gsm", 2),
        ("a" * 306, "gsm", 2),
        ("a" * 307, "gsm", 3),
        ("€" * 80, "gsm", 1),
        ("€" * 81, "gsm", 2),
        ("あ" * 70, "ucs2", 1),
        ("あ" * 71, "ucs2", 2),
        ("あ" * 134, "ucs2", 2),
        ("あ" * 135, "ucs2", 3),
        ("👍" * 35, "ucs2", 1),
        ("👍" * 36, "ucs2", 2),
        ("a" * 159 + "あ", "ucs2", 3),
        ("Ä ö ñ à Ω", "gsm", 1),
        ("ç", "ucs2", 1),
    ],
)
def test_how_many_parts(text: str, letters: str, count: int) -> None:
    found = plan(text)
    assert (found.alphabet, len(found.parts)) == (letters, count)
    assert "".join(found.parts) == text


@pytest.mark.parametrize("text", ["a" * 152 + "€" * 80, "あ" * 66 + FAMILY + "あ" * 9, "あ" * 66 + "か\u3099" * 40])
def test_nothing_is_torn_apart(text: str) -> None:
    parts = plan(text).parts
    assert "".join(parts) == text
    assert not any(part.startswith(("\u3099", "\u200d")) for part in parts)
    assert all((alphabet.septets(part) or len(part.encode("utf-16-be")) // 2) <= 153 for part in parts)
    if FAMILY in text:
        assert any(FAMILY in part for part in parts)


@given(st.text(max_size=700))
def test_any_text_comes_back_whole(text: str) -> None:
    for method in ("udh", "sar", "payload"):
        pieces = pieces_of(text, method, 7, "gsm")
        shorts = [Short(Address("1"), Address("2"), p.text, p.esm_class, p.coding, tlvs=p.tlvs) for p in pieces]
        assert all(len(short.text) <= 160 for short in shorts)
        assert "".join(read(short, "gsm") for short in shorts) == text
        places = [place_of(short) for short in shorts]
        if len(shorts) > 1:
            assert [place.number for place in places if place] == list(range(1, len(shorts) + 1))


def test_typography_becomes_plain_only_where_that_saves_something() -> None:
    assert plainer("“Hi” – it’s…") == '"Hi" - it\'s...'
    assert plainer("“はい”") == "“はい”"


@pytest.mark.parametrize(
    "written, region, value",
    [
        ("090-1111-0001", "JP", "819011110001"),
        ("０９０ー１１１１ー０００１", "JP", None),
        ("０９０−１１１１".replace("−", "-") + "-0001", "JP", "819011110001"),
        ("+81 90 1111 0001", "", "819011110001"),
        ("0081 90 1111 0001", "", "819011110001"),
        ("06 12345678", "NL", "31612345678"),
        ("+31 (0)6 12345678", "", "31612345678"),
        ("hello", "JP", None),
        ("+999999", "", None),
    ],
)
def test_numbers_as_people_write_them(written: str, region: str, value: str | None) -> None:
    assert identity_in(written, {"region": region}) == (Identity("phone", value) if value else None)


def test_a_number_without_a_country_is_refused_by_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        identity_in("090-1111-0001", {})
    assert [error.field for error in refused.value.errors] == ["to"]


@pytest.mark.parametrize("sender, fine", [("+815012345678", True), ("12345", True), ("Minato", True), ("ABCDEFGHIJKL", False), ("みなと", False), ("12", False)])  # fmt: skip
def test_senders(sender: str, fine: bool) -> None:
    assert (check_sender(sender) is None) is fine


def test_who_wrote() -> None:
    assert sender_of("4512", "NL") == (Identity("shortcode", "NL:4512"),)
    assert sender_of("MyBank", "NL") == (Identity("sender", "MyBank"),)
    assert sender_of("", "NL") == ()


@given(st.uuids(), st.integers(0, 999))
def test_references_travel_in_letters_and_digits(message_id: object, tries: int) -> None:
    reference = f"{message_id}.{tries}" if tries else str(message_id)
    short = shorten(reference)
    assert short.isalnum()
    assert len(short) <= 32
    assert lengthen(short.upper()) == reference


@given(st.text(max_size=40))
def test_other_references_are_nobodys(text: str) -> None:
    found = lengthen(text)
    assert found is None or shorten(found) == text.strip().lower()


@pytest.mark.parametrize(
    "answered, mode, reported",
    [
        ("1A2B", "same", "1a2b"),
        ("1A2B", "hex_to_decimal", "6699"),
        ("6699", "decimal_to_hex", "1A2B"),
        ("0000001234", "same", "1234"),
        ("abc", "same", "ABC"),
        ("not hex", "hex_to_decimal", "not hex"),
    ],
)
def test_ids_of_answers_and_receipts_meet(answered: str, mode: str, reported: str) -> None:
    assert answered_id(answered, mode) == canonical(reported)


@pytest.mark.parametrize("provider", ["twilio", "cm", "kannel", "smpp", "nobody"])
@given(
    st.binary(max_size=300),
    st.dictionaries(st.sampled_from(["dlr", "ref", "from", "text", "at", "id"]), st.text(max_size=30)),
)
def test_no_bytes_make_it_raise(provider: str, body: bytes, query: dict[str, str]) -> None:
    import msgspec

    wire = msgspec.json.encode(Wire(provider, "JP", query)).decode("utf-8")
    found = Channel().parse(RawRequest("POST", {}, {HEADER: wire}, body))
    assert all(isinstance(event, Event) for event in found)


@given(st.text(alphabet="aé[€ж漢👍", max_size=500))
def test_the_simulated_telephone_counts_as_we_do(text: str) -> None:
    ours = plan(text)
    assert counted(text) == (ours.alphabet, len(ours.parts))
