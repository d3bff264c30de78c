"""The data exchange of WhatsApp Flows: RSA-OAEP around an AES key, AES-GCM around the rest, the answer under the inverted IV."""

import base64
import binascii
import hmac
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from madoguchi.channels.base import InboxConfig, RawRequest, Verified
from madoguchi.channels.forms import Done, FormAnswer, FormRefused, FormRequest, Over, Screen
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.verify import verify

CANNOT_OPEN, TOKEN_OVER, NOT_META = 421, 427, 432
_ACTIONS = {"INIT": "open", "BACK": "back", "data_exchange": "submit"}


class Sealing(Struct, frozen=True):
    key: bytes
    vector: bytes
    screen: str
    token: str


class _Sealed(Struct):
    encrypted_flow_data: str
    encrypted_aes_key: str
    initial_vector: str


def open_form(request: RawRequest, inbox: InboxConfig, private_key: str) -> FormRequest | FormRefused:
    """Pure; never raises, whatever the bytes are."""
    if not isinstance(verify(request, inbox), Verified):
        return FormRefused(NOT_META, "signature wrong")
    try:
        key, vector, payload = _opened(request.body, private_key)
    except (ValueError, TypeError, InvalidTag, binascii.Error, msgspec.MsgspecError, RecursionError):
        # Meta's clients then fetch our public key anew and try once more.
        return FormRefused(CANNOT_OPEN, "cannot be decrypted")
    if not _token_signed(payload, inbox):
        return FormRefused(NOT_META, "the token's signature is wrong")
    return _request(payload, key, vector)


def _opened(body: bytes, private_key: str) -> tuple[bytes, bytes, dict[str, Any]]:
    sealed = msgspec.json.decode(body, type=_Sealed)
    private = load_pem_private_key(private_key.encode(), None)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("not an RSA key")
    padding = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    key = private.decrypt(base64.b64decode(sealed.encrypted_aes_key), padding)
    vector = base64.b64decode(sealed.initial_vector)
    plain = AESGCM(key).decrypt(vector, base64.b64decode(sealed.encrypted_flow_data), None)
    payload = clean(msgspec.json.decode(plain))
    if not isinstance(payload, dict):
        raise TypeError("not an object")
    return key, vector, payload


def _request(payload: dict[str, Any], key: bytes, vector: bytes) -> FormRequest:
    screen, token = string(payload, "screen") or "", string(payload, "flow_token") or ""
    given = payload.get("data")
    data = given if isinstance(given, dict) else {}
    sealing = Sealing(key, vector, screen, token)
    if payload.get("action") == "ping":
        return FormRequest("ping", sealing)
    if "error" in data or "error_message" in data:
        return FormRequest("error", sealing, screen, data, token)
    action = _ACTIONS.get(str(payload.get("action")), "submit")
    return FormRequest(action, sealing, screen or None, data, token)  # type: ignore[arg-type]


def _token_signed(payload: dict[str, Any], inbox: InboxConfig) -> bool:
    """From data API 4.0 on Meta signs the token: a JWT with the app's secret."""
    signed = string(payload, "flow_token_signature")
    if signed is None:
        return True
    head, _, signature = signed.rpartition(".")
    secrets = [each.strip() for each in inbox.credentials.get("app_secret", "").split(",") if each.strip()]
    try:
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error):
        return False
    # Every secret is tried, so that the time taken does not tell which of them was right.
    matches = [hmac.compare_digest(hmac.digest(s.encode(), head.encode(), "sha256"), given) for s in secrets]
    return any(matches)


def seal_ping(sealing: Sealing, *, error: bool) -> bytes:
    return _seal(sealing, {"data": {"acknowledged": True} if error else {"status": "active"}})


def seal_answer(sealing: Sealing, answer: FormAnswer) -> tuple[int, bytes]:
    """HTTP status and body."""
    if isinstance(answer, Over):
        return TOKEN_OVER, msgspec.json.encode({"error_msg": answer.words})
    if isinstance(answer, Done):
        params = {"flow_token": sealing.token, **answer.values}
        return 200, _seal(sealing, {"screen": "SUCCESS", "data": {"extension_message_response": {"params": params}}})
    return 200, _seal(sealing, _screen(answer))


def _screen(answer: Screen) -> dict[str, Any]:
    error = {"error_message": answer.error} if answer.error else {}
    return {"screen": answer.name, "data": {**answer.data, **error}}


def _seal(sealing: Sealing, answer: dict[str, Any]) -> bytes:
    inverted = bytes(byte ^ 0xFF for byte in sealing.vector)
    return base64.b64encode(AESGCM(sealing.key).encrypt(inverted, msgspec.json.encode(answer), None))
