"""Connecting an account on the provider's own page: what the page hands over, and what becomes of it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class SignUp(Struct, frozen=True):
    """`code` is good for seconds. Ids that the page did not name are looked for."""

    app_id: str
    app_secret: str
    code: str
    account_id: str | None = None
    number_id: str | None = None


class SignedUp(Struct, frozen=True):
    """The credentials of the inbox to make. `shared`: the number stays in use in the provider's own app as well."""

    credentials: Mapping[str, Any]
    name: str
    shared: bool = False
