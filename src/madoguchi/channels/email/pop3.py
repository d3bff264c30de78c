"""A mailbox fetched by POP3, for hosts that offer nothing else: asked every minute, each mail taken once.

`cursor` is `{seen: [...], owed}`, the short digests of the server's unique ids (UIDL) that are stored, and of those that it did not
give out (`owed.py`). What is deleted on the server, where the inbox says so, is deleted after it is durable here, and only at
the end of the session, as the protocol has it.
"""

import asyncio
import base64
import hashlib
import poplib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.email import large, owed
from madoguchi.channels.email.threads import in_thread
from madoguchi.channels.email.tls import context_of
from madoguchi.channels.events import ProviderError
from madoguchi.channels.fetching import Intake, ListenFailure

_SECONDS = 60
_POLL_SECONDS = 60.0
_MOST_BYTES = 8_000_000
_MOST_MAILS = 100
Request = tuple[Mapping[str, str], bytes]
Requests = Sequence[Request]
Store = Callable[[Requests, dict[str, Any]], None]
# The library's limit of 2,048 is under what mails have.
poplib._MAXLINE = 1_000_000  # type: ignore[attr-defined]  # noqa: SLF001


async def listen(inbox: InboxConfig, settings: Mapping[str, Any], intake: Intake, headers: Mapping[str, str]) -> None:
    """Until cancelled; raises ListenFailure."""
    loop = asyncio.get_running_loop()
    box = _Box(
        inbox, settings, {"content-type": "message/rfc822", "x-envelope-to": str(settings["address"]), **headers}
    )
    begun = await intake.cursor()

    def store(requests: Requests, cursor: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(intake.store(requests, cursor), loop).result()

    def work(stop: threading.Event) -> None:
        cursor = begun
        while not stop.is_set():
            cursor = box.visit(cursor, store, stop)
            works = intake.works(owed.trouble(cursor), over=(owed.CODE,))
            asyncio.run_coroutine_threadsafe(works, loop).result()
            stop.wait(_POLL_SECONDS)

    await in_thread(work)


def sign_in(inbox: InboxConfig, settings: Mapping[str, Any]) -> poplib.POP3:
    """Raises ListenFailure, OSError, poplib.error_proto."""
    mode = settings["pop3_tls"]
    context = context_of(settings.get("tls_ca")) if mode != "none" else None
    host, port = str(settings["pop3_host"]), int(settings["pop3_port"])
    if mode == "implicit":
        client: poplib.POP3 = poplib.POP3_SSL(host, port, timeout=_SECONDS, context=context)
    else:
        client = poplib.POP3(host, port, timeout=_SECONDS)
    if mode == "starttls":
        client.stls(context)
    user = inbox.credentials.get("user", "")
    try:
        if token := inbox.credentials.get("access_token"):
            _xoauth2(client, user, token)
        else:
            client.user(user)
            client.pass_(inbox.credentials.get("password", ""))
    except poplib.error_proto as error:
        with suppress(OSError, poplib.error_proto):
            client.close()
        raise ListenFailure(ProviderError("login_refused", "", "Sign-in refused", _words(error))) from error
    return client


def leave(client: poplib.POP3) -> None:
    try:
        client.quit()
    except (OSError, poplib.error_proto):
        with suppress(OSError):
            client.close()


def _xoauth2(client: poplib.POP3, user: str, token: str) -> None:
    """RFC 7628's forerunner: a refusal comes as a challenge, which an empty line answers."""
    client._putcmd("AUTH XOAUTH2")  # type: ignore[attr-defined]  # noqa: SLF001 - the library knows passwords only
    if client._getline()[0].startswith(b"-"):  # type: ignore[attr-defined]  # noqa: SLF001
        raise poplib.error_proto("the server takes no XOAUTH2")
    client._putcmd(base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode())  # type: ignore[attr-defined]  # noqa: SLF001
    answer = client._getline()[0]  # type: ignore[attr-defined]  # noqa: SLF001
    if answer.startswith(b"+ "):
        client._putcmd("")  # type: ignore[attr-defined]  # noqa: SLF001
        answer = client._getline()[0]  # type: ignore[attr-defined]  # noqa: SLF001
    if not answer.startswith(b"+"):
        raise poplib.error_proto(answer)


class _Box:
    def __init__(self, inbox: InboxConfig, settings: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self._inbox = inbox
        self._settings = settings
        self._headers = headers

    def visit(self, cursor: dict[str, Any], store: Store, stop: threading.Event) -> dict[str, Any]:
        """One session: what is new is stored, then, where that is wished, deleted on the server."""
        try:
            client = sign_in(self._inbox, self._settings)
            try:
                there = _numbers(client)
                cursor = self._begin(cursor, there, store)
                cursor = self._fetch(client, there, cursor, store, stop)
            finally:
                leave(client)  # only now the server deletes
        except (OSError, poplib.error_proto) as error:
            raise failure(error) from error
        return cursor

    def _begin(self, cursor: dict[str, Any], there: dict[str, int], store: Store) -> dict[str, Any]:
        if cursor:
            return cursor
        known = list(there) if self._settings["imap_start"] == "new" else []
        store([], {"seen": known})
        return {"seen": known}

    def _fetch(
        self, client: poplib.POP3, there: dict[str, int], cursor: dict[str, Any], store: Store, stop: threading.Event
    ) -> dict[str, Any]:
        # What the server has no more, nobody has to remember.
        cursor = {**cursor, "seen": [each for each in cursor["seen"] if each in there]}
        for key in [key for key in owed.keys(cursor) if key not in there]:
            cursor = owed.settle(cursor, key)
        known = {*cursor["seen"], *owed.keys(cursor)}
        due = [key for key in owed.due(cursor) if key in there]
        for group in _groups(client, there, [*(each for each in there if each not in known), *due]):
            if stop.is_set():
                break
            cursor = self._take(client, there, cursor, group, store)
        return cursor

    def _take(
        self, client: poplib.POP3, there: dict[str, int], cursor: dict[str, Any], group: dict[str, int], store: Store
    ) -> dict[str, Any]:
        found: dict[str, Request] = {}
        broken: Exception | None = None
        for key, size in group.items():
            try:
                found[key] = self._request(client, there[key], size)
            except (OSError, poplib.error_proto) as error:
                cursor = owed.owe(cursor, key)
                if not _refused(error):
                    broken = error
                    break
        for key in found:
            cursor = owed.settle(cursor, key)
        cursor = {**cursor, "seen": [*cursor["seen"], *found]}
        store(list(found.values()), cursor)
        if broken is not None:
            raise broken
        if self._settings["pop3_leave"] == "delete":
            for key in (key for key in found if group[key] <= large.MOST_BYTES):
                client.dele(there[key])
        return cursor

    def _request(self, client: poplib.POP3, number: int, size: int) -> Request:
        """Of a mail that is too large its head."""
        if size > large.MOST_BYTES:
            return large.head_alone(b"\r\n".join(client.top(number, 0)[1]), size, self._headers)
        return self._headers, b"\r\n".join(client.retr(number)[1]) + b"\r\n"


def _refused(error: Exception) -> bool:
    """Only this mail: the server has said no, and the session goes on. The library says "EOF" in the server's name."""
    return isinstance(error, poplib.error_proto) and "EOF" not in _words(error)


def _numbers(client: poplib.POP3) -> dict[str, int]:
    """Digest of the unique id → number in this session, in the server's order. Some servers give one id to two mails."""
    numbers: dict[str, int] = {}
    for line in client.uidl()[1]:
        number, uid = line.split(b" ", 1)
        digest = hashlib.sha256(uid.strip()).hexdigest()[:20]
        again = sum(1 for each in numbers if each.partition("+")[0] == digest) if digest in numbers else 0
        numbers[f"{digest}+{again}" if again else digest] = int(number)
    return numbers


def _groups(client: poplib.POP3, there: dict[str, int], wanted: list[str]) -> Iterator[dict[str, int]]:
    """As many at once as fit into memory, each with its bytes."""
    if not wanted:
        return
    sizes = {int(number): int(size) for number, size in (line.split()[:2] for line in client.list()[1])}
    group: dict[str, int] = {}
    for each in wanted:
        size = sizes.get(there[each], 0)
        if group and (sum(group.values()) + size > _MOST_BYTES or len(group) >= _MOST_MAILS):
            yield group
            group = {}
        group[each] = size
    yield group


def failure(error: Exception) -> ListenFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ListenFailure(ProviderError("certificate_invalid", "", "Certificate", error.verify_message))
    if isinstance(error, poplib.error_proto):
        return ListenFailure(ProviderError("connection_lost", "", "Connection lost", _words(error)), passing=True)
    return ListenFailure(ProviderError("unreachable", "", "No connection", type(error).__name__), passing=True)


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))[:200]
