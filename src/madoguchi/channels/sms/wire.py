"""What of the inbox and the address travels with a request to where it is parsed: parsing knows the request alone."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from madoguchi.channels.base import InboxConfig, RawRequest

HEADER = "x-madoguchi-provider"
_LONGEST = 512
TEXT_LIMIT = 20_000


class Wire(Struct, frozen=True):
    provider: str = ""
    region: str = ""
    query: dict[str, str] = {}
    number: str = ""  # ours, where the provider does not say it
    alphabet: str = "gsm"  # what "the default alphabet" means on this link


def kept(provider: str, inbox: InboxConfig, query: Mapping[str, str] | None = None, **more: str) -> dict[str, str]:
    region = str(inbox.settings.get("region") or "").upper()
    wire = Wire(provider, region, {k: v[:TEXT_LIMIT] for k, v in (query or {}).items()}, **more)
    return {HEADER: msgspec.json.encode(wire).decode().replace("\\u0000", "")}


def wire_of(request: RawRequest) -> Wire:
    try:
        return msgspec.json.decode(request.headers.get(HEADER, "{}").encode("utf-8", "replace"), type=Wire)
    except msgspec.DecodeError:
        return Wire()


def form_of(body: bytes) -> dict[str, str]:
    """A form's values, the first of each name; never raises."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}
    return {name: clean(value) for name, value in reversed(pairs)}


def clean(value: Any, limit: int = TEXT_LIMIT) -> str:
    """Storable: no NUL, no lone surrogates, bounded."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()[:limit]


def key(value: Any) -> str:
    return clean(value, _LONGEST).strip()
