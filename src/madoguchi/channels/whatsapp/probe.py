"""Does the account work? The number, its health as Meta sees it, the token and the subscription."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from madoguchi.channels.base import Failed, Refusal
from madoguchi.channels.events import ProviderError
from madoguchi.channels.health import Health, Trouble
from madoguchi.channels.http import HttpFailure
from madoguchi.channels.whatsapp import belonging
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.errors import MEANINGS, meaning_of, provider_error
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.core import clock
from madoguchi.core.times import rfc3339

_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,throughput,name_status,new_name_status,platform_type,"
    "is_on_biz_app,whatsapp_business_manager_messaging_limit,code_verification_status,is_pin_enabled,account_mode,"
    "is_official_business_account,health_status"
)
_SEND, _MANAGE = "whatsapp_business_messaging", "whatsapp_business_management"
_SOON = timedelta(days=7)
# What Meta's health status says in codes of its own.
_UNREGISTERED, _UNVERIFIED = 141000, 141001
_STATES = {
    "FLAGGED": Trouble("number_flagged"),
    "RESTRICTED": Trouble("number_restricted"),
    "BANNED": Trouble("number_banned", "trouble"),
    "DISCONNECTED": Trouble("number_disconnected", "trouble"),
}


async def probe(graph: Graph, secrets: list[str]) -> Health:
    """Raises nothing: what cannot be asked is a state too. `secrets` are those of the app, old and new."""
    try:
        number = clean(await graph.get(graph.number, params={"fields": _FIELDS}))
        token, fits = await belonging.token_facts(graph, secrets)
    except Refusal as refusal:
        return _refused(await _explained(graph, refusal.failed.error, refusal))
    except HttpFailure as failure:
        facts = {"code": "unreachable", "detail": str(failure)}
        return Health("attention", "WhatsApp could not be reached", facts, answered=False)
    return _judge(number, token, {**await belonging.account_facts(graph), "secret_fits": fits})


async def _explained(graph: Graph, error: ProviderError, refusal: Refusal) -> Refusal:
    """Meta says that something is invalid both for an id it does not know and for a field it no longer has."""
    if error.provider_code == "100" and await belonging.number_unknown(graph):
        meaning = meaning_of(33)
        return Refusal(Failed(meaning.kind, provider_error(meaning, 100, error.detail)))
    return refusal


def _refused(refusal: Refusal) -> Health:
    error = refusal.failed.error
    facts = {"code": error.code, "provider_code": error.provider_code, "detail": error.detail}
    holds = error if refusal.failed.kind == "channel_down" else None
    troubles = (Trouble(error.code, "trouble", error.detail),) if holds else ()
    return Health("attention", error.title, facts, holds=holds, troubles=troubles, answered=False)


def _judge(number: dict[str, Any], token: dict[str, Any], belongs: dict[str, Any]) -> Health:
    facts = {**_facts(number), **_token_facts(token), **belongs}
    troubles = tuple(_troubles(number, token, facts))
    holds = _holds(number, token)
    banned = facts["status"] in {"BANNED", "DISCONNECTED"}
    serious = next((each for each in troubles if each.level != "news"), None)
    state: Literal["ok", "attention", "down"] = (
        "down" if banned and holds is None else "attention" if holds or serious else "ok"
    )
    detail = holds.title if holds else _title(serious) if serious else ""
    shown = {key: value for key, value in facts.items() if value is not None}
    return Health(state, detail, shown, holds=holds, troubles=troubles, answered=_may_send(number))


def _facts(number: dict[str, Any]) -> dict[str, Any]:
    return {
        "display_number": string(number, "display_phone_number"),
        "name": string(number, "verified_name"),
        "status": string(number, "status"),
        "quality": (string(number, "quality_rating") or "").lower() or None,
        "throughput": (string(number.get("throughput"), "level") or "").lower() or None,
        "limit": string(number, "whatsapp_business_manager_messaging_limit"),
        "name_status": string(number, "name_status"),
        "platform": string(number, "platform_type"),
        "mode": string(number, "account_mode"),
        "official": number.get("is_official_business_account") is True or None,
        "pin": number.get("is_pin_enabled") if isinstance(number.get("is_pin_enabled"), bool) else None,
        "verification": string(number, "code_verification_status"),
        "can_send": string(number.get("health_status"), "can_send_message"),
        "coexistence": number.get("is_on_biz_app") is True,
    }


def _token_facts(token: dict[str, Any]) -> dict[str, Any]:
    expires = _expires(token)
    return {
        "token_valid": token.get("is_valid") if isinstance(token.get("is_valid"), bool) else None,
        "token_expires_at": rfc3339(expires) if expires else None,
        "app_id": string(token, "app_id"),
        "permissions": _scopes(token) or None,
    }


def _troubles(number: dict[str, Any], token: dict[str, Any], facts: dict[str, Any]) -> Iterator[Trouble]:
    if (state := _STATES.get(facts["status"] or "")) is not None:
        yield state
    if facts["quality"] in {"red", "yellow"}:
        yield Trouble("quality_low" if facts["quality"] == "red" else "quality_medium")
    if facts["name_status"] in {"DECLINED", "EXPIRED"} or string(number, "new_name_status") == "DECLINED":
        yield Trouble("name_declined")
    if facts["pin"] is False and not facts["coexistence"]:
        yield Trouble("pin_missing", "news")
    if facts["subscribed"] is False:
        yield Trouble("not_subscribed", "trouble")
    yield from belonging.troubles(facts)
    yield from _token_troubles(token)
    yield from _health_troubles(number)


def _token_troubles(token: dict[str, Any]) -> Iterator[Trouble]:
    scopes, expires = _scopes(token), _expires(token)
    if token.get("is_valid") is False:
        yield Trouble("token_invalid", "trouble")
    if scopes and _SEND not in scopes:
        yield Trouble("permission_missing", "trouble", _SEND)
    if scopes and _MANAGE not in scopes:
        yield Trouble("management_missing", "attention", _MANAGE)
    if expires and expires - clock.now() < _SOON:
        yield Trouble("token_expires", "attention", rfc3339(expires) or "")


def _health_troubles(number: dict[str, Any]) -> Iterator[Trouble]:
    for code, words in _health_errors(number):
        meaning = MEANINGS.get(code)
        if code == _UNREGISTERED:
            yield Trouble("not_registered", "trouble", words)
        elif code == _UNVERIFIED:
            yield Trouble("number_not_verified", "trouble", words)
        elif meaning is not None and meaning.kind == "channel_down":
            yield Trouble(meaning.code, "trouble", words)
        else:
            yield Trouble("account_limited", "attention", words)


def _health_errors(number: dict[str, Any]) -> Iterator[tuple[int, str]]:
    entities = (number.get("health_status") or {}).get("entities")
    for entity in entities if isinstance(entities, list) else []:
        errors = entity.get("errors") if isinstance(entity, dict) else None
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, dict) and isinstance(error.get("error_code"), int):
                found = (string(error, "error_description"), string(error, "possible_solution"))
                yield error["error_code"], " ".join(part for part in found if part)


def _holds(number: dict[str, Any], token: dict[str, Any]) -> ProviderError | None:
    """What will refuse each message until somebody repairs it."""
    if token.get("is_valid") is False:
        return provider_error(meaning_of(190), 190)
    scopes = _scopes(token)
    if scopes and _SEND not in scopes:
        return provider_error(meaning_of(10), 10, f"The token lacks {_SEND}.")
    for code, words in _health_errors(number):
        if code in {_UNREGISTERED, _UNVERIFIED}:
            return provider_error(meaning_of(133010 if code == _UNREGISTERED else 133006), code, words)
    return None


def _may_send(number: dict[str, Any]) -> bool:
    return string(number.get("health_status"), "can_send_message") != "BLOCKED"


def _scopes(token: dict[str, Any]) -> list[str]:
    scopes = token.get("scopes")
    return [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []


def _expires(token: dict[str, Any]) -> datetime | None:
    given = token.get("expires_at")
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 < given < 4e9:
        return None
    return datetime.fromtimestamp(given, UTC)


_TITLES = {
    "quality_low": "The number's quality is low",
    "quality_medium": "The number's quality is medium",
    "number_flagged": "The number is flagged",
    "number_restricted": "The number is restricted",
    "number_banned": "The number is banned",
    "number_disconnected": "The number is disconnected",
    "account_unknown": "WhatsApp does not know this business account ID",
    "account_other": "The number does not belong to this business account",
    "app_secret_wrong": "The app secret is not that of the token's app",
}


def _title(trouble: Trouble) -> str:
    return _TITLES.get(trouble.code) or trouble.detail or trouble.code.replace("_", " ").capitalize()
