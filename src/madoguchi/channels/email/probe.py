"""Does the mailbox open, does the server for sending let us in? Asked each day, after every change, and while something is wrong."""

import asyncio
import poplib
from collections.abc import Mapping
from typing import Any

import aiosmtplib
from imapclient.exceptions import IMAPClientError

from madoguchi.channels.base import Failed, InboxConfig
from madoguchi.channels.email import imap, pop3
from madoguchi.channels.email.dkim_sign import WrongKey, key_of, published
from madoguchi.channels.email.smtp import connected, failure_of
from madoguchi.channels.events import ProviderError
from madoguchi.channels.fetching import ListenFailure
from madoguchi.channels.health import Health, Trouble

_FULL = 0.98  # of the mailbox's quota: what comes next may bounce
_FAST = 30


async def probe(inbox: InboxConfig, settings: Mapping[str, Any]) -> Health:
    incoming, outgoing, signing = await asyncio.gather(
        _incoming(inbox, settings), _outgoing(inbox, settings), _signing(inbox, settings)
    )
    troubles = [each for each in (incoming, signing) if isinstance(each, Trouble)]
    outgoing = signing if outgoing is None and isinstance(signing, Failed) else outgoing
    if outgoing is not None and outgoing.kind == "channel_down":
        error = outgoing.error
        return Health("attention", error.title, holds=error, troubles=tuple(troubles), answered=False)
    if outgoing is not None:
        troubles.append(Trouble(outgoing.error.code, "trouble", outgoing.error.detail))
    if troubles:
        first = troubles[0]
        # A mailbox that cannot be read hinders nothing from leaving.
        return Health(
            "attention", f"{first.code}: {first.detail}"[:300], troubles=tuple(troubles), answered=outgoing is None
        )
    return Health("ok")


async def _incoming(inbox: InboxConfig, settings: Mapping[str, Any]) -> Trouble | None:
    look = _look_imap if settings["imap_host"] else _look_pop3 if settings["pop3_host"] else None
    if look is None:
        return None
    try:
        async with asyncio.timeout(_FAST):
            return await asyncio.to_thread(look, inbox, settings)
    except ListenFailure as failure:
        return Trouble(failure.error.code, "trouble", failure.error.detail)
    except TimeoutError:
        return Trouble("unreachable", "trouble", "TimeoutError")


def _look_imap(inbox: InboxConfig, settings: Mapping[str, Any]) -> Trouble | None:
    try:
        client = imap.connect(settings)
        try:
            imap.sign_in(client, inbox)
            imap.select(client, settings)
            return _fullness(client) if client.has_capability("QUOTA") else None
        finally:
            imap.leave(client)
    except (OSError, IMAPClientError) as error:
        raise imap.failure(error) from error


def _fullness(client: Any) -> Trouble | None:
    _, quotas = client.get_quota_root("INBOX")
    for quota in quotas:
        if quota.limit and quota.usage >= quota.limit * _FULL:
            return Trouble("own_mailbox_full", "trouble", f"{quota.usage} / {quota.limit} {_text(quota.resource)}")
    return None


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _look_pop3(inbox: InboxConfig, settings: Mapping[str, Any]) -> None:
    try:
        client = pop3.sign_in(inbox, settings)
    except (OSError, poplib.error_proto) as error:
        raise pop3.failure(error) from error
    pop3.leave(client)


async def _outgoing(inbox: InboxConfig, settings: Mapping[str, Any]) -> Failed | None:
    if not settings["smtp_host"]:
        return None
    try:
        async with asyncio.timeout(_FAST), connected(inbox, settings):
            return None
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return failure_of(error)


async def _signing(inbox: InboxConfig, settings: Mapping[str, Any]) -> Trouble | Failed | None:
    try:
        key = key_of(inbox, settings)
    except WrongKey as error:
        return Failed("channel_down", ProviderError("dkim_key_wrong", "", "No signature", str(error)))
    if key is None or await asyncio.to_thread(published, key) is not False:
        return None
    return Trouble("dkim_record_wrong", "trouble", f"{key.place} TXT {key.record}")
