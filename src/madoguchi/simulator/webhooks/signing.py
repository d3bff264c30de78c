"""Wire form and signature of a webhook body. The exact bytes on the wire are what is signed."""

import hashlib
import hmac
import json

from madoguchi.simulator.state import Json


def encode(payload: Json, escape: str) -> bytes:
    r"""Compact JSON; `escape` is "ascii" (`\uXXXX` and `\/`), "slashes" (`\/` only) or "utf8"."""
    text = json.dumps(payload, ensure_ascii=escape == "ascii", separators=(",", ":"))
    if escape in {"ascii", "slashes"}:
        text = text.replace("/", "\\/")
    return text.encode("utf-8", "surrogatepass")


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def appsecret_proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
