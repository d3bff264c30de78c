"""A mailbox watched by IMAP: everything new is fetched once, nothing in the mailbox is changed.

The library speaks synchronously, so each mailbox has a thread; what it found goes to the event loop and is durable before the
thread goes on. `cursor` is `{uidvalidity, last_uid, owed, one_by_one}`: when the server numbers its mails anew everything is
fetched again, and what is known is recognised by its content. What the server does not give out is owed (`owed.py`), and
where a fetch broke the connection, the mails up to `one_by_one` are fetched alone to find the one that does.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.email import large, owed
from madoguchi.channels.email.threads import LOOK_SECONDS, in_thread
from madoguchi.channels.email.tls import context_of
from madoguchi.channels.events import ProviderError
from madoguchi.channels.fetching import Intake, ListenFailure

_SECONDS = 60  # for one answer of the server
_IDLE_SECONDS = 300.0  # servers and routers forget connections that are silent for longer
_FIRST_IDLE_SECONDS = 3.0
_POLL_SECONDS = 60.0  # where the server cannot tell by itself
_MOST_BYTES = 8_000_000  # fetched at once
_MOST_MAILS = 100

Request = tuple[Mapping[str, str], bytes]
Store = Callable[[Sequence[Request], dict[str, Any]], None]


async def listen(inbox: InboxConfig, settings: Mapping[str, Any], intake: Intake, headers: Mapping[str, str]) -> None:
    """Until cancelled; raises ListenFailure."""
    loop = asyncio.get_running_loop()
    cursor = await intake.cursor()

    def store(requests: Sequence[Request], cursor: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(intake.store(requests, cursor), loop).result()

    def works(but: ProviderError | None) -> None:
        asyncio.run_coroutine_threadsafe(intake.works(but, over=(owed.CODE,)), loop).result()

    await in_thread(lambda stop: _Watch(inbox, settings, headers, store, works, stop).run(cursor))


class _Watch:
    """One connection to one mailbox."""

    def __init__(
        self,
        inbox: InboxConfig,
        settings: Mapping[str, Any],
        headers: Mapping[str, str],
        store: Store,
        works: Callable[[ProviderError | None], None],
        stop: threading.Event,
    ) -> None:
        self._inbox = inbox
        self._settings = settings
        self._headers = {"content-type": "message/rfc822", "x-envelope-to": str(settings["address"]), **headers}
        self._store = store
        self._works = works
        self._stop = stop

    def run(self, cursor: dict[str, Any]) -> None:
        try:
            client = connect(self._settings)
        except (OSError, IMAPClientError) as error:
            raise failure(error) from error
        try:
            sign_in(client, self._inbox)
            cursor = self._select(client, cursor)
            idle, told = _FIRST_IDLE_SECONDS, False
            while not self._stop.is_set():
                _arrived(client)
                before, cursor = cursor, self._fetch_owed(client, self._fetch_new(client, cursor))
                # Not before a whole look at the mailbox: signing in alone brings no mail.
                if not told or owed.trouble(before) != owed.trouble(cursor):
                    self._works(owed.trouble(cursor))
                    told = True
                if not _arrived(client):
                    self._wait(client, idle)
                # Servers overlook what came in the moment before they began to watch: one more look soon after.
                idle = _IDLE_SECONDS if cursor == before else _FIRST_IDLE_SECONDS
        except (OSError, IMAPClientError) as error:
            raise failure(error) from error
        finally:
            leave(client)

    def _select(self, client: IMAPClient, cursor: dict[str, Any]) -> dict[str, Any]:
        """Read only: what people see as unread in their own programs stays unread."""
        found = select(client, self._settings)
        validity = int(found[b"UIDVALIDITY"])
        if cursor.get("uidvalidity") == validity:
            return cursor
        first_time = not cursor
        last = int(found[b"UIDNEXT"]) - 1 if first_time and self._settings["imap_start"] == "new" else 0
        begun = {"uidvalidity": validity, "last_uid": last}
        self._store([], begun)
        return begun

    def _fetch_new(self, client: IMAPClient, cursor: dict[str, Any]) -> dict[str, Any]:
        last = int(cursor["last_uid"])
        # "n:*" always gives the last mail, even when its number is lower.
        found = sorted(uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last)
        for group in _groups(client, found, int(cursor.get("one_by_one", 0))):
            if self._stop.is_set():
                break
            cursor = self._take(client, cursor, group)
        return cursor

    def _take(self, client: IMAPClient, cursor: dict[str, Any], group: "_Group") -> dict[str, Any]:
        uids = group.uids
        try:
            found = self._requests(client, group)
        except (OSError, IMAPClientError):
            behind = {**cursor, "last_uid": uids[-1]}
            self._store([], owed.owe(behind, str(uids[0])) if len(uids) == 1 else {**cursor, "one_by_one": uids[-1]})
            raise
        cursor = {**cursor, "last_uid": uids[-1]}
        for uid in (uid for uid in uids if uid not in found):
            cursor = owed.owe(cursor, str(uid))
        self._store([found[uid] for uid in uids if uid in found], cursor)
        return cursor

    def _requests(self, client: IMAPClient, group: "_Group") -> dict[int, Request]:
        """By the mails' numbers; what the server left out is not there. Of a mail that is too large its head."""
        alone = len(group.uids) == 1 and group.size > large.MOST_BYTES
        part = "HEADER" if alone else ""
        mails = client.fetch(group.uids, [f"BODY.PEEK[{part}]"])
        bodies = {uid: bytes(mails.get(uid, {}).get(f"BODY[{part}]".encode()) or b"") for uid in group.uids}
        return {
            uid: large.head_alone(body, group.size, self._headers) if alone else (self._headers, body)
            for uid, body in bodies.items()
            if body
        }

    def _fetch_owed(self, client: IMAPClient, cursor: dict[str, Any]) -> dict[str, Any]:
        for key in owed.due(cursor):
            if self._stop.is_set():
                break
            uid = int(key)
            try:
                found = [each for group in _groups(client, [uid], 0) for each in self._requests(client, group).values()]
                gone = not found and uid not in client.search(["UID", key])
            except (OSError, IMAPClientError):
                self._store([], owed.owe(cursor, key))
                raise
            cursor = owed.settle(cursor, key) if found or gone else owed.owe(cursor, key)
            self._store(found, cursor)
        return cursor

    def _wait(self, client: IMAPClient, seconds: float) -> None:
        """Until something happens in the mailbox, or for a while."""
        if not client.has_capability("IDLE"):
            self._stop.wait(_POLL_SECONDS)
            client.noop()
            return
        client.idle()
        try:
            waited = 0.0
            while waited < seconds and not self._stop.is_set():
                if any(_is_news(response) for response in client.idle_check(timeout=LOOK_SECONDS)):
                    break
                waited += LOOK_SECONDS
        finally:
            client.idle_done()


