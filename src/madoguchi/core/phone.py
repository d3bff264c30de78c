"""Phone numbers as identity keys. Formatting and countries belong to the channels that need them."""

import re
import unicodedata

import phonenumbers

# A digit that messengers write or leave out for one and the same telephone: Mexico's old 1, Argentina's 9 of mobiles, Brazil's
# ninth digit, which only numbers that begin with 6 to 9 got (with 2 to 5 it would be somebody's landline).
_ADDED_DIGIT = (
    (re.compile(r"(52)1([0-9]{10})"), re.compile(r"(52)([0-9]{10})"), "1"),
    (re.compile(r"(54)9([0-9]{10})"), re.compile(r"(54)([0-9]{10})"), "9"),
    (re.compile(r"(55[1-9][0-9])9([6-9][0-9]{7})"), re.compile(r"(55[1-9][0-9])([6-9][0-9]{7})"), "9"),
)


def digits_of(number: str) -> str:
    """`+49 (151) 123` and `49151123` are the same key: digits only, no plus."""
    return "".join(character for character in number if character.isdecimal())


def international(number: str, region: str | None) -> str | None:
    """`090-1111-0001` in JP → `+819011110001`; None when it cannot be a telephone number. Without a region only numbers
    with their country code are understood."""
    try:
        parsed = phonenumbers.parse(unicodedata.normalize("NFKC", number), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_region(country: str) -> bool:
    """Whether numbers can be read as those of this country, `JP`."""
    return country in phonenumbers.SUPPORTED_REGIONS


def one_number(digits: str) -> str | None:
    """The same text for every way of writing one telephone's number; None for what is no whole international number, such as a
    national one, a short code or a name. To compare by, never to write to: the provider's own form is kept for that."""
    if not digits.isascii() or not digits.isdecimal():
        return None
    for longer, _, _ in _ADDED_DIGIT:
        if found := longer.fullmatch(digits):
            digits = found[1] + found[2]
            break
    return digits if international(f"+{digits}", None) == f"+{digits}" else None


def written_forms(number: str) -> tuple[str, ...]:
    """How providers write the number that `one_number` returned."""
    for _, shorter, digit in _ADDED_DIGIT:
        if found := shorter.fullmatch(number):
            return number, found[1] + digit + found[2]
    return (number,)


def dialled(digits: str) -> str:
    """The same number as the telephone network knows it: a messenger writes Mexico's old 1 and leaves out Brazil's ninth digit."""
    mexico, _, brazil = _ADDED_DIGIT
    if found := mexico[0].fullmatch(digits):
        return found[1] + found[2]
    if found := brazil[1].fullmatch(digits):
        return found[1] + brazil[2] + found[2]
    return digits
