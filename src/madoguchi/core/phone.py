"""Phone numbers as identity keys. Formatting and countries belong to the channels that need them."""

import unicodedata

import phonenumbers


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
