"""What a channel says of itself: `manifest.toml` and `strings.toml` of its folder."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct, field

from madoguchi.channels.profile import AccountPart, ProfileField


class WithSettings(Protocol):
    """An inbox, as far as its settings go."""

    @property
    def settings(self) -> Mapping[str, Any]: ...


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """How the channel limits free writing; `hours` None = no limit."""

    hours: int | None = None
    outside: tuple[str, ...] = ()  # message types still allowed when it is closed
    warn_hours: float = 4  # when so little is left, whoever answers is warned
    # Where the customer came by an advertisement and we answer within `hours`: free of charge for so long from our answer.
    free_hours: int | None = None


class Capabilities(Struct, frozen=True, forbid_unknown_fields=True):
    """What the channel can do; drives the policy and the composer."""

    types: tuple[str, ...]
    text_limit: int
    # "segments": the limit is in characters, and what counts beside it are the parts of a short message (160 characters of the
    # GSM alphabet or 70 others; 153 and 67 where there are several).
    text_unit: Literal["characters", "utf8_bytes", "utf16_units", "segments"] = "characters"
    caption_limit: int = 0
    media: dict[str, dict[str, Any]] = field(default_factory=dict)  # type → {max_bytes, content_types[]}
    window: Window = Window()
    receipts: tuple[str, ...] = ()
    typing: bool = False
    read_receipts: bool = False
    reactions: bool = False
    replies: bool = False
    templates: bool = False
    buttons: int = 0
    list_rows: int = 0
    # Kind of an interactive message → its limits: body, footer, title, description, label, items, ids (characters, counts).
    interactive: dict[str, dict[str, int]] = field(default_factory=dict)
    # Several conversations of one person in one inbox, told apart by ThreadHints (e-mail: one per subject thread).
    threads: bool = False
    # The kinds of identity that can be written to; empty: every kind. Somebody who is known by others only cannot be answered.
    reach: tuple[str, ...] = ()
    # What a word of `stop_words` withdraws: marketing, or "all" where the channel's own rules forbid every further message.
    stop_purpose: str = "marketing"
    # Files that one message may carry; 0 = a message is one file, or none.
    attachments: int = 0
    # Files come inside the webhook's body (`read_media`) instead of being fetched from the provider.
    media_in_request: bool = False
    # A category of templates → the kind of identity that its recipient must have.
    template_needs: dict[str, str] = field(default_factory=dict)
    reaction_days: int | None = None  # only to a person's own messages, and only so long
    # Mail servers hand over what is addressed to the setting `address`.
    takes_mail: bool = False
    idempotent_send: bool = False
    request_bytes: int = 3_145_728  # the largest webhook it may get
    messages_per_second: float = 80
    account: tuple[AccountPart, ...] = ()  # what of the account itself can be looked at and changed
    pair_seconds: float = 0  # one message per so many seconds to one person …
    pair_burst: int = 1  # … with so many at once


class SetupField(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the inbox's set-up form."""

    key: str
    label: dict[str, str]  # language → text
    type: Literal["text", "secret", "url", "number", "boolean", "choice"] = "text"
    required: bool = False
    default: Any = None
    help: dict[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    # Setting → its values with which this line has a meaning; shown and required only then.
    when: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.toml` and `strings.toml` of the folder. `errors` has the words for each ProviderError.code."""

    name: str
    title: dict[str, str]
    icon: str
    capabilities: Capabilities
    credentials: tuple[SetupField, ...]
    settings: tuple[SetupField, ...]
    profile: tuple[ProfileField, ...] = ()
    account_key: str | None = None  # the credential that equals `account` in parsed events
    color: str | None = None
    errors: dict[str, dict[str, str]] = field(default_factory=dict)  # code → language → sentence
    troubles: dict[str, dict[str, str]] = field(default_factory=dict)  # the same for Trouble.code
    advice: dict[str, dict[str, str]] = field(default_factory=dict)  # what to do about either
    phrases: dict[str, dict[str, str]] = field(default_factory=dict)  # what the channel says to customers by itself
    probed: tuple[str, ...] = ()  # troubles that `probe` finds and that are over when it finds them no more

    def words(self, code: str) -> dict[str, str]:
        """The sentence for a code of errors or troubles, by language; empty for one that has none."""
        return self.troubles.get(code) or self.errors.get(code) or {}

    def setting(self, inbox: WithSettings, key: str) -> Any:
        """The inbox's setting, or the manifest's default where the inbox leaves it empty."""
        return self.value(key, inbox.settings)

    def value(self, key: str, settings: Mapping[str, Any]) -> Any:
        """The same where only the settings are at hand."""
        value = settings.get(key)
        if value is not None and value != "":
            return value
        return next((line.default for line in self.settings if line.key == key), None)
