"""The links of a process: one for each inbox, kept open between two messages and shared with whoever listens."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.http import Http
from madoguchi.channels.sms.smpp.link import Endpoint, Link, endpoint_of
from madoguchi.channels.sms.smpp.pace import Pace
from madoguchi.channels.sms.smpp.pdu import BIND_TRANSMITTER

_LISTENER_SECONDS = 3.0


class Place(Struct):
    """What an inbox has here."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pace: Pace = field(default_factory=Pace)
    endpoint: Endpoint | None = None
    link: Link | None = None
    shared: asyncio.Event = field(default_factory=asyncio.Event)
    listening: Link | None = None


class Links:
    """Lives as long as the process's `Http`."""

    def __init__(self) -> None:
        self._places: dict[UUID, Place] = {}

    def place(self, inbox_id: UUID) -> Place:
        return self._places.setdefault(inbox_id, Place())

    async def sending(self, inbox: InboxConfig, settings: Mapping[str, Any]) -> Link:
        """A link that messages can leave by. Raises what `Link.open` raises."""
        place, endpoint = self.place(inbox.id), endpoint_of(inbox, settings)
        async with place.lock:
            if settings["smpp_bind"] == "transceiver" and (shared := await _shared(place)):
                return shared
            if place.link is not None and (place.link.closed.is_set() or place.endpoint != endpoint):
                await place.link.close()
                place.link = None
            if place.link is None:
                place.link = await Link.open(endpoint, BIND_TRANSMITTER)
                place.endpoint = endpoint
            return place.link

    def share(self, inbox_id: UUID, link: Link | None) -> None:
        """The listener's link, where it can send as well; None when it is over."""
        place = self.place(inbox_id)
        place.listening = link
        if link is None:
            place.shared.clear()
        else:
            place.shared.set()

    async def aclose(self) -> None:
        links = [place.link for place in self._places.values() if place.link is not None]
        await asyncio.gather(*(link.close() for link in links))


async def _shared(place: Place) -> Link | None:
    """Right after the start the listener may be a moment behind; where it lives in another process, it never comes."""
    if place.link is None and place.listening is None:
        with suppress(TimeoutError):
            await asyncio.wait_for(place.shared.wait(), _LISTENER_SECONDS)
    link = place.listening
    return link if link is not None and not link.closed.is_set() else None


def links_of(http: Http) -> Links:
    return http.kept("smpp", Links)
