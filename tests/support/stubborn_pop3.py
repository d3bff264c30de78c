"""A POP3 server that does not give out everything: it refuses a mail, breaks off over it, or gives one id to two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class StubbornPop3:
    """`withheld`: refused. `breaking`: the connection ends when they are asked for. By their numbers from 1; `ids` are what the
    server calls them."""

    def __init__(self, mails: list[bytes]) -> None:
        self.mails = mails
        self.ids = [f"id{number}" for number in range(1, len(mails) + 1)]
        self.withheld: set[int] = set()
        self.breaking: set[int] = set()
        self.gone: set[int] = set()
        self.fetched: list[int] = []
        self.deleted: set[int] = set()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+OK ready\r\n")
        while line := await reader.readline():
            answer = self._answer(*line.decode().strip().upper().split(" "))
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
            if line.upper().startswith(b"QUIT"):
                break
        writer.close()

    def _answer(self, command: str, *given: str) -> bytes | None:
        """None: not another word."""
        there = [number for number in range(1, len(self.mails) + 1) if number not in self.gone]
        if command == "UIDL":
            return _lines(f"{number} {self.ids[number - 1]}" for number in there)
        if command == "LIST":
            return _lines(f"{number} {len(self.mails[number - 1])}" for number in there)
        if command in {"RETR", "TOP"}:
            return self._give(int(given[0]), head=command == "TOP")
        if command == "DELE":
            self.deleted.add(int(given[0]))
        return b"+OK\r\n"

    def _give(self, number: int, *, head: bool) -> bytes | None:
        self.fetched.append(number)
        if number in self.breaking:
            return None
        if number in self.withheld:
            return b"-ERR this one is damaged\r\n"
        content = self.mails[number - 1]
        return _lines((content.partition(b"\r\n\r\n")[0] if head else content).decode().split("\r\n"))


def _lines(lines: object) -> bytes:
    stuffed = (f".{line}" if line.startswith(".") else line for line in lines)  # type: ignore[attr-defined]
    return "\r\n".join(["+OK", *stuffed, ".", ""]).encode()


@asynccontextmanager
async def running_stubborn_pop3(mails: list[bytes]) -> AsyncIterator[StubbornPop3]:
    box = StubbornPop3(mails)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
