"""A message centre over TCP: takes submits, reports, delivers what customers write, and misbehaves when told to."""

import asyncio
import itertools
import ssl
import struct
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from madoguchi.simulator.sms import smpp
from madoguchi.simulator.sms.letters import in_parts, to_text
from madoguchi.simulator.sms.smpp import Submit

OK, INVALID_COMMAND, NOT_BOUND, ALREADY, BAD_PASSWORD, BAD_NAME, THROTTLED = 0, 3, 4, 5, 0x0E, 0x0F, 0x58
_REPORT_TEXT = "id:{id} sub:001 dlvrd:{done} submit date:{at} done date:{at} stat:{state} err:{error} text:{text}"
_DATES = {10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S"}
_STATES = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "ACCEPTD": 6, "REJECTD": 8}


@dataclass
class Faults:
    """Counts are used up one by one."""

    bind_status: int = 0  # every bind is refused with it
    throttle: int = 0  # so many submits are too fast
    submit_status: int = 0  # every submit is refused with it
    lose_answers: int = 0  # so many are taken without an answer
    refuse_from: int = 0  # with `submit_status`: only the submits from this one on, counted from now
    deaf: bool = False  # neither hears answers nor questions whether it lives
    cut_at: int = 0  # the link is cut at this submit from now, which was taken
    receipts: str = "once"  # once, twice, before (the answer), none
    state: str = "DELIVRD"
    receipt_delay: float = 0.0
    fields: bool = True  # receipted_message_id and message_state beside the words
    date_digits: int = 10
    receipt_ids: str = "same"  # or hex: the answer's decimal id comes in hexadecimal


@dataclass
class Taken:
    id: str
    system_id: str
    source: str
    destination: str
    text: str
    part: tuple[int, int, int] | None  # reference, total, number
    coding: int = 0


