"""`Range: bytes=…` (RFC 9110): one range, so that a player can seek."""

import re

_SINGLE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


class Unsatisfiable(Exception):  # noqa: N818
    """The range lies behind the end."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (excluded), or None for the whole. Several ranges, and what is not a range, mean the whole."""
    found = _SINGLE.match(header or "")
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if last and first and int(last) < int(first):
        return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, end
