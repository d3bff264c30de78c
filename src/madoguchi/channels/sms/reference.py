"""Our reference in the few letters and digits that providers give back: a message's id in base 36, then the number of the try."""

from uuid import UUID

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 25  # of 128 bits


def shorten(reference: str) -> str:
    """`018f….2` → 26 letters and digits. What is not ours stays as it is."""
    name, _, tries = reference.partition(".")
    try:
        number = UUID(name).int
    except ValueError:
        return reference
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits.rjust(_LENGTH, "0") + tries


def lengthen(short: str) -> str | None:
    """None when it is not one of ours: other programs may send with the same account."""
    text = short.strip().lower()
    if not (_LENGTH <= len(text) <= _LENGTH + 4) or not text.isascii() or not text.isalnum():
        return None
    tries = text[_LENGTH:]
    number = int(text[:_LENGTH], 36)
    if number >= 1 << 128 or (tries and not tries.isdecimal()):
        return None
    return f"{UUID(int=number)}.{tries}" if tries else str(UUID(int=number))
