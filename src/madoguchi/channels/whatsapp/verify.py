"""Is it Meta? The handshake by our verify token, everything else by the signature over the raw bytes."""

import hmac
from collections.abc import Iterator

from madoguchi.channels.base import Handshake, InboxConfig, RawRequest, Refused, Verified

_PREFIX = "sha256="


def verify(request: RawRequest, inbox: InboxConfig) -> Verified | Handshake | Refused:
    if request.method.upper() == "GET":
        return _handshake(request, inbox)
    signature = request.headers.get("x-hub-signature-256", "")
    if not signature.startswith(_PREFIX):
        return Refused(401, "signature missing")
    given = signature.removeprefix(_PREFIX).strip().lower().encode()
    # Every secret is tried, so that the time taken does not tell which of them was right.
    matches = [hmac.compare_digest(_digest(secret, request.body), given) for secret in _secrets(inbox)]
    return Verified() if any(matches) else Refused(401, "signature wrong")


def _handshake(request: RawRequest, inbox: InboxConfig) -> Handshake | Refused:
    expected = inbox.credentials.get("verify_token", "").encode()
    given = request.query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    known = hmac.compare_digest(expected, given) and bool(expected)
    if not known or request.query.get("hub.mode") != "subscribe":
        return Refused(403, "verify token wrong")
    return Handshake(request.query.get("hub.challenge", "").encode("utf-8", "replace"))


def _secrets(inbox: InboxConfig) -> Iterator[bytes]:
    return (secret.encode() for secret in app_secrets(inbox))


def app_secrets(inbox: InboxConfig) -> list[str]:
    """While the app's secret is changed, old and new are both valid: they stand with a comma between them."""
    given = inbox.credentials.get("app_secret", "").split(",")
    return [secret.strip() for secret in given if secret.strip()]


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The header with which Meta signs such a body."""
    return {"X-Hub-Signature-256": _PREFIX + _digest(secret.encode(), body).decode()}


def _digest(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256").hex().encode()
