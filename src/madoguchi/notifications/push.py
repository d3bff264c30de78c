"""One encrypted push to one device (RFC 8030, 8291)."""

import asyncio
import ipaddress
import json
import socket
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from madoguchi.channels.http import Http, HttpFailure
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.notifications import vapid

if TYPE_CHECKING:
    from py_vapid import Vapid02

# After this a push service may forget it: a notification hours later is noise.
_TTL_SECONDS = 1800
_GONE = (404, 410)
_LATER = (408, 429)
_REFUSED = 400
_BROKEN = 500

Outcome = Literal["sent", "gone", "later", "refused"]


class Target(NamedTuple):
    endpoint: str
    p256dh: str
    auth: str


class Sender(NamedTuple):
    http: Http
    key: "Vapid02"
    public_url: str


async def push(sender: Sender, target: Target, payload: dict[str, object], *, topic: str, urgent: bool) -> Outcome:
    """`topic`: a later push with the same one takes its place while the device is away."""
    # Here, because it brings a second HTTP client: 30 MB that most installations never need.
    from pywebpush import WebPusher

    address = urlsplit(target.endpoint)
    if not await is_allowed(target.endpoint, sender.public_url):
        return "refused"
    keys = {"endpoint": target.endpoint, "keys": {"p256dh": target.p256dh, "auth": target.auth}}
    encrypted = WebPusher(keys).encode(json.dumps(payload, ensure_ascii=False).encode(), "aes128gcm")
    subject = sender.public_url if sender.public_url.startswith("https://") else "mailto:push@localhost"
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_TTL_SECONDS),
        "Topic": topic,
        "Urgency": "high" if urgent else "normal",
        **vapid.headers(sender.key, f"{address.scheme}://{address.netloc}", subject),
    }
    try:
        answer = await sender.http.request("POST", target.endpoint, headers=headers, data=encrypted["body"], seconds=15)
    except HttpFailure:
        return "later"
    return _outcome(answer.status)


def _outcome(status: int) -> Outcome:
    if status in _GONE:
        return "gone"
    if status in _LATER or status >= _BROKEN:
        return "later"
    return "refused" if status >= _REFUSED else "sent"


def check_endpoint(endpoint: str, public_url: str) -> None:
    """Before it is kept. Raises Invalid."""
    if not _looks_allowed(endpoint, public_url):
        message = "This is no address of a push service: https and a public host are needed."
        raise Invalid(message, errors=[FieldError("endpoint", message)])


async def is_allowed(endpoint: str, public_url: str) -> bool:
    """Agents name the address; it must not lead into the network the product stands in."""
    if not _looks_allowed(endpoint, public_url):
        return False
    if _is_local(public_url):
        return True
    host = urlsplit(endpoint).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return True  # nowhere to go: the request will say so
    return all(ipaddress.ip_address(each[4][0]).is_global for each in found)


def _looks_allowed(endpoint: str, public_url: str) -> bool:
    try:
        address = urlsplit(endpoint)
        host = address.hostname or ""
        _ = address.port
    except ValueError:
        return False
    if not host or address.username is not None or address.fragment:
        return False
    # An installation that only this machine can reach may have its push service here, too: a test, a demo.
    if _is_local(public_url) and address.scheme in {"http", "https"} and _is_local(endpoint):
        return True
    return address.scheme == "https" and "." in host and not _is_address(host)


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
