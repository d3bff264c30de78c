"""A mail server that does not give out everything: it leaves a body out of its answer, or breaks off over it."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from madoguchi.channels.email.imap import connect, leave

_UIDS = re.compile(rb"UID FETCH ([0-9,:]+) \((.*)\)")


class StubbornImap:
    """`withheld`: no body for these. `breaking`: the connection ends when they are asked for. By their numbers from 1."""

    def __init__(self, mails: list[bytes]) -> None:
        self.mails = mails
        self.withheld: set[int] = set()
        self.breaking: set[int] = set()
        self.gone: set[int] = set()
        self.fetched: list[int] = []
        self.port = 0

    async def tried(self, authority: str) -> Exception | None:
        """Why a connection in TLS, as the product makes it, fails; None where it does not."""
        settings = {"imap_host": "127.0.0.1", "imap_port": self.port, "imap_tls": "implicit", "tls_ca": authority}
        try:
            client = await asyncio.to_thread(connect, settings)
            await asyncio.to_thread(leave, client)
        except Exception as error:
            return error
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.strip().partition(b" ")
            answer = self._answer(command.upper())
            if answer is None:
                break
            writer.write(answer + tag + b" OK done\r\n")
            await writer.drain()
            if command.upper() == b"LOGOUT":
                break
        writer.close()

    def _answer(self, command: bytes) -> bytes | None:
        """None: not another word."""
        there = [uid for uid in range(1, len(self.mails) + 1) if uid not in self.gone]
        if command == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith(b"EXAMINE"):
            state = f"* {len(there)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {len(self.mails) + 1}] ok\r\n"
            return state.encode()
        if found := re.match(rb"UID SEARCH UID (\d+)(:\*)?", command):
            first, open_end = int(found[1]), bool(found[2])
            wanted = [uid for uid in there if uid == first or (open_end and uid > first)]
            return b"* SEARCH" + b"".join(b" %d" % uid for uid in wanted) + b"\r\n"
        if found := _UIDS.match(command):
            return self._fetch([uid for uid in _numbers(found[1]) if uid in there], found[2])
        return b""

    def _fetch(self, uids: list[int], wanted: bytes) -> bytes | None:
        lines = []
        for uid in uids:
            content = self.mails[uid - 1]
            if b"BODY" not in wanted:
                lines.append(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, len(content)))
                continue
            self.fetched.append(uid)
            if uid in self.breaking:
                return None
            if uid in self.withheld:
                lines.append(b"* %d FETCH (UID %d)\r\n" % (uid, uid))
            else:
                part = b"HEADER" if b"HEADER" in wanted else b""
                given = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part else content
                lines.append(b"* %d FETCH (UID %d BODY[%b] {%d}\r\n%b)\r\n" % (uid, uid, part, len(given), given))
        return b"".join(lines)


def _numbers(wanted: bytes) -> list[int]:
    found: list[int] = []
    for part in wanted.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


@asynccontextmanager
async def running_stubborn_imap(mails: list[bytes], tls: ssl.SSLContext | None = None) -> AsyncIterator[StubbornImap]:
    box = StubbornImap(mails)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
