"""Signing in with tokens (OAuth 2) where the provider takes no passwords: Google, Microsoft 365, and whoever works like them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from madoguchi.channels.base import Failed, InboxConfig, Refusal
from madoguchi.channels.events import ProviderError
from madoguchi.channels.http import Http, HttpAnswer, HttpFailure
from madoguchi.core import clock

# Used until a little before its end: what is under way must not lose its right.
_EARLY = timedelta(minutes=5)
_USUAL_SECONDS = 3600
_TOKEN_URLS = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
}
_SCOPES = {
    "microsoft": "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All "
    "https://outlook.office.com/SMTP.Send offline_access"
}
# RFC 6749: these will not be different in a minute.
_FINAL = {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "access_denied"}


def is_stale(inbox: InboxConfig, settings: Mapping[str, Any], now: datetime) -> bool:
    if settings["sign_in"] == "password" or not inbox.credentials.get("refresh_token"):
        return False
    ends = inbox.credentials.get("expires_at")
    return not inbox.credentials.get("access_token") or ends is None or datetime.fromisoformat(ends) - _EARLY <= now


async def renew(inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> dict[str, str]:
    """Raises Refusal when somebody has to sign in again, HttpFailure."""
    answer = await http.request(
        "POST",
        _token_url(settings),
        data=urlencode(_question(inbox, settings)).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )
    given = answer.json()
    if answer.status != 200 or not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
        raise _refused(answer, given)
    fresh = {"access_token": given["access_token"], "expires_at": _end(given.get("expires_in"))}
    if isinstance(given.get("refresh_token"), str) and given["refresh_token"]:
        fresh["refresh_token"] = given["refresh_token"]
    elif "refresh_token" in inbox.credentials:  # unchanged, and kept beside the token it goes with
        fresh["refresh_token"] = inbox.credentials["refresh_token"]
    return fresh


def _token_url(settings: Mapping[str, Any]) -> str:
    chosen = str(settings["token_url"] or _TOKEN_URLS.get(settings["sign_in"], ""))
    return chosen.replace("{tenant}", str(settings["oauth_tenant"] or "common"))


def _question(inbox: InboxConfig, settings: Mapping[str, Any]) -> dict[str, str]:
    question = {
        "grant_type": "refresh_token",
        "refresh_token": inbox.credentials.get("refresh_token", ""),
        "client_id": inbox.credentials.get("client_id", ""),
        "client_secret": inbox.credentials.get("client_secret", ""),
        "scope": _SCOPES.get(settings["sign_in"], ""),
    }
    return {key: value for key, value in question.items() if value}


def _end(seconds: Any) -> str:
    lasting = seconds if isinstance(seconds, int | float) and seconds > 0 else _USUAL_SECONDS
    return (clock.now() + timedelta(seconds=lasting)).astimezone(UTC).isoformat()


def _refused(answer: HttpAnswer, given: Any) -> HttpFailure:
    code = str(given.get("error") or "") if isinstance(given, dict) else ""
    if code not in _FINAL:
        return HttpFailure(f"the token server answered {answer.status}", left=False)
    words = str(given.get("error_description") or code)[:200]
    return Refusal(Failed("channel_down", ProviderError("sign_in_revoked", code, "Sign-in ended", words)))
