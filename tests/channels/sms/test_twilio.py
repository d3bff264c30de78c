"""Our reading of Twilio's signature against Twilio's own program."""

from urllib.parse import urlencode
from uuid import UUID

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, RawRequest, Verified

URL = "https://desk.example.com/webhooks/KEY"
SECRETS = {"auth_token": "token", "webhook_signing_key": "shared"}
FORM = {"From": "+819011110001", "Body": "こんにちは & more = 100 %", "MessageSid": "SM1", "To": "", "AddOns": "{}"}


def _verdict(url: str, signature: str, query: dict[str, str], settings: str = "") -> bool:
    inbox = InboxConfig(UUID(int=1), UUID(int=1), "sms", "x", SECRETS, {"provider": "twilio"}, url)
    headers = {"x-twilio-signature": signature, "x-twilio-webhooks-signature-settings": settings}
    request = RawRequest("POST", query, headers, urlencode(FORM).encode())
    return isinstance(registry.channel("sms").verify(request, inbox), Verified)


@pytest.mark.parametrize("host", ["https://desk.example.com", "https://desk.example.com:443", "http://127.0.0.1:8900"])
@pytest.mark.parametrize("query", [{}, {"ref": "0abc"}])
def test_what_twilio_signs_is_taken(host: str, query: dict[str, str]) -> None:
    url = f"{host}/webhooks/KEY"
    asked = url + (f"?{urlencode(query)}" if query else "")
    assert _verdict(url, RequestValidator("token").compute_signature(asked, FORM), query)
    assert not _verdict(url, RequestValidator("other").compute_signature(asked, FORM), query)


def test_the_shared_key_and_sha_256() -> None:
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    signature = RequestValidator("shared").compute_signature(URL, FORM, "HMAC_SHA256")
    assert _verdict(URL, signature, {}, settings)
    assert not _verdict(URL, signature, {})
    assert not _verdict(URL, RequestValidator("token").compute_signature(URL, FORM), {}, settings)