@dataclass
class Smsc:
    """`accounts` are system ids and their passwords; `heard` is called with each message once all its parts are there."""

    accounts: dict[str, str]
    heard: Callable[[str, str, str], None] | None = None  # from, to, text
    faults: Faults = field(default_factory=Faults)
    taken: list[Taken] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._ids = itertools.count(1_000_001)
        self._references = itertools.count(1)
        self._sessions: list[_Session] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._parts: dict[tuple[str, str, int], dict[int, str]] = {}
        # What no receiver took waits for one, as it does at a real one.
        self._waiting: list[tuple[str, bytes]] = []

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def links(self) -> int:
        return sum(1 for session in self._sessions if session.bound)

    def cut(self) -> None:
        """Every link ends without a word."""
        for session in list(self._sessions):
            session.abort()

    def deliver(self, source: str, destination: str, text: str, system_id: str = "") -> None:
        """A customer's message, in as many parts as it takes, to the one account or the one named."""
        account = system_id or next(iter(self.accounts))
        for esm_class, coding, content in in_parts(text, next(self._references)):
            body = smpp.deliver_body(source, destination, content, esm_class=esm_class, coding=coding)
            self._pass_on(account, body)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        self._sessions.append(session)
        try:
            await session.run()
        finally:
            self._sessions.remove(session)
            # What was not answered is delivered again.
            self._waiting += [(session.system_id, body) for body in session.unanswered.values()]
            writer.close()

    def bound(self, session: "_Session") -> None:
        if session.kind == "transmitter":
            return
        mine = [body for name, body in self._waiting if name == session.system_id]
        self._waiting = [each for each in self._waiting if each[0] != session.system_id]
        for body in mine:
            session.deliver(body)

    def _pass_on(self, system_id: str, body: bytes) -> None:
        for session in self._sessions:
            if session.bound and session.system_id == system_id and session.kind != "transmitter":
                session.deliver(body)
                return
        self._waiting.append((system_id, body))

    def take(self, session: "_Session", submit: Submit) -> tuple[str, int]:
        """The id it gets, and the status of the answer."""
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            return "", THROTTLED
        if self.faults.submit_status:
            self.faults.refuse_from -= 1
            if self.faults.refuse_from <= 0:
                return "", self.faults.submit_status
        message_id = str(next(self._ids))
        part, content = part_of(submit)
        text = to_text(submit.coding, content)
        self.taken.append(
            Taken(message_id, session.system_id, submit.source, submit.destination, text, part, submit.coding)
        )
        self._hear(submit, text, part)
        if submit.registered & 1 and self.faults.receipts != "none":
            self._report(session.system_id, message_id, submit, text)
        return message_id, OK

    def _hear(self, submit: Submit, text: str, part: tuple[int, int, int] | None) -> None:
        if self.heard is None:
            return
        if part is None:
            self.heard(submit.source, submit.destination, text)
            return
        reference, total, number = part
        waiting = self._parts.setdefault((submit.source, submit.destination, reference), {})
        waiting[number] = text
        if len(waiting) == total:
            self.heard(submit.source, submit.destination, "".join(waiting[n] for n in sorted(waiting)))
            del self._parts[submit.source, submit.destination, reference]

    def _report(self, system_id: str, message_id: str, submit: Submit, text: str) -> None:
        faults = self.faults
        told = f"{int(message_id):X}" if faults.receipt_ids == "hex" else message_id
        words = _REPORT_TEXT.format(
            id=told,
            done="001" if faults.state == "DELIVRD" else "000",
            at=time.strftime(_DATES[faults.date_digits], time.gmtime()),
            state=faults.state,
            error="000",
            text=text[:20].encode("ascii", "replace").decode(),
        )
        fields = {0x001E: told.encode() + b"\0", 0x0427: bytes((_STATES[faults.state],))} if faults.fields else {}
        body = smpp.deliver_body(submit.destination, submit.source, words.encode(), esm_class=4, fields=fields)
        if faults.receipts == "before":
            self._pass_on(system_id, body)
            return
        times = 2 if faults.receipts == "twice" else 1
        self.later(self._report_later(system_id, body, times, faults.receipt_delay))

    async def _report_later(self, system_id: str, body: bytes, times: int, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(times):
            self._pass_on(system_id, body)


def part_of(submit: Submit) -> tuple[tuple[int, int, int] | None, bytes]:
    if {0x020C, 0x020E, 0x020F} <= submit.fields.keys():
        numbers = (int.from_bytes(submit.fields[tag]) for tag in (0x020C, 0x020E, 0x020F))
        return (next(numbers), next(numbers), next(numbers)), submit.content
    if not submit.esm_class & 0x40:
        return None, submit.content
    length = submit.content[0] + 1
    head, content = submit.content[:length], submit.content[length:]
    if head[1:3] == b"\x00\x03":
        return (head[3], head[4], head[5]), content
    if head[1:3] == b"\x08\x04":
        return (struct.unpack_from("!H", head, 3)[0], head[5], head[6]), content
    return None, content


class _Session:
    """One connection."""

    def __init__(self, centre: Smsc, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._centre = centre
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self.system_id = ""
        self.kind = ""
        self.bound = False
        self.unanswered: dict[int, bytes] = {}

    async def run(self) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            while True:
                head = await self._reader.readexactly(smpp.HEAD)
                length, command, _, sequence = struct.unpack("!4I", head)
                body = await self._reader.readexactly(length - smpp.HEAD)
                if not self._handle(command, sequence, body):
                    return
                await self._writer.drain()

    def abort(self) -> None:
        self._writer.transport.abort()

    def deliver(self, body: bytes) -> None:
        number = next(self._numbers)
        self.unanswered[number] = body
        self._writer.write(smpp.frame(5, 0, number, body))

    def _handle(self, command: int, sequence: int, body: bytes) -> bool:
        """False ends the connection."""
        if self._centre.faults.deaf and (command == 0x15 or command & 0x80000000):
            return True
        if command & 0x80000000:
            self.unanswered.pop(sequence, None)
            return True
        if command in smpp.BINDS:
            return self._bind(command, sequence, body)
        if command == 0x15:
            self._answer(command, OK, sequence)
        elif command == 6:
            self._answer(command, OK, sequence)
            return False
        elif command != 4:
            self._writer.write(smpp.frame(0x80000000, INVALID_COMMAND, sequence))
        elif not self.bound or self.kind == "receiver":
            self._answer(command, NOT_BOUND, sequence)
        else:
            return self._submit(sequence, body)
        return True

    def _bind(self, command: int, sequence: int, body: bytes) -> bool:
        name, password = smpp.strings(body, 2)
        known = self._centre.accounts.get(name)
        status = OK if known == password else BAD_NAME if known is None else BAD_PASSWORD
        status = self._centre.faults.bind_status or status
        self._answer(command, status, sequence, b"simulator\0" if status == OK else b"")
        if status != OK:
            return True
        self.system_id, self.kind, self.bound = name, smpp.BINDS[command], True
        self._centre.bound(self)
        return True

    def _submit(self, sequence: int, body: bytes) -> bool:
        faults = self._centre.faults
        message_id, status = self._centre.take(self, smpp.read_submit(body))
        if status == OK and faults.cut_at:
            faults.cut_at -= 1
            if not faults.cut_at:
                self.abort()
                return False
        if status == OK and faults.lose_answers > 0:
            faults.lose_answers -= 1
            return True
        self._answer(4, status, sequence, message_id.encode() + b"\0" if status == OK else b"")
        return True

    def _answer(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        self._writer.write(smpp.frame(command | 0x80000000, status, sequence, body))
