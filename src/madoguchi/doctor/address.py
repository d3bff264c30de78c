"""What can be wrong with the way from outside: the address, its certificate, the proxy, the mail servers' door."""

import http.client
import ipaddress
import json
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from madoguchi.doctor.finding import Finding

_HERE = {"localhost", "127.0.0.1", "::1"}
_SECONDS = 5
_EXPIRES_SOON = timedelta(days=14)
_SET_IT = "Set MADOGUCHI_PUBLIC_URL: providers call it, so it must be reachable."
_RENEW = "Renew it and let the proxy load it again: providers do not call an address whose certificate is not good."
_RENEW_MAIL = "Renew the file of MADOGUCHI_MAIL_TLS and restart."


def check_public_url(url: str | None) -> Finding:
    name = "public URL"
    if url is None:
        return Finding(name, "attention", "not set", _SET_IT)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        return Finding(name, "attention", url, "Providers call only https addresses: put a proxy with TLS before it.")
    with suppress(OSError):
        socket.getaddrinfo(parts.hostname, None)
        return Finding(name, "good", url)
    return Finding(name, "broken", f"{parts.hostname} has no address", "Correct MADOGUCHI_PUBLIC_URL or the DNS entry.")


def check_reachable(url: str) -> Finding:
    """Calls our own `/healthz` by the address that providers use, as they would."""
    name, parts = "reachable", urlsplit(url)
    try:
        status, body = _get(parts)
    except ssl.SSLCertVerificationError as error:
        return Finding(name, "broken", f"the certificate is not good: {error.verify_message}", _RENEW)
    except (OSError, http.client.HTTPException) as error:
        advice = "See that the proxy runs and leads here; where this machine cannot see itself, try from outside."
        return Finding(name, "broken", f"{url} does not answer ({type(error).__name__})", advice)
    if status != 200 or body != {"status": "ok"}:
        advice = "Let the proxy lead the whole address, without a path taken away or added, to this installation."
        return Finding(name, "broken", f"{url} answers, but it is not Madoguchi ({status})", advice)
    return Finding(name, "good", f"{url} leads here")


def _get(parts: SplitResult) -> tuple[int, object]:
    host, port = parts.hostname or "", parts.port
    made: http.client.HTTPConnection
    if parts.scheme == "https":
        made = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    else:
        made = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        made.request("GET", f"{parts.path.rstrip('/')}/healthz")
        answer = made.getresponse()
        body = answer.read(1000)
    finally:
        made.close()
    with suppress(ValueError):
        return answer.status, json.loads(body)
    return answer.status, None


def check_certificate(url: str, now: datetime | None = None) -> Finding | None:
    """How long the certificate before us is good. None when there is none to be seen; `check_reachable` says why."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as wrapped,
        ):
            found = wrapped.getpeercert()
    except OSError:
        return None
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str((found or {})["notAfter"])), UTC)
    return _lasting("certificate", end, now or datetime.now(UTC), _RENEW)


def check_mail_certificate(file: str, now: datetime | None = None) -> Finding:
    from cryptography import x509

    name = "mail certificate"
    try:
        end = x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no certificate is in it"
        advice = "Correct MADOGUCHI_MAIL_TLS: one PEM file with certificate and key, which this account may read."
        return Finding(name, "broken", f"{file}: {reason}", advice)
    return _lasting(name, end, now or datetime.now(UTC), _RENEW_MAIL)


def _lasting(name: str, end: datetime, now: datetime, advice: str) -> Finding:
    left = end - now
    if left <= timedelta():
        return Finding(name, "broken", f"expired on {end:%Y-%m-%d}", advice)
    if left <= _EXPIRES_SOON:
        return Finding(name, "attention", f"expires in {left.days} days, on {end:%Y-%m-%d}", advice)
    return Finding(name, "good", f"good until {end:%Y-%m-%d}")


def check_proxies(trusted: str) -> Finding:
    """Sign-in is throttled by the address that the proxy tells, and only a trusted one is believed."""
    name = "trusted proxies"
    try:
        networks = [ipaddress.ip_network(each.strip(), strict=False) for each in trusted.split(",")]
    except ValueError as error:
        return Finding(name, "broken", str(error), "Correct MADOGUCHI_TRUSTED_PROXIES.")
    if any(network.prefixlen == 0 for network in networks):
        detail = "everybody is believed about the address they come from, and can guess passwords unhindered"
        return Finding(name, "attention", detail, "Name only the proxy in MADOGUCHI_TRUSTED_PROXIES.")
    return Finding(name, "good", trusted)
