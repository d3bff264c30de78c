"""Forms that customers fill in within the chat, screen by screen, and that ask us what comes next."""

from typing import Any, Literal

from msgspec import Struct, field


class FormRequest(Struct, frozen=True):
    """What the customer's phone asks, opened. `sealing` is the channel's own: it closes the answer with it.

    ping: is anybody there · error: the phone could not use our last answer · open, back, submit: `screen` and `data`
    as the form has them; `token` names the message that the form came with.
    """

    action: Literal["ping", "error", "open", "back", "submit"]
    sealing: Any = None
    screen: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    token: str = ""


class FormRefused(Struct, frozen=True):
    """Not to be opened, or not from the provider: the HTTP status that the provider understands."""

    status: int
    reason: str


class Screen(Struct, frozen=True):
    """The next screen and what it shows; an `error` is shown on it as a sentence."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


class Done(Struct, frozen=True):
    """The form is filled in: `values` come back as the customer's answer in the conversation."""

    values: dict[str, Any] = field(default_factory=dict)


class Over(Struct, frozen=True):
    """The form is no longer to be filled in; `words` say why."""

    words: str


FormAnswer = Screen | Done | Over


class Form(Struct, frozen=True):
    """A form as the provider keeps it. `errors`: why it cannot be published."""

    id: str
    name: str
    status: str
    errors: tuple[str, ...] = ()
