"""What a phone sends to the endpoint of a Flow: encrypted for the business, signed by Meta."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from madoguchi.simulator.state import Flow, Json, Number
from madoguchi.simulator.webhooks.signing import signature

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

TIMEOUT = 10.0
OK, CANNOT_DECRYPT, TOKEN_INVALID, BAD_SIGNATURE = 200, 421, 427, 432
ANSWER_LIMIT = 1024 * 1024
FIRST_WITH_TOKEN_SIGNATURE = 4.0


class EndpointError(Exception):
    """The endpoint did not do its part. `reason` is for a program, the text for a person."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        super().__init__(words)


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes


async def exchange(sim: "Simulator", flow: Flow, number: Number, payload: Json) -> Json:
    """The endpoint's decrypted answer. Refetches the public key once after 421, as phones do.
    Raises EndpointError: decrypt, token, signature, timeout, unavailable or format."""
    pem = sim.flow_keys.setdefault(number.id, number.public_key)
    try:
        return await _ask(sim, flow, pem, payload)
    except EndpointError as error:
        if error.reason != "decrypt":
            raise
    sim.flow_keys[number.id] = number.public_key
    return await _ask(sim, flow, number.public_key, payload)


async def ping(sim: "Simulator", flow: Flow, number: Number) -> None:
    """Raises EndpointError unless the endpoint is well."""
    answer = await exchange(sim, flow, number, {"version": "3.0", "action": "ping"})
    if not isinstance(answer.get("data"), dict) or answer["data"].get("status") != "active":
        raise EndpointError("format", "the health check was not answered with data.status active")


def request(sim: "Simulator", flow: Flow, action: str, token: str, **more: Any) -> Json:
    """`action`: INIT, BACK or data_exchange; `screen` and `data` as they fit."""
    payload: Json = {"version": str(_api_version(flow)), "action": action, "flow_token": token, **more}
    if _api_version(flow) >= FIRST_WITH_TOKEN_SIGNATURE:
        payload["flow_token_signature"] = _jwt(_secret(sim, flow), {"flow_token": token})
    return payload


def _api_version(flow: Flow) -> float:
    shown = flow.published or flow.draft
    return float(shown.get("data_api_version") or 3.0)


def _secret(sim: "Simulator", flow: Flow) -> str:
    waba = sim.world.wabas[flow.waba_id]
    return sim.world.apps[flow.app_id or next(iter(waba.subscribed))].secret


def _jwt(secret: str, claims: Json) -> str:
    parts = [_url64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _url64(signed)])


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def _ask(sim: "Simulator", flow: Flow, pem: str, payload: Json) -> Json:
    if not flow.endpoint:
        raise EndpointError("unavailable", "the Flow has no endpoint_uri")
    if not pem:
        raise EndpointError("unavailable", "the number has no public key")
    key, vector = os.urandom(16), os.urandom(16)
    body = json.dumps(_encrypt(pem, key, vector, payload)).encode()
    answer = await _post(sim, flow.endpoint, body, signature(_secret(sim, flow), body))
    _check_status(answer)
    return _decrypt(key, vector, answer.body)


def _encrypt(pem: str, key: bytes, vector: bytes, payload: Json) -> Json:
    public = load_pem_public_key(pem.encode())
    if not isinstance(public, RSAPublicKey):
        raise EndpointError("unavailable", "the number's public key is not an RSA key")
    padding = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    sealed = {
        "encrypted_flow_data": AESGCM(key).encrypt(vector, json.dumps(payload).encode(), None),
        "encrypted_aes_key": public.encrypt(key, padding),
        "initial_vector": vector,
    }
    return {name: base64.b64encode(value).decode() for name, value in sealed.items()}


async def _post(sim: "Simulator", url: str, body: bytes, signed: str) -> Answer:
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signed, "User-Agent": "facebookexternalua"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    try:
        async with sim.dispatcher.session.post(url, data=body, headers=headers, timeout=timeout) as response:
            return Answer(response.status, await response.content.read(ANSWER_LIMIT))
    except TimeoutError as error:
        raise EndpointError("timeout", f"no answer within {TIMEOUT:g} seconds") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise EndpointError("unavailable", f"the endpoint cannot be reached: {type(error).__name__}") from error


def _check_status(answer: Answer) -> None:
    if answer.status == CANNOT_DECRYPT:
        raise EndpointError("decrypt", "the endpoint cannot decrypt (421)")
    if answer.status == BAD_SIGNATURE:
        raise EndpointError("signature", "the endpoint does not accept the signature (432)")
    if answer.status == TOKEN_INVALID:
        raise EndpointError("token", _token_words(answer.body))
    if answer.status != OK:
        raise EndpointError("unavailable", f"the endpoint answered {answer.status}")


def _token_words(body: bytes) -> str:
    try:
        return str(json.loads(body)["error_msg"])
    except (ValueError, KeyError, TypeError):
        return "the flow_token is no longer valid (427)"


def _decrypt(key: bytes, vector: bytes, body: bytes) -> Json:
    inverted = bytes(byte ^ 0xFF for byte in vector)
    try:
        found = json.loads(AESGCM(key).decrypt(inverted, base64.b64decode(body.strip(), validate=True), None))
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise EndpointError("format", f"the answer cannot be decrypted: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise EndpointError("format", "the answer is not an object")
    return found
