"""News about the account and its templates (webhook fields other than "messages")."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from madoguchi.channels.events import AccountNotice, Event, IdentityChanged, TemplateChanged, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.clean import Malformed, moment, string
from madoguchi.channels.whatsapp.identity import identities
from madoguchi.channels.whatsapp.preferences import read_preferences
from madoguchi.channels.whatsapp.statuses import read_error

State = Literal["ok", "attention", "down"]


class Notice(NamedTuple):
    account: str
    at: datetime
    field: str
    value: dict[str, Any]


def read_notice(account: str, time: Any, field: str, value: Any) -> Sequence[Event]:
    read = _READERS.get(field)
    if read is None:
        return (Unknown(field[:100]),)
    if not isinstance(value, dict):
        raise Malformed(f"{field} without a value")
    return read(Notice(account, moment(time), field, value))


def read_errors(account: str, errors: Iterable[wire.Error]) -> Sequence[Event]:
    """Errors that belong to no message: the number or the whole account."""
    return tuple(_error(account, error) for error in errors)


def _error(account: str, error: wire.Error) -> AccountNotice:
    ours = read_error(error)
    return AccountNotice(
        account=account,
        kind="error",
        detail=ours.detail or ours.title,
        data={"code": ours.code, "provider_code": ours.provider_code},
    )


def _notice(notice: Notice, kind: str, detail: str | None, health: State | None = None) -> Sequence[Event]:
    return (AccountNotice(notice.account, kind, detail or kind, health, notice.value),)


# --- templates ------------------------------------------------------------------------------------

# Events that are no status of their own.
_STATUS_OF = {"reinstated": "approved", "flagged": None, "unarchived": None}


def _template_status(notice: Notice) -> Sequence[Event]:
    event = (string(notice.value, "event") or "").lower()
    status = _STATUS_OF.get(event, event or None)
    category = string(notice.value, "message_template_category")
    changes = {
        "status": status,
        "category": category.lower() if category else None,
        "reason": _reason(notice.value) if status != "approved" else "",
    }
    return (_template(notice, changes),)


def _reason(value: dict[str, Any]) -> str | None:
    """Meta's code, and after a colon its own words, where it gives either: `INVALID_FORMAT: …`, `FIRST_PAUSE: …`."""
    rejection, other, reason = value.get("rejection_info"), value.get("other_info"), string(value, "reason")
    code = string(other, "title") or (reason if reason != "NONE" else None)
    words = [string(rejection, "reason"), string(rejection, "recommendation"), string(other, "description")]
    return ": ".join(filter(None, (code, " ".join(filter(None, words))))) or None


def _template_quality(notice: Notice) -> Sequence[Event]:
    score = string(notice.value, "new_quality_score")
    return (_template(notice, {"quality": score.lower() if score else None}),)


def _template_category(notice: Notice) -> Sequence[Event]:
    """Done, or announced: then `new_category` is still the present one, and `correct_category` what it will be."""
    now, soon = string(notice.value, "new_category"), string(notice.value, "correct_category")
    changes = {"category": now.lower() if now else None, "next_category": soon.lower() if soon else None}
    return (_template(notice, changes),)


def _template_components(notice: Notice) -> Sequence[Event]:
    told = (
        ("HEADER", "message_template_title"),
        ("BODY", "message_template_element"),
        ("FOOTER", "message_template_footer"),
    )
    texts = [{"type": part, "text": text} for part, key in told if (text := string(notice.value, key))]
    return (_template(notice, {"components": texts}),)


def _template(notice: Notice, changes: dict[str, Any]) -> TemplateChanged:
    name = string(notice.value, "message_template_name")
    language = string(notice.value, "message_template_language")
    if not name or not language or len(name) > 512 or len(language) > 20:
        raise Malformed(f"{notice.field} without the template's name and language")
    # Meta writes en-US here and en_US elsewhere.
    return TemplateChanged(
        account=notice.account,
        name=name,
        language=language.replace("-", "_"),
        changes={key: value for key, value in changes.items() if value is not None},
        at=notice.at,
    )


