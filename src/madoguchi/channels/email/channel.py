# ruff: noqa: ARG002 - the contract gives more than mail needs
"""E-mail: mailboxes of a company, read by IMAP, POP3 or from its own mail server, answered by SMTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from madoguchi.channels import base
from madoguchi.channels.base import (
    Draft,
    Failed,
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
from madoguchi.channels.email import imap, large, oauth, pop3
from madoguchi.channels.email.check import check
from madoguchi.channels.email.compose import File, compose
from madoguchi.channels.email.dkim_sign import WrongKey, key_of, signed
from madoguchi.channels.email.headers import read_addresses
from madoguchi.channels.email.message import RAW, read_mail
from madoguchi.channels.email.probe import probe
from madoguchi.channels.email.recipients import progress_of
from madoguchi.channels.email.smtp import submit
from madoguchi.channels.email.structure import open_mail
from madoguchi.channels.events import Event, Identity, ProviderError
from madoguchi.channels.fetching import Intake
from madoguchi.channels.health import Health
from madoguchi.channels.http import Http
from madoguchi.core.errors import FieldError

TRUSTED = "x-madoguchi-trusted-servers"
_RAW_TYPES = ("message/rfc822", "application/octet-stream", "text/plain", "")


class Channel(base.Channel):
    def verify(self, request: RawRequest, inbox: InboxConfig) -> Verified | Refused:
        """A relay hands over one raw mail; the key in the address is what it knows and nobody else."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _RAW_TYPES:
            return Refused(415, "send one raw mail as message/rfc822")
        if not request.body.strip():
            return Refused(400, "an empty body is no mail")
        # Parsing knows the request alone: what of the inbox it needs travels with it.
        trusted = str(self.manifest.setting(inbox, "trusted_servers") or "")
        return Verified(keep={TRUSTED: trusted, large.SIZE: ""})

    def parse(self, request: RawRequest) -> Sequence[Event]:
        servers = tuple(request.headers.get(TRUSTED, "").split(","))
        return large.marked(read_mail(request.body, _envelope(request), servers), request.headers)

    async def send(self, part: Part, inbox: InboxConfig, http: Http, media: MediaSource) -> SendResult:
        settings = self._settings(inbox)
        if not settings["smtp_host"]:
            return Failed(
                "stop", ProviderError("no_mail_server", "", "No server for sending", "Enter the SMTP server.")
            )
        files = [File(each.name, each.content_type, await _read(media, each.storage_key)) for each in part.media]
        sender = str(settings["sender_name"] or inbox.name), str(settings["address"])
        letter = compose(part, sender, files, _signature(part, settings))
        try:
            key = key_of(inbox, settings)
            ready = await asyncio.to_thread(signed, letter, key) if key is not None else letter
        except WrongKey as error:  # unsigned it would be taken for forged: better late
            return Failed("channel_down", ProviderError("dkim_key_wrong", "", "No signature", str(error)))
        return await submit(ready, inbox, settings, progress_of(part))

    def check(self, draft: Draft) -> list[FieldError]:
        return check(draft)

    def identity_of(self, address: str) -> Identity | None:
        found = read_addresses([address])
        return Identity("address", found[0].key) if found else None

    async def read_media(self, reference: dict[str, Any], request: RawRequest) -> FetchedMedia:
        """A file out of the mail it came in."""
        if reference.get("part") == RAW:
            return _whole(request.body, "message/rfc822")
        try:
            part = open_mail(request.body).parts[int(reference["part"])]
        except (IndexError, KeyError, ValueError) as error:
            raise MediaGone from error
        return _whole(part.content, part.content_type)

    def listens(self, inbox: InboxConfig) -> bool:
        return bool(self.manifest.setting(inbox, "imap_host") or self.manifest.setting(inbox, "pop3_host"))

    async def listen(self, inbox: InboxConfig, intake: Intake, http: Http) -> None:
        settings = self._settings(inbox)
        trusted = {TRUSTED: str(settings["trusted_servers"] or "")}
        protocol = imap if settings["imap_host"] else pop3
        await protocol.listen(inbox, settings, intake, trusted)

    def is_stale(self, inbox: InboxConfig, now: datetime) -> bool:
        return oauth.is_stale(inbox, self._settings(inbox), now)

    async def renew(self, inbox: InboxConfig, http: Http) -> dict[str, str]:
        return await oauth.renew(inbox, self._settings(inbox), http)

    async def probe(self, inbox: InboxConfig, http: Http) -> Health:
        return await probe(inbox, self._settings(inbox))

    def _settings(self, inbox: InboxConfig) -> Mapping[str, Any]:
        return {line.key: self.manifest.setting(inbox, line.key) for line in self.manifest.settings}


def _signature(part: Part, settings: Mapping[str, Any]) -> str:
    """The person's above the company's; what no person wrote has the company's alone."""
    ours, theirs = str(settings["signature"]), part.signature
    chosen = {"both": (theirs, ours), "inbox": (ours,), "agent": (theirs or ours,)}[str(settings["signature_of"])]
    return "\n".join(each.strip() for each in chosen if each.strip())


def _envelope(request: RawRequest) -> list[str]:
    given = request.headers.get("x-envelope-to", "")
    return [each for each in given.replace(";", ",").split(",") if each.strip()]


async def _read(media: MediaSource, key: str) -> bytes:
    return b"".join([chunk async for chunk in media.read(key)])


def _whole(content: bytes, content_type: str) -> FetchedMedia:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return FetchedMedia(content_type, len(content), chunks())
