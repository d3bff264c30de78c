"""The key pair with which this installation speaks to push services (RFC 8292). Made at the first use."""

import base64
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from madoguchi.core import clock
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

if TYPE_CHECKING:
    from py_vapid import Vapid02

Q = load_queries(__file__)

_NAME = "push_key"
_BOUND_TO = b"push_key"
_LIFETIME_SECONDS = 12 * 3600


async def get_key(tx: Connection, secrets: SecretBox) -> "Vapid02":
    from py_vapid import Vapid02

    sealed = await _kept(tx)
    if sealed is None:
        made = Vapid02()
        made.generate_keys()
        value = secrets.seal({"pem": made.private_pem().decode()}, _BOUND_TO)
        # Two at once: the first one stays, and both read it.
        await tx.execute(Q.installation_add, {"key": _NAME, "value": base64.b64encode(value).decode()})
        sealed = await _kept(tx)
    return Vapid02.from_pem(secrets.open(base64.b64decode(str(sealed)), _BOUND_TO)["pem"].encode())


async def _kept(tx: Connection) -> str | None:
    row = await (await tx.execute(Q.installation_get, {"key": _NAME})).fetchone()
    return row["value"] if row else None


def public_key(key: "Vapid02") -> str:
    """As `PushManager.subscribe` wants it: the uncompressed point, base64url."""
    point = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def headers(key: "Vapid02", origin: str, subject: str) -> dict[str, str]:
    """`origin` is the push service's; `subject` is where its keepers can find us. Real time, not the business's:
    the push service compares it with its own clock."""
    expires = int(clock.timestamp() - clock.offset()) + _LIFETIME_SECONDS
    claims: dict[str, Any] = {"aud": origin, "exp": expires, "sub": subject}
    signed: dict[str, str] = key.sign(claims)
    return signed
