"""Phone numbers as identity keys. Formatting and countries belong to the channels that need them."""


def digits_of(number: str) -> str:
    """`+49 (151) 123` and `49151123` are the same key: digits only, no plus."""
    return "".join(character for character in number if character.isdecimal())