def connect(settings: Mapping[str, Any]) -> IMAPClient:
    mode = settings["imap_tls"]
    context = context_of(settings.get("tls_ca")) if mode != "none" else None
    client = IMAPClient(
        settings["imap_host"],
        port=int(settings["imap_port"]),
        ssl=mode == "implicit",
        ssl_context=context if mode == "implicit" else None,
        timeout=_SECONDS,
    )
    if mode == "starttls":
        client.starttls(context)
    return client


def sign_in(client: IMAPClient, inbox: InboxConfig) -> None:
    """Raises ListenFailure."""
    user = inbox.credentials.get("user", "")
    try:
        if token := inbox.credentials.get("access_token"):
            client.oauth2_login(user, token)
        else:
            client.login(user, inbox.credentials.get("password", ""))
    except LoginError as error:
        raise ListenFailure(ProviderError("login_refused", "", "Sign-in refused", _words(error))) from error


def select(client: IMAPClient, settings: Mapping[str, Any]) -> Any:
    """Read only. Raises ListenFailure."""
    folder = settings["imap_folder"]
    try:
        return client.select_folder(folder, readonly=True)
    except IMAPClientError as error:
        raise ListenFailure(ProviderError("folder_missing", "", "No such folder", str(folder)[:100])) from error


def leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except (OSError, IMAPClientError):
        with suppress(OSError, IMAPClientError):
            client.shutdown()


def _arrived(client: IMAPClient) -> bool:
    """Did the server say in passing, since it was last asked, that there is more? It does not say so again while we idle."""
    return bool(client._imap.response("EXISTS")[1] != [None])  # noqa: SLF001 - the library keeps it to itself


def _is_news(response: Any) -> bool:
    """`(12, b"EXISTS")`; servers also say OK now and then, to keep the connection open."""
    return isinstance(response, tuple) and len(response) > 1 and response[1] in {b"EXISTS", b"RECENT"}


class _Group(NamedTuple):
    """Mails to be fetched with one command, and their bytes together."""

    uids: list[int]
    size: int


def _groups(client: IMAPClient, uids: list[int], one_by_one: int) -> Iterator[_Group]:
    """As many at once as fit into memory; a mail that is larger comes alone, and all up to `one_by_one`."""
    for start in range(0, len(uids), _MOST_MAILS):
        chosen = uids[start : start + _MOST_MAILS]
        sizes = client.fetch(chosen, ["RFC822.SIZE"])
        group = _Group([], 0)
        for uid in chosen:
            size = int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
            if group.uids and (group.size + size > _MOST_BYTES or group.uids[-1] <= one_by_one):
                yield group
                group = _Group([], 0)
            group = _Group([*group.uids, uid], group.size + size)
        if group.uids:
            yield group


def failure(error: Exception) -> ListenFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ListenFailure(ProviderError("certificate_invalid", "", "Certificate", error.verify_message))
    if isinstance(error, IMAPClientError):
        return ListenFailure(ProviderError("connection_lost", "", "Connection lost", _words(error)), passing=True)
    return ListenFailure(ProviderError("unreachable", "", "No connection", type(error).__name__), passing=True)


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))[:200]