# --- the account ----------------------------------------------------------------------------------

_UPDATES: dict[str, State] = {
    "ACCOUNT_DELETED": "down",
    "ACCOUNT_VIOLATION": "attention",
    "ACCOUNT_RESTRICTION": "attention",
    "ACCOUNT_OFFBOARDED": "down",
    "ACCOUNT_RECONNECTED": "ok",
    "PARTNER_REMOVED": "attention",
    "PARTNER_APP_UNINSTALLED": "down",
}
_BANS: dict[str, State] = {"DISABLE": "down", "SCHEDULE_FOR_DISABLE": "attention", "REINSTATE": "ok"}


def _account_update(notice: Notice) -> Sequence[Event]:
    event = string(notice.value, "event") or ""
    ban = string(notice.value.get("ban_info"), "waba_ban_state")
    health = _BANS.get(ban or "", "attention") if event == "DISABLED_UPDATE" else _UPDATES.get(event)
    return _notice(notice, f"account.{event.lower()}", ban or event, health)


def _review(notice: Notice) -> Sequence[Event]:
    decision = string(notice.value, "decision") or ""
    rejected = decision == "REJECTED"
    return _notice(notice, "account.review", decision, "attention" if rejected else None)


def _alert(notice: Notice) -> Sequence[Event]:
    info = notice.value.get("alert_info")
    detail = string(info, "alert_description") or string(info, "alert_type")
    return _notice(notice, "account.alert", detail)


def _quality(notice: Notice) -> Sequence[Event]:
    event = (string(notice.value, "event") or "").upper()
    limit = string(notice.value, "max_daily_conversations_per_business") or string(notice.value, "current_limit")
    health: State | None = "attention" if event in {"FLAGGED", "DOWNGRADE"} else None
    return _notice(notice, f"number.{event.lower() or 'quality'}", limit or event, health)


def _name(notice: Notice) -> Sequence[Event]:
    decision = string(notice.value, "decision") or ""
    return _notice(notice, "number.name", decision, "attention" if decision == "REJECTED" else None)


def _capability(notice: Notice) -> Sequence[Event]:
    limit = string(notice.value, "max_daily_conversations_per_business")
    return _notice(notice, "account.limit", limit)


def _username(notice: Notice) -> Sequence[Event]:
    return _notice(notice, "number.username", string(notice.value, "status"))


def _security(notice: Notice) -> Sequence[Event]:
    return _notice(notice, "number.security", string(notice.value, "event"))


def _user_ids(notice: Notice) -> Sequence[Event]:
    updates = notice.value.get("user_id_update")
    found = [_user_id(notice, each) for each in (updates if isinstance(updates, list) else [])]
    return found or (Unknown("user_id_update"),)


def _user_id(notice: Notice, update: Any) -> Event:
    ids, parents = update.get("user_id"), update.get("parent_user_id")
    return IdentityChanged(
        account=string(notice.value.get("metadata"), "phone_number_id") or notice.account,
        previous=identities(string(ids, "previous"), string(parents, "previous"), None),
        current=identities(string(ids, "current"), string(parents, "current"), string(update, "wa_id")),
        at=moment(update.get("timestamp")),
        text=string(update, "detail"),
    )


_READERS: dict[str, Callable[[Notice], Sequence[Event]]] = {
    "message_template_status_update": _template_status,
    "message_template_quality_update": _template_quality,
    "message_template_components_update": _template_components,
    "template_category_update": _template_category,
    "account_update": _account_update,
    "account_review_update": _review,
    "account_alerts": _alert,
    "phone_number_quality_update": _quality,
    "phone_number_name_update": _name,
    "business_capability_update": _capability,
    "business_username_updates": _username,
    "security": _security,
    "user_id_update": _user_ids,
    "user_preferences": lambda notice: read_preferences(notice.account, notice.value),
}
