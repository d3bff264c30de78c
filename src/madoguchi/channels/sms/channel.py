# ruff: noqa: ARG002 - the contract gives more than short messages need
"""Short messages: one inbox is one number or name at one provider."""

import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from madoguchi.channels import base
from madoguchi.channels.base import (
    Draft,
    FetchedMedia,
    InboxConfig,
    MediaGone,
    MediaSource,
    Part,
    RawRequest,
    Refused,
    SendResult,
    Verified,
)
from madoguchi.channels.events import Event, Identity, Sender, Unknown
from madoguchi.channels.fetching import Intake, ListenFailure
from madoguchi.channels.health import Health
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.channels.sms.check import check, check_settings
from madoguchi.channels.sms.cm import parse as cm_parse
from madoguchi.channels.sms.cm import send as cm_send
from madoguchi.channels.sms.encoding import plainer
from madoguchi.channels.sms.kannel import parse as kannel_parse
from madoguchi.channels.sms.kannel import send as kannel_send
from madoguchi.channels.sms.numbers import identity_in
from madoguchi.channels.sms.smpp import parse as smpp_parse
from madoguchi.channels.sms.smpp import receive
from madoguchi.channels.sms.smpp import submit as smpp_send
from madoguchi.channels.sms.smpp.pdu import BIND_TRANSMITTER
from madoguchi.channels.sms.twilio import parse as twilio_parse
from madoguchi.channels.sms.twilio import send as twilio_send
from madoguchi.channels.sms.twilio import signature
from madoguchi.channels.sms.wire import kept, wire_of
from madoguchi.core.errors import FieldError

_PARSERS = {
    "cm": cm_parse.parse,
    "kannel": kannel_parse.parse,
    "smpp": smpp_parse.parse,
    "twilio": twilio_parse.parse,
}
_SENDERS = {"cm": cm_send.send, "kannel": kannel_send.send, "smpp": smpp_send.send, "twilio": twilio_send.send}


class Channel(base.Channel):
    def verify(self, request: RawRequest, inbox: InboxConfig) -> Verified | Refused:
        """Twilio signs; of the others only the provider knows the secret address."""
        provider = str(self.manifest.setting(inbox, "provider"))
        if provider == "twilio":
            return signature.verify(request, inbox)
        if provider == "smpp":
            return Refused(404, "this inbox listens on a link of its own")
        return Verified(keep=kept(provider, inbox, request.query))

    def parse(self, request: RawRequest) -> Sequence[Event]:
        wire = wire_of(request)
        parser = _PARSERS.get(wire.provider)
        return parser(request, wire) if parser else [Unknown("provider")]

    async def send(self, part: Part, inbox: InboxConfig, http: Http, media: MediaSource) -> SendResult:
        settings = self._settings(inbox)
        text = part.text or ""
        return await _SENDERS[settings["provider"]](
            part, plainer(text) if settings["plainer"] else text, inbox, settings, http
        )

    def check(self, draft: Draft) -> list[FieldError]:
        return check(draft, self.manifest.capabilities)

    def check_settings(self, credentials: Mapping[str, Any], settings: Mapping[str, Any]) -> list[FieldError]:
        return check_settings({line.key: self.manifest.value(line.key, settings) for line in self.manifest.settings})

    def identity_of(self, address: str) -> Identity | None:
        return identity_in(address, {})

    def identity_in(self, address: str, settings: Mapping[str, Any]) -> Identity | None:
        return identity_in(address, settings)

    def confirmation(
        self, inbox: InboxConfig, sender: Sender, state: Literal["granted", "withdrawn"]
    ) -> Mapping[str, str]:
        """Nothing to short codes and names: there are programs behind them."""
        wish, provider = (self.manifest.setting(inbox, key) for key in ("confirm_words", "provider"))
        if wish == "never" or (wish == "auto" and provider == "twilio"):
            return {}
        if not any(identity.kind == "phone" for identity in sender.identities):
            return {}
        own = str(self.manifest.setting(inbox, "stop_text" if state == "withdrawn" else "start_text") or "").strip()
        return {"": own} if own else self.manifest.phrases[state]

    async def fetch_media(self, reference: dict[str, Any], inbox: InboxConfig, http: Http) -> FetchedMedia:
        if not reference.get("url"):
            raise MediaGone
        return await twilio_send.fetch(reference, inbox, self._settings(inbox), http)

    def listens(self, inbox: InboxConfig) -> bool:
        return str(self.manifest.setting(inbox, "provider")) == "smpp"

    async def listen(self, inbox: InboxConfig, intake: Intake, http: Http) -> None:
        await receive.listen(inbox, self._settings(inbox), intake, http)

    async def probe(self, inbox: InboxConfig, http: Http) -> Health:
        settings = self._settings(inbox)
        if settings["provider"] == "twilio":
            return await twilio_send.probe(inbox, settings, http)
        if settings["provider"] == "smpp":
            return await _probe_link(inbox, settings)
        # The other two answer no question that sends nothing.
        return Health("ok")

    def _settings(self, inbox: InboxConfig) -> Mapping[str, Any]:
        return {line.key: self.manifest.setting(inbox, line.key) for line in self.manifest.settings}


async def _probe_link(inbox: InboxConfig, settings: Mapping[str, Any]) -> Health:
    try:
        link = await receive.open_link(inbox, settings, BIND_TRANSMITTER)
    except ListenFailure as failure:
        if failure.error.code in {"unreachable", "already_bound"}:
            raise HttpFailure(failure.error.detail, left=False) from failure
        return Health("attention", f"{failure.error.code}: {failure.error.detail}"[:300], holds=failure.error)
    except ssl.SSLError as error:
        raise HttpFailure(type(error).__name__, left=False) from error
    await link.close()
    return Health("ok")
