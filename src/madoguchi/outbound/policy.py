"""May this message be sent now? Asked when it is written and again when it leaves the queue.

One pure function over what is known at that moment; the answer is None or the refusal, in words a person can act on.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from madoguchi.channels.base import Template
from madoguchi.channels.manifest import Capabilities, Manifest
from madoguchi.core.errors import (
    Blocked,
    ChannelDown,
    ConsentMissing,
    FieldError,
    Invalid,
    OptedOut,
    Problem,
    WindowClosed,
)


class Situation(Struct, frozen=True):
    """What the rules look at."""

    now: datetime
    channel: str
    capabilities: Capabilities
    inbox_health: str
    inbox_archived: bool
    window_closes_at: datetime | None
    identity_kinds: frozenset[str]  # of the contact, on this channel
    consents: Mapping[str, str] = {}  # purpose → granted or withdrawn, as last recorded
    marketing_needs_consent: bool = False
    blocked: bool = False  # on the inbox's block list
    confirms_stop: bool = False  # tells the contact that nothing more comes: the one message that may still go


def needs_consent(manifest: Manifest, settings: Mapping[str, Any]) -> bool:
    """Whether the inbox sends marketing only to those who agreed; channels without the setting do not ask."""
    return manifest.value("require_marketing_consent", settings) is True


def refusal(kind: str, template: Template | None, situation: Situation) -> Problem | None:
    """`kind` is the message's type. The first rule that says no decides."""
    return (
        _channel_refusal(situation)
        or _type_refusal(kind, situation)
        or _window_refusal(kind, situation)
        or _template_refusal(kind, template, situation)
        or _consent_refusal(template, situation)
    )


def window_open(situation: Situation) -> bool:
    if situation.capabilities.window.hours is None:
        return True
    return situation.window_closes_at is not None and situation.now < situation.window_closes_at


def allowed_types(situation: Situation) -> list[str]:
    """The message types that may be sent now."""
    if window_open(situation):
        return list(situation.capabilities.types)
    return list(situation.capabilities.window.outside)


def _channel_refusal(situation: Situation) -> Problem | None:
    if situation.inbox_archived:
        return ChannelDown("This inbox was removed; its conversations can only be read.")
    if situation.inbox_health == "down":
        return ChannelDown("The inbox cannot send at the moment. Its settings page says why and what to do.")
    if situation.blocked:
        return Blocked("The contact is blocked in this inbox. Unblock them to write to them.")
    reach = situation.capabilities.reach
    if situation.identity_kinds and reach and situation.identity_kinds.isdisjoint(reach):
        message = "This sender can only be read: it is a name, no number that takes answers."
        return Invalid(message, errors=[FieldError("conversation_id", message)])
    if not situation.identity_kinds:
        return Invalid(
            "The contact has no address on this channel.",
            errors=[FieldError("conversation_id", "The contact has no address on this channel.")],
        )
    return None


def _type_refusal(kind: str, situation: Situation) -> Problem | None:
    if kind in situation.capabilities.types:
        return None
    message = f"{situation.channel} cannot send messages of type {kind}."
    return Invalid(message, errors=[FieldError("type", message)])


def _window_refusal(kind: str, situation: Situation) -> Problem | None:
    if window_open(situation) or kind in situation.capabilities.window.outside:
        return None
    closed_at = situation.window_closes_at
    hours = situation.capabilities.window.hours
    return WindowClosed(
        f"The customer's last message is more than {hours} hours old."
        if closed_at
        else "The customer has not written yet; only they can open the window.",
        allowed=list(situation.capabilities.window.outside),
        closed_at=closed_at,
    )


def _template_refusal(kind: str, template: Template | None, situation: Situation) -> Problem | None:
    if kind != "template":
        return None
    if template is None:
        message = "There is no template of this name and language in this inbox."
        return Invalid(message, errors=[FieldError("template.name", message)])
    if template.status.lower() != "approved":
        message = f"The template is {template.status}; only approved templates can be sent."
        return Invalid(message, errors=[FieldError("template.name", message)])
    needed = situation.capabilities.template_needs.get(template.category.lower())
    if needed is not None and needed not in situation.identity_kinds:
        message = (
            f"Templates of the category {template.category.lower()} need the contact's {needed}, which is not known."
        )
        return Invalid(message, errors=[FieldError("template.name", message)])
    return None


def _consent_refusal(template: Template | None, situation: Situation) -> Problem | None:
    if situation.confirms_stop:
        return None
    if situation.consents.get("all") == "withdrawn":
        return OptedOut("The contact asked not to be written to on this channel.")
    if template is None or template.category.lower() != "marketing":
        return None
    marketing = situation.consents.get("marketing")
    if marketing == "withdrawn":
        return OptedOut("The contact asked for no marketing messages.")
    agreed = marketing == "granted" or situation.consents.get("all") == "granted"
    if situation.marketing_needs_consent and not agreed:
        return ConsentMissing("It is not recorded that the contact agreed to marketing messages.")
    return None
