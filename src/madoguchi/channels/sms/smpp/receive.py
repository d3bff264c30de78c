"""Listens on a link: what comes is stored, then answered. Parts of one message wait, stored too, until all are there."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import ProviderError
from madoguchi.channels.fetching import Intake, ListenFailure
from madoguchi.channels.http import Http
from madoguchi.channels.sms.smpp.link import BindRefused, Link, LinkLost, endpoint_of
from madoguchi.channels.sms.smpp.links import links_of
from madoguchi.channels.sms.smpp.pdu import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    ENQUIRE_LINK,
    TRY_LATER,
    Malformed,
    Pdu,
    Short,
    pack,
    unpack_short,
)
from madoguchi.channels.sms.smpp.status import bind_code
from madoguchi.channels.sms.smpp.texts import place_of
from madoguchi.channels.sms.smpp.tls import reason_of
from madoguchi.channels.sms.wire import kept
from madoguchi.core import clock
from madoguchi.core.ids import new_id

_MOST_AT_ONCE = 100
_REST_SECONDS = 15.0
_PARTS_WAIT = timedelta(minutes=10)
_AGAIN_WITHIN = timedelta(minutes=10)
_MOST_REMEMBERED = 200
_RECEIPT_BITS = 0x3C

Request = tuple[Mapping[str, str], bytes]


async def listen(inbox: InboxConfig, settings: Mapping[str, Any], intake: Intake, http: Http) -> None:
    """Until the link ends or it is cancelled; raises ListenFailure."""
    both = settings["smpp_bind"] == "transceiver"
    link = await open_link(inbox, settings, BIND_TRANSCEIVER if both else BIND_RECEIVER)
    links = links_of(http)
    try:
        receiver = Receiver(inbox, settings, intake, await intake.cursor())
        await intake.works()
        if both:
            links.share(inbox.id, link)
        await receiver.run(link)
    finally:
        if both:
            links.share(inbox.id, None)
        await link.close()
    raise ListenFailure(ProviderError("connection_lost", "", "Link cut", "The operator ended the link."))


async def open_link(inbox: InboxConfig, settings: Mapping[str, Any], command: int) -> Link:
    """Raises ListenFailure with a code that has its words."""
    try:
        return await Link.open(endpoint_of(inbox, settings), command)
    except BindRefused as refused:
        detail = f"0x{refused.status:02X}"
        raise ListenFailure(ProviderError(bind_code(refused.status), detail, "Bind refused", detail)) from refused
    except ssl.SSLError as error:
        raise ListenFailure(ProviderError("certificate_invalid", "", "Certificate", reason_of(error))) from error
    except (OSError, LinkLost) as error:
        raise ListenFailure(ProviderError("unreachable", "", "No connection", type(error).__name__)) from error


class Receiver:
    """`cursor` is `{parts: {key: {at, total, pdus: {number: base64}}}, recent: [[fingerprint, at]]}`."""

    def __init__(
        self, inbox: InboxConfig, settings: Mapping[str, Any], intake: Intake, cursor: Mapping[str, Any]
    ) -> None:
        self._inbox = inbox
        self._alphabet = str(settings["smpp_alphabet"])
        self._intake = intake
        self._parts: dict[str, dict[str, Any]] = dict(cursor.get("parts", {}))
        self._recent: list[list[str]] = list(cursor.get("recent", []))
        # What an earlier link brought may come again where its answer may not have arrived.
        self._before = list(self._recent)
        self._lock = asyncio.Lock()  # of what is kept
        self._confirming: asyncio.Task[None] | None = None

    async def run(self, link: Link) -> None:
        try:
            while True:
                came, ended = await _gather(link)
                async with self._lock:
                    await self._store(link, came)
                if ended:
                    return
                if self._recent and (self._confirming is None or self._confirming.done()):
                    self._confirming = asyncio.create_task(self._confirm(link))
        finally:
            if self._confirming is not None:
                self._confirming.cancel()
                await asyncio.gather(self._confirming, return_exceptions=True)

    async def _store(self, link: Link, came: list[Pdu]) -> None:
        parts, recent = {key: dict(value) for key, value in self._parts.items()}, list(self._recent)
        requests = [*self._overdue(parts)]
        for pdu in came:
            requests += self._sorted_in(pdu, parts, recent)
        if not came and not requests:
            return
        try:
            await self._intake.store(requests, {"parts": parts, "recent": recent[-_MOST_REMEMBERED:]})
        except Exception:
            for pdu in came:
                link.answer(pdu, TRY_LATER)
            raise
        self._parts, self._recent = parts, recent[-_MOST_REMEMBERED:]
        for pdu in came:
            link.answer(pdu)

    async def _confirm(self, link: Link) -> None:
        """Answered questions prove that the answers before them arrived: then nothing of it will come again, and the same
        words are a message of their own."""
        answered = list(self._recent)
        with suppress(LinkLost):
            await link.ask(ENQUIRE_LINK)
            async with self._lock:
                self._recent = [each for each in self._recent if each not in answered]
                await self._intake.store([], {"parts": self._parts, "recent": self._recent})

    def _comes_again(self, fingerprint: str) -> bool:
        """What an earlier link brought, once for each and not for long."""
        since = clock.now() - _AGAIN_WITHIN
        self._before = [each for each in self._before if datetime.fromisoformat(each[1]) > since]
        found = next((each for each in self._before if each[0] == fingerprint), None)
        if found is not None:
            self._before.remove(found)
        return found is not None

    def _sorted_in(self, pdu: Pdu, parts: dict[str, dict[str, Any]], recent: list[list[str]]) -> list[Request]:
        fingerprint = hashlib.sha256(pdu.body).hexdigest()[:16]
        if self._comes_again(fingerprint):
            return []
        recent.append([fingerprint, clock.now().isoformat()])
        whole = pack(pdu)
        try:
            short = unpack_short(pdu.command, pdu.body)
        except Malformed:
            return [self._request(whole)]  # set aside, for an admin to see
        place = None if short.esm_class & _RECEIPT_BITS else place_of(short)
        if place is None:
            return [self._request(whole)]
        key = _key(short, place.reference, place.total)
        waiting = parts.setdefault(key, {"at": clock.now().isoformat(), "total": place.total, "pdus": {}})
        waiting["pdus"] = {**waiting["pdus"], str(place.number): base64.b64encode(whole).decode()}
        return [self._together(parts.pop(key))] if len(waiting["pdus"]) == place.total else []

    def _overdue(self, parts: dict[str, dict[str, Any]]) -> list[Request]:
        """What is there of messages whose other parts never came."""
        limit = clock.now() - _PARTS_WAIT
        late = [key for key, value in parts.items() if datetime.fromisoformat(value["at"]) < limit]
        return [self._together(parts.pop(key)) for key in late]

    def _together(self, waiting: Mapping[str, Any]) -> Request:
        pdus = waiting["pdus"]
        return self._request(b"".join(base64.b64decode(pdus[number]) for number in sorted(pdus, key=int)))

    def _request(self, body: bytes) -> Request:
        # Operators give a message from a phone no id.
        return kept("smpp", self._inbox, {"id": f"mo-{new_id().hex}"}, alphabet=self._alphabet), body


def _key(short: Short, reference: int, total: int) -> str:
    return f"{short.source.number}>{short.destination.number}:{reference}/{total}"[:200]


async def _gather(link: Link) -> tuple[list[Pdu], bool]:
    """Whatever has come, at once; now and then nothing, so that overdue parts are looked at."""
    try:
        first = await asyncio.wait_for(link.received.get(), _REST_SECONDS)
    except TimeoutError:
        return [], link.closed.is_set()
    came = [first]
    while len(came) < _MOST_AT_ONCE and not link.received.empty():
        came.append(link.received.get_nowait())
    return [each for each in came if each is not None], None in came or link.closed.is_set()
