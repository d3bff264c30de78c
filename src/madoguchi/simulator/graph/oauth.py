"""Tokens: issuing for an app or a code, and looking into one."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from madoguchi.simulator import ids
from madoguchi.simulator.graph import access
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import App, Json, Token

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CODE_LIFE = 30.0


@dataclass(slots=True)
class _Code:
    app_id: str
    waba_id: str
    expires_at: float


class Codes:
    """Codes as an embedded signup hands out, each good once and for 30 seconds."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}

    def issue(self, sim: "Simulator", app_id: str, waba_id: str) -> str:
        code = secrets.token_urlsafe(40)
        self._codes[code] = _Code(app_id, waba_id, sim.clock.now() + CODE_LIFE)
        return code

    def redeem(self, call: Call, app: App, text: str) -> Token:
        code = self._codes.pop(text, None)
        if not code or code.app_id != app.id or code.expires_at < call.sim.clock.now():
            raise GraphError(100, message="This authorization code has expired or been used.", subcode=36007)
        return Token(ids.access_token(), app.id, [code.waba_id])


def access_token(call: Call, codes: Codes) -> Json:
    """`GET` or `POST /oauth/access_token`."""
    app = call.sim.world.apps.get(str(call.params.get("client_id", "")))
    secret = str(call.params.get("client_secret", ""))
    if not app or not hmac.compare_digest(app.secret, secret):
        raise GraphError(1, "Error validating client secret.")
    if call.params.get("grant_type") == "client_credentials":
        return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    token = codes.redeem(call, app, str(call.params.get("code", "")))
    call.sim.world.tokens[token.value] = token
    call.sim.store.touch("tokens", token.value)
    return {"access_token": token.value, "token_type": "bearer"}


def debug(call: Call) -> Json:
    """`GET /debug_token`."""
    access.authenticate(call)
    token = call.sim.world.tokens.get(str(call.need("input_token")))
    if not token:
        return {"data": {"is_valid": False, "error": {"code": 190, "message": access.INVALID}, "scopes": []}}
    expired = bool(token.expires_at) and token.expires_at < call.sim.clock.now()
    return {
        "data": {
            "app_id": token.app_id,
            "type": "SYSTEM_USER",
            "application": call.sim.world.apps[token.app_id].name,
            "is_valid": not expired and not token.revoked,
            "expires_at": int(token.expires_at),
            "scopes": token.scopes,
            "granular_scopes": [{"scope": scope, "target_ids": token.waba_ids} for scope in token.scopes],
            "user_id": str(int(hashlib.sha256(token.value.encode()).hexdigest()[:12], 16)),
        },
    }
