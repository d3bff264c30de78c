"""Do number, account, token and app secret belong together? Each may be right by itself and of another business."""

import hmac
from collections.abc import Iterator
from typing import Any

from madoguchi.channels.base import Refusal
from madoguchi.channels.health import Trouble
from madoguchi.channels.http import HttpFailure
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.graph import Graph

_INVALID = "100"


async def token_facts(graph: Graph, secrets: list[str]) -> tuple[dict[str, Any], bool | None]:
    """What Meta knows of the token, and whether a secret is its app's (None: cannot be told). Meta checks a proof
    made with the secret whenever one is given, so the secret itself need not travel."""
    for secret in secrets:
        try:
            return await _debug(graph, {"appsecret_proof": _proof(secret, graph.token)}), True
        except Refusal as refusal:
            if refusal.failed.error.provider_code != _INVALID:
                return {}, None
    try:
        # Without a proof it works: then it was the proof that was wrong.
        return await _debug(graph, {}), False if secrets else None
    except Refusal as refusal:
        # An app may insist on proofs; its words name them.
        return {}, False if secrets and "appsecret_proof" in refusal.failed.error.detail else None


async def _debug(graph: Graph, proof: dict[str, str]) -> dict[str, Any]:
    found = clean(await graph.get("debug_token", params={"input_token": graph.token, **proof}))
    data = found.get("data")
    return data if isinstance(data, dict) else {}


def _proof(secret: str, token: str) -> str:
    return hmac.digest(secret.encode(), token.encode(), "sha256").hex()


async def number_unknown(graph: Graph) -> bool:
    """After a refusal: whether even the plainest question about the number is refused."""
    try:
        await graph.get(graph.number, params={"fields": "display_phone_number"})
    except Refusal as refusal:
        return refusal.failed.error.provider_code == _INVALID
    except HttpFailure:
        return False
    return False


async def account_facts(graph: Graph) -> dict[str, Any]:
    """`subscribed`: whether an app of ours hears of the account; `account`: "unknown", "other" when it does not have
    the number, or "right". None where that may not be asked."""
    try:
        found = clean(await graph.get(graph.account, "subscribed_apps"))
        owns = await _owns_number(graph)
    except Refusal as refusal:
        unknown = refusal.failed.error.provider_code == _INVALID
        return {"subscribed": None, "account": "unknown" if unknown else None}
    except HttpFailure:
        return {"subscribed": None, "account": None}
    return {"subscribed": bool(found.get("data")), "account": {True: "right", False: "other", None: None}[owns]}


async def _owns_number(graph: Graph) -> bool | None:
    found = clean(await graph.get(graph.account, "phone_numbers", params={"fields": "id", "limit": "100"}))
    rows = found.get("data")
    if not isinstance(rows, list):
        return None
    if any(string(row, "id") == graph.number for row in rows):
        return True
    # An account of more than a hundred numbers: the rest is not looked through.
    return None if string(found.get("paging"), "next") else False


def troubles(facts: dict[str, Any]) -> Iterator[Trouble]:
    if facts["account"] == "unknown":
        yield Trouble("account_unknown", "trouble")
    if facts["account"] == "other":
        yield Trouble("account_other", "trouble")
    if facts["secret_fits"] is False:
        yield Trouble("app_secret_wrong", "trouble")
