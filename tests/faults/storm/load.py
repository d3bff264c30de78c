"""Customers who write, an agent who answers each of them, and a screen that follows, all through every fault."""

import asyncio
import contextlib
import itertools
import json
import random
from typing import Any

import aiohttp
import websockets

from tests.faults.storm.installation import Installation

CUSTOMERS = 24
_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, websockets.WebSocketException, json.JSONDecodeError)


class Load:
    """`run()` until it is cancelled; `pause()` lets what is under way come to rest."""

    def __init__(self, installation: Installation, inbox: dict[str, Any], per_second: float) -> None:
        self._installation = installation
        self._inbox = inbox
        self._pause_seconds = CUSTOMERS / per_second
        self._may_write = asyncio.Event()
        self._busy = 0
        self.customers: list[dict[str, Any]] = []
        self.written: dict[str, list[str]] = {}
        """Customer → what the simulator took from them, in order."""
        self.ordered: dict[str, list[str]] = {}
        """Conversation → message ids our API answered with, in order."""
        self.screen = Screen(installation)

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            for number in range(CUSTOMERS):
                tasks.create_task(self._customer(session, number))
            tasks.create_task(self._agent(session))
            tasks.create_task(self.screen.follow())

    def go_on(self) -> None:
        self._may_write.set()

    async def pause(self) -> None:
        self._may_write.clear()
        async with asyncio.timeout(60):
            while self._busy:
                await asyncio.sleep(0.05)

    async def _customer(self, session: aiohttp.ClientSession, number: int) -> None:
        made = {"name": f"Customer {number}", "phone": f"8190555{number:05}"}
        customer = await self._simulator(session, "/_sim/customers", made)
        self.customers.append(customer)
        mine = self.written.setdefault(customer["id"], [])
        for serial in itertools.count():
            await self._may_write.wait()
            await asyncio.sleep(random.uniform(0.5, 1.5) * self._pause_seconds)
            if not self._may_write.is_set():
                continue
            text = f"customer {number} message {serial}"
            body = {"type": "text", "text": text, "number": self._inbox["number"]}
            await self._simulator(session, f"/_sim/customers/{customer['id']}/messages", body)
            mine.append(text)

    async def _simulator(self, session: aiohttp.ClientSession, path: str, body: Any) -> Any:
        async with session.post(f"{self._installation.simulator_url}{path}", json=body) as answer:
            found = await answer.json()
            assert answer.status < 300, found
            return found

    async def _agent(self, session: aiohttp.ClientSession) -> None:
        """Answers whoever waits, with the same idempotency key until there is an answer."""
        session.headers["Authorization"] = f"Bearer {self._installation.token}"
        for serial in itertools.count():
            await self._may_write.wait()
            for conversation in await self._waiting(session):
                self._busy += 1
                try:
                    await self._reply(session, conversation["id"], f"storm-{serial}-{conversation['id']}")
                finally:
                    self._busy -= 1
            await asyncio.sleep(0.3)

    async def _waiting(self, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
        url = f"{self._installation.url}/api/v1/conversations?sort=waiting&limit=10"
        with contextlib.suppress(*_ERRORS):
            async with session.get(url) as answer:
                if answer.status == 200:
                    return [each for each in (await answer.json())["items"] if each["unread"]]
        return []

    async def _reply(self, session: aiohttp.ClientSession, conversation_id: str, key: str) -> None:
        url = f"{self._installation.url}/api/v1/conversations/{conversation_id}/messages"
        while True:
            with contextlib.suppress(*_ERRORS):
                body = {"type": "text", "text": f"answer {key}"}
                async with session.post(url, json=body, headers={"Idempotency-Key": key}) as answer:
                    found = await answer.json()
                    if answer.status == 201:
                        self.ordered.setdefault(conversation_id, []).append(found["id"])
                        return
                    if answer.status < 500 and answer.status not in (409, 429):
                        raise AssertionError(f"a reply was refused: {answer.status} {found}")
                    if found.get("code") in {"channel_down", "window_closed"}:
                        return
            await asyncio.sleep(0.2)


class Screen:
    """A console: asks "since n" after each cut, and notes every number it is shown."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.seen: list[int] = []
        self.messages: dict[str, dict[str, Any]] = {}
        """What it shows: every message it was told of, as it was told last."""

    async def follow(self) -> None:
        while True:
            with contextlib.suppress(*_ERRORS):
                await self._listen()
            await asyncio.sleep(0.2)

    async def _listen(self) -> None:
        since = self.seen[-1] if self.seen else 0
        url = f"{self._installation.url.replace('http', 'ws')}/api/v1/live?since={since}"
        headers = {"Authorization": f"Bearer {self._installation.token}"}
        async with websockets.connect(url, additional_headers=headers, max_size=None, open_timeout=10) as socket:
            async for frame in socket:
                event = json.loads(frame)
                if not event["seq"]:  # hello, clock: not part of the sequence
                    continue
                self.seen.append(event["seq"])
                if event["type"] in {"message.created", "message.updated"} and event["data"]:
                    self.messages[event["data"]["id"]] = event["data"]
