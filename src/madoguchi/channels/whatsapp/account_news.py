"""What news of the account mean for how it is shown, and which of them a person has to act upon."""

import re
from typing import Any

from madoguchi.channels.events import AccountNotice, ProviderError
from madoguchi.channels.health import AccountChange, Trouble
from madoguchi.channels.whatsapp.clean import string
from madoguchi.channels.whatsapp.errors import meaning_of, provider_error

_TROUBLES = {
    "account.account_violation": Trouble("account_violation"),
    "account.account_restriction": Trouble("account_restriction"),
    "account.account_deleted": Trouble("account_deleted", "trouble"),
    "account.account_offboarded": Trouble("account_offboarded", "trouble"),
    "account.partner_removed": Trouble("partner_removed", "trouble"),
    "account.partner_app_uninstalled": Trouble("partner_removed", "trouble"),
    "number.flagged": Trouble("number_flagged"),
    "number.downgrade": Trouble("quality_low"),
}
_BANS = {
    "DISABLE": Trouble("account_disabled", "trouble"),
    "SCHEDULE_FOR_DISABLE": Trouble("account_disable_scheduled", "trouble"),
}
_ALERTS = {"PROFILE_PICTURE_LOST": "picture_lost", "OBA_REJECTED": "official_rejected"}
_OVER = {
    "account.account_reconnected": ("account_offboarded",),
    "account.partner_added": ("partner_removed",),
    "account.partner_app_installed": ("partner_removed",),
    "number.unflagged": ("number_flagged",),
    "number.upgrade": ("quality_low",),
}


def account_change(notice: AccountNotice) -> AccountChange:
    value = notice.data
    digits = re.sub(r"\D", "", string(value, "display_phone_number") or "")
    return AccountChange(
        facts=_facts(notice.kind, value),
        troubles=_troubles(notice),
        over=_over(notice),
        holds=_holds(notice),
        display_number=digits or None,
    )


def _facts(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    limit = string(value, "max_daily_conversations_per_business") or string(value, "current_limit")
    facts: dict[str, Any] = {}
    if kind in {"account.limit", "number.onboarding", "number.upgrade", "number.downgrade"} and limit:
        facts["limit"] = limit
    if kind == "number.throughput_upgrade":
        facts["throughput"] = "high"
    if kind == "number.name" and (decision := string(value, "decision")):
        facts["name_status"] = "DECLINED" if decision == "REJECTED" else decision
    if kind == "number.username":
        facts["username"] = string(value, "username") if string(value, "status") != "deleted" else None
    if kind == "account.review" and (decision := string(value, "decision")):
        facts["review"] = decision
    return facts


def _troubles(notice: AccountNotice) -> tuple[Trouble, ...]:
    kind, value = notice.kind, notice.data
    if kind == "account.disabled_update":
        ban = value.get("ban_info")
        found = _BANS.get(string(ban, "waba_ban_state") or "")
        detail = string(ban, "waba_ban_date") or ""
    elif kind == "account.alert":
        alert = string(value.get("alert_info"), "alert_type") or ""
        found, detail = Trouble(_ALERTS.get(alert, "account_alert")), notice.detail
        found = None if alert == "OBA_APPROVED" else found
    else:
        found, detail = _other_trouble(kind, value), _detail(kind, value)
    return (Trouble(found.code, found.level, detail),) if found else ()


def _other_trouble(kind: str, value: dict[str, Any]) -> Trouble | None:
    if kind == "number.name" and string(value, "decision") == "REJECTED":
        return Trouble("name_declined")
    if kind == "account.review" and string(value, "decision") == "REJECTED":
        return Trouble("review_rejected", "trouble")
    if kind == "number.security" and string(value, "event") == "PIN_RESET_REQUEST":
        return Trouble("pin_reset_requested")
    return _TROUBLES.get(kind)


def _detail(kind: str, value: dict[str, Any]) -> str:
    if kind == "account.account_restriction":
        given = value.get("restriction_info")
        return ", ".join(filter(None, (string(each, "restriction_type") for each in given or [])))
    if kind == "account.account_violation":
        return string(value.get("violation_info"), "violation_type") or ""
    return string(value, "rejection_reason") or ""


def _over(notice: AccountNotice) -> tuple[str, ...]:
    kind, value = notice.kind, notice.data
    if kind == "account.disabled_update" and string(value.get("ban_info"), "waba_ban_state") == "REINSTATE":
        return ("account_disabled", "account_disable_scheduled", "account_restriction", "account_violation")
    if kind == "number.name" and string(value, "decision") == "APPROVED":
        return ("name_declined",)
    if kind == "account.review" and string(value, "decision") == "APPROVED":
        return ("review_rejected",)
    if kind == "number.security" and string(value, "event") in {"PIN_CHANGED", "PIN_REQUEST_SUCCESS"}:
        return ("pin_reset_requested",)
    return _OVER.get(kind, ())


def _holds(notice: AccountNotice) -> ProviderError | None:
    """An error that belongs to no message, and that every message would meet."""
    code = string(notice.data, "provider_code") if notice.kind == "error" else None
    if code is None or not code.isdecimal():
        return None
    meaning = meaning_of(int(code))
    return provider_error(meaning, code, notice.detail) if meaning.kind == "channel_down" else None
