"""Lists: `?limit=50&cursor=…` → `{"items": […], "next_cursor": null | "…"}`. Always a keyset, never an offset."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import Parameter

from madoguchi.core.errors import FieldError, Invalid

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Limit = Annotated[int, Parameter(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[str | None, Parameter(max_length=500, description="`next_cursor` of the page before.")]


class Page(msgspec.Struct, Generic[T]):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(*key: Any) -> str:
    """The last row's key, opaque to the client. It carries no right: every query filters by workspace anyway."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def encode_place(place: msgspec.Struct) -> str:
    """The same for a key that is a struct."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, shape: type[T], field: str = "cursor") -> T | None:
    """The key as `shape` (a tuple type). Raises Invalid naming `field`."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=shape)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        refusal = FieldError(field, "This is not a cursor of this list.")
        raise Invalid("The cursor is not valid.", errors=[refusal]) from None


def cut(rows: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """Ask the database for `limit + 1` rows, then: the page, and its last row if there is another page."""
    page = list(rows[:limit])
    return page, page[-1] if len(rows) > limit and page else None
