"""What the manifest says about the account: its parts and the lines of its profile."""

from typing import Literal

from msgspec import Struct, field

AccountPart = Literal[
    "profile",
    "links",
    "blocking",
    "prompts",
    "username",
    "name",
    "shop",
    "registration",
    "webhook",
    "flows",
    "coexistence",
    "sign_up",
]


class ProfileField(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the business profile's editor. `max_items` above 1: a list of so many."""

    key: str
    label: dict[str, str]
    type: Literal["text", "multiline", "email", "url", "choice"] = "text"
    max_length: int = 0
    min_length: int = 0
    max_items: int = 1
    help: dict[str, str] = field(default_factory=dict)
    choices: tuple["ProfileChoice", ...] = ()


class ProfileChoice(Struct, frozen=True, forbid_unknown_fields=True):
    value: str
    label: dict[str, str]
