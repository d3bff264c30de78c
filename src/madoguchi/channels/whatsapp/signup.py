"""Embedded Signup: the code for a token, the token's account, the account's number."""

import secrets
from collections.abc import Mapping
from typing import Any

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.http import Http
from madoguchi.channels.manifest import Manifest
from madoguchi.channels.signup import SignedUp, SignUp
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.ids import new_id

_MANAGE = "whatsapp_business_management"


async def sign_up(given: SignUp, settings: Mapping[str, Any], manifest: Manifest, http: Http) -> SignedUp:
    """Raises Refusal (the code is over, say), HttpFailure, Invalid when the page named too little to go by."""
    token = await _token(given, _graph(manifest, settings, http, {}))
    graph = _graph(manifest, settings, http, {"access_token": token})
    account = given.account_id or await _account(graph, given)
    number = await _number(graph, account, given.number_id)
    credentials = {
        "phone_number_id": string(number, "id") or "",
        "business_account_id": account,
        "access_token": token,
        "app_secret": given.app_secret,
        "verify_token": secrets.token_urlsafe(24),
    }
    return SignedUp(credentials, string(number, "verified_name") or "WhatsApp", number.get("is_on_biz_app") is True)


def _graph(manifest: Manifest, settings: Mapping[str, Any], http: Http, credentials: Mapping[str, str]) -> Graph:
    return Graph(manifest, InboxConfig(new_id(), new_id(), manifest.name, "", credentials, settings), http)


async def _token(given: SignUp, graph: Graph) -> str:
    about = {"client_id": given.app_id, "client_secret": given.app_secret, "code": given.code}
    found = clean(await graph.get("oauth", "access_token", params=about))
    token = string(found, "access_token")
    if token is None:
        raise Invalid("Meta gave no token for this code.", errors=[FieldError("code", "No token for this code.")])
    return token


async def _account(graph: Graph, given: SignUp) -> str:
    """The only account that the token was made for."""
    app_token = f"{given.app_id}|{given.app_secret}"
    params = {"input_token": graph.token, "access_token": app_token}
    found = clean(await graph.get("debug_token", params=params)).get("data") or {}
    for scope in found.get("granular_scopes") or []:
        if string(scope, "scope") == _MANAGE and len(scope.get("target_ids") or []) == 1:
            return str(scope["target_ids"][0])
    raise Invalid("Meta names no account, or several.", errors=[FieldError("account_id", "Name the account.")])


async def _number(graph: Graph, account: str, wanted: str | None) -> dict[str, Any]:
    params = {"fields": "id,verified_name,display_phone_number,is_on_biz_app", "limit": "100"}
    rows = clean(await graph.get(account, "phone_numbers", params=params)).get("data") or []
    numbers = [each for each in rows if isinstance(each, dict) and string(each, "id")]
    fitting = [each for each in numbers if wanted in (None, string(each, "id"))]
    if len(fitting) != 1:
        message = "The account has several numbers; name one." if fitting else "The account has no such number."
        raise Invalid(message, errors=[FieldError("number_id", message)])
    return fitting[0]
