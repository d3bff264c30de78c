"""Our signature on what leaves (DKIM, RFC 6376), where the inbox has a key and nobody on the way signs for it."""

import base64
from collections.abc import Mapping
from typing import Any

import dkim
import dns.exception
import dns.resolver
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.email.compose import Letter

# What a reader sees or a mail program acts upon. "from" once more: nobody may add a second one.
_SIGNED = (
    *("from", "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post"),
)
_LOOK_SECONDS = 5.0


class WrongKey(Exception):  # noqa: N818
    """The inbox's key cannot sign."""


class SigningKey(msgspec.Struct, frozen=True):
    """`pem` is an RSA private key; the record with its public half stands at `place` in the domain's DNS."""

    selector: str
    domain: str
    pem: bytes
    public: bytes

    @property
    def place(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        return f"v=DKIM1; k=rsa; p={base64.b64encode(self.public).decode()}"


def key_of(inbox: InboxConfig, settings: Mapping[str, Any]) -> SigningKey | None:
    """None where the inbox does not sign. Raises WrongKey."""
    pem, selector = inbox.credentials.get("dkim_key", "").strip(), str(settings["dkim_selector"]).strip()
    if not pem and not selector:
        return None
    if not pem or not selector:
        raise WrongKey("The selector is missing." if pem else "The key is missing.")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WrongKey("This is no private key as PEM text without a password.") from error
    if not isinstance(key, RSAPrivateKey):  # receivers that know Ed25519 are few, and two signatures nobody needs
        raise WrongKey("An RSA key is needed.")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    domain = str(settings["address"]).rpartition("@")[2].lower()
    return SigningKey(selector, domain.encode("idna").decode(), pem.encode(), public)


def signed(letter: Letter, key: SigningKey) -> Letter:
    """With the signature in front. Raises WrongKey."""
    try:
        header = dkim.sign(
            letter.content,
            key.selector.encode(),
            key.domain.encode(),
            key.pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in _SIGNED],
        )
    except dkim.DKIMException as error:
        raise WrongKey(str(error)) from error
    return msgspec.structs.replace(letter, content=header + letter.content)


def published(key: SigningKey) -> bool | None:
    """Whether the domain tells our public key; None where its DNS gives no answer."""
    resolver = dns.resolver.Resolver()
    try:
        answer = resolver.resolve(key.place, "TXT", lifetime=_LOOK_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    except dns.exception.DNSException:
        return None
    records = [b"".join(each.strings).decode("ascii", "replace") for each in answer]
    wanted = base64.b64encode(key.public).decode()
    return any(_tag(record, "p") == wanted for record in records)


def _tag(record: str, name: str) -> str:
    tags = dict(part.partition("=")[::2] for part in record.replace(" ", "").split(";"))
    return tags.get(name, "")
