"""Who is calling, and what they may touch: the first two checks of every call."""

import hmac

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.state import App, Catalog, Flow, Number, Portfolio, Template, Token, Waba
from madoguchi.simulator.webhooks.signing import appsecret_proof

INVALID = "Invalid OAuth access token - Cannot parse access token"
EXPIRED = "Error validating access token: Session has expired."
REVOKED = "Error validating access token: The session has been invalidated."


def authenticate(call: Call) -> None:
    """Raises 190 for a bad token, 200 for none, 100 for a missing or wrong appsecret_proof."""
    if call.sim.faults.take("token_revoked"):
        call.fault = "token_revoked"
        raise GraphError(190, REVOKED, subcode=460)
    text = _presented(call)
    if not text:
        raise GraphError(200, "Provide valid app ID")
    call.token = _token(call, text)
    call.app = call.sim.world.apps.get(call.token.app_id)
    # A proof that is given is checked, wanted or not.
    if call.app and (call.app.require_proof or "appsecret_proof" in call.params):
        _check_proof(call, call.app, text)


def number(call: Call, id_: str) -> Number:
    found = call.sim.world.numbers.get(id_)
    if not found or not call.allows_number(found):
        raise unknown_node(id_, call.request.method.lower())
    return found


def waba(call: Call, id_: str) -> Waba:
    found = call.sim.world.wabas.get(id_)
    if not found or not call.allows_waba(found):
        raise unknown_node(id_, call.request.method.lower())
    return found


def template(call: Call, id_: str) -> Template:
    found = call.sim.world.templates.get(id_)
    if not found or not call.allows_waba(call.sim.world.wabas[found.waba_id]):
        raise unknown_node(id_, call.request.method.lower())
    return found


def catalog(call: Call, id_: str) -> Catalog:
    found = call.sim.world.catalogs.get(id_)
    if not found or not call.allows_waba(call.sim.world.wabas[found.waba_id]):
        raise unknown_node(id_, call.request.method.lower())
    return found


def flow(call: Call, id_: str) -> Flow:
    found = call.sim.world.flows.get(id_)
    if not found or not call.allows_waba(call.sim.world.wabas[found.waba_id]):
        raise unknown_node(id_, call.request.method.lower())
    return found


def portfolio(call: Call, id_: str) -> Portfolio:
    found = call.sim.world.portfolios.get(id_)
    owned = [waba for waba in call.sim.world.wabas.values() if waba.portfolio_id == id_]
    if not found or not any(call.allows_waba(waba) for waba in owned):
        raise unknown_node(id_, call.request.method.lower())
    return found


def app(call: Call, id_: str) -> App:
    found = call.app if id_ == "app" else call.sim.world.apps.get(id_)
    if not found or call.app is not found:
        raise unknown_node(id_, call.request.method.lower())
    return found


def _presented(call: Call) -> str:
    header = call.request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() in {"bearer", "oauth"}:
        return value.strip()
    return str(call.params.get("access_token", ""))


def _token(call: Call, text: str) -> Token:
    found = call.sim.world.tokens.get(text) or _app_token(call, text)
    if not found:
        raise GraphError(190, INVALID)
    if found.revoked:
        raise GraphError(190, REVOKED, subcode=460)
    if found.expires_at and found.expires_at < call.sim.clock.now():
        raise GraphError(190, EXPIRED, subcode=463)
    return found


def _app_token(call: Call, text: str) -> Token | None:
    """`APP_ID|APP_SECRET` is a token of the app itself."""
    app_id, _, secret = text.partition("|")
    found = call.sim.world.apps.get(app_id)
    if found and secret and hmac.compare_digest(found.secret, secret):
        return Token(text, app_id)
    return None


def _check_proof(call: Call, owner: App, token: str) -> None:
    given = str(call.params.get("appsecret_proof", ""))
    if not given:
        raise GraphError(
            100,
            message="API calls from the server require an appsecret_proof argument",
            kind="GraphMethodException",
        )
    if not hmac.compare_digest(given, appsecret_proof(owner.secret, token)):
        raise GraphError(
            100,
            message="Invalid appsecret_proof provided in the API argument",
            kind="GraphMethodException",
        )
