"""How an account is: what the provider says when it is asked, and what its news mean."""

from typing import Any, Literal

from msgspec import Struct, field

from madoguchi.channels.events import ProviderError


class Trouble(Struct, frozen=True):
    """Something about the account that a person can do something about; the words are the manifest's."""

    code: str
    level: Literal["news", "attention", "trouble"] = "attention"
    detail: str = ""  # the provider's own words, a date …


class AccountChange(Struct, frozen=True):
    """What a notice of the provider says about the account: new facts, troubles that began and codes that are over."""

    facts: dict[str, Any] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    over: tuple[str, ...] = ()
    holds: ProviderError | None = None
    display_number: str | None = None  # where one address serves several: whose news it is


class Health(Struct, frozen=True):
    state: Literal["ok", "attention", "down"]
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # quality, limits, display name …
    holds: ProviderError | None = None  # nothing can be sent until this is repaired
    troubles: tuple[Trouble, ...] = ()
    answered: bool = True  # the provider says that messages can leave; False: it does not, or could not be asked
