"""Is it Twilio? By its signature over the public address and the form's values, with the account's or a shared key."""

import base64
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from madoguchi.channels.base import InboxConfig, RawRequest, Refused, Verified
from madoguchi.channels.sms.wire import kept

_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


def verify(request: RawRequest, inbox: InboxConfig) -> Verified | Refused:
    given = request.headers.get("x-twilio-signature", "").strip().encode("utf-8", "replace")
    if not given:
        return Refused(401, "signature missing")
    algorithm = _ALGORITHMS.get(_named_algorithm(request))
    if algorithm is None:
        return Refused(401, "signature of an unknown kind")
    content = _values(request)
    # Each is tried, so that the time taken does not tell which was right.
    found = [
        hmac.compare_digest(sign(address, content, secret, algorithm), given)
        for secret in _secrets(inbox, algorithm)
        for address in _addresses(inbox.webhook_url, request)
    ]
    return Verified(keep=kept("twilio", inbox, request.query)) if any(found) else Refused(401, "signature wrong")


def sign(address: str, values: str, secret: str, algorithm: str = "sha1") -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), (address + values).encode("utf-8", "replace"), algorithm))


def _named_algorithm(request: RawRequest) -> str:
    """`key=…,algorithm=HMAC_SHA256`; without the header it is the account's token and SHA-1."""
    for part in request.headers.get("x-twilio-webhooks-signature-settings", "").split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _secrets(inbox: InboxConfig, algorithm: str) -> Iterator[str]:
    """Old and new stand with a comma between them while a key is changed."""
    name = "auth_token" if algorithm == "sha1" else "webhook_signing_key"
    return (each.strip() for each in inbox.credentials.get(name, "").split(",") if each.strip())


def _values(request: RawRequest) -> str:
    """Each name once and in order, behind it each of its values once and in order."""
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return "".join(name + value for name, value in sorted(set(pairs)))


def _addresses(public: str, request: RawRequest) -> Iterator[str]:
    """With and without the port: Twilio signs either."""
    parts = urlsplit(public)._replace(query=urlencode(request.query))
    yield urlunsplit(parts)
    host = parts.hostname or ""
    if parts.port:
        yield urlunsplit(parts._replace(netloc=host))
    else:
        yield urlunsplit(parts._replace(netloc=f"{host}:{443 if parts.scheme == 'https' else 80}"))
