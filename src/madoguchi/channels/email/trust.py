"""Is the sender who they say they are? Only the word of our own receiving server counts: anybody can write a header."""

import re
from typing import Any

from madoguchi.channels.email.headers import Headers, unfold

_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.d|header\.i|header\.from|smtp\.mailfrom)\s*=\s*\"?@?([^\s;\"]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
# The big hosts write under these names when they took the mail for us.
_HOSTS = ("mx.google.com", ".outlook.com", ".protection.outlook.com", ".office365.com")


def authentication(headers: Headers, servers: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """`{spf, dkim, dmarc, server, aligned}` from the topmost Authentication-Results, if a server of ours wrote it.

    `servers` are the names under which the inbox's own mail server writes. None = nobody we trust has looked.
    """
    for value in headers.raw("authentication-results")[:1]:
        text = _COMMENT.sub(" ", unfold(value))
        server, _, rest = text.partition(";")
        name = server.strip().split(" ")[0].lower()
        if _is_ours(name, servers):
            return _results(name, rest, headers)
    return None


def _is_ours(name: str, servers: tuple[str, ...]) -> bool:
    wanted = tuple(server.strip().lower() for server in servers if server.strip())
    return name in wanted or any(name == host or (host.startswith(".") and name.endswith(host)) for host in _HOSTS)


def _results(server: str, rest: str, headers: Headers) -> dict[str, Any]:
    found: dict[str, str] = {}
    for method, result in _RESULT.findall(rest):
        # Several signatures: one that holds is enough.
        if found.get(method.lower()) != "pass":
            found[method.lower()] = result.lower()
    domains = [(name.lower(), value.rpartition("@")[2].lower()) for name, value in _PROPERTY.findall(rest)]
    sender = next((address.key.rpartition("@")[2] for address in headers.addresses("from")), "")
    return {
        "server": server,
        "spf": found.get("spf", "none"),
        "dkim": found.get("dkim", "none"),
        "dmarc": found.get("dmarc", "none"),
        "aligned": _aligned(found, domains, sender),
    }


def _aligned(found: dict[str, str], domains: list[tuple[str, str]], sender: str) -> bool:
    """DMARC's verdict where there is one; else a passing check for the very domain (or one above or below it)."""
    if "dmarc" in found:
        return found["dmarc"] == "pass"
    by_dkim = found.get("dkim") == "pass" and any(
        _related(domain, sender) for name, domain in domains if name in {"header.d", "header.i"}
    )
    by_spf = found.get("spf") == "pass" and any(
        _related(domain, sender) for name, domain in domains if name == "smtp.mailfrom"
    )
    return bool(sender) and (by_dkim or by_spf)


def _related(one: str, other: str) -> bool:
    return one == other or (one.endswith("." + other) and "." in other) or (other.endswith("." + one) and "." in one)
