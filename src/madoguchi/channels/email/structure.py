"""A mail taken apart: its leaves in reading order, with limits where a sender would drown us."""

import email
import email.policy
import re
from email.message import Message
from urllib.parse import unquote

from msgspec import Struct

from madoguchi.channels.email.charset import clean, decode
from madoguchi.channels.email.headers import Headers, decode_text

MOST_PARTS = 500
DEEPEST = 30
_TOKEN = re.compile(r"^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$")
_EXTENDED = re.compile(r"^([\w.-]*)'[^']*'(.*)$", re.DOTALL)


class Part(Struct):
    """A leaf. `path` says under which multiparts it hangs, outermost first: ("mixed", "alternative")."""

    content_type: str
    headers: Headers
    content: bytes
    path: tuple[str, ...]
    charset: str | None = None
    name: str = ""
    disposition: str = ""
    content_id: str = ""
    parameters: dict[str, str] = {}
    # The multipart/alternative (by its number) that offers this part as one of several ways to read the same.
    group: int | None = None

    @property
    def text(self) -> str:
        return decode(self.content, self.charset).text


class Mail(Struct):
    headers: Headers
    content_type: str
    parameters: dict[str, str]
    parts: list[Part]
    # Why something is missing below: too many parts, nested too deeply.
    cut: str = ""


def open_mail(raw: bytes) -> Mail:
    """Take the mail apart. May raise what the standard library raises on hostile input: the caller keeps the raw bytes."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    mail = Mail(Headers(message), _type_of(message), _parameters(message, "content-type"), [])
    _walk(mail, message)
    return mail


def _walk(mail: Mail, root: Message) -> None:
    """With a list of its own instead of recursion: forty levels are a sender's joke, four thousand an attack."""
    waiting: list[tuple[Message, tuple[str, ...], int | None]] = [(root, (), None)]
    groups = 0
    while waiting:
        message, path, group = waiting.pop()
        children = _children(message)
        if children is None or len(path) >= DEEPEST:
            if children is not None:
                mail.cut = "depth"
            mail.parts.append(_leaf(message, path, group, whole=children is not None))
        else:
            kind = _type_of(message).partition("/")[2]
            if kind == "alternative" and group is None:
                groups += 1
                group = groups
            waiting.extend((child, (*path, kind), group) for child in reversed(children))
        if len(mail.parts) >= MOST_PARTS:
            mail.cut = "parts"
            return


def _children(message: Message) -> list[Message] | None:
    """None for a leaf. An attached mail is a leaf: it is somebody else's letter, and is kept as a file."""
    payload = message.get_payload()
    if not isinstance(payload, list) or _type_of(message).startswith("message/"):
        return None
    return [child for child in payload if isinstance(child, Message)]


def _leaf(message: Message, path: tuple[str, ...], group: int | None, *, whole: bool) -> Part:
    headers = Headers(message)
    parameters = _parameters(message, "content-type")
    disposition = _parameters(message, "content-disposition")
    return Part(
        content_type=_type_of(message),
        headers=headers,
        content=_whole(message) if whole else _content(message),
        path=path,
        charset=parameters.get("charset"),
        name=_name(disposition.get("filename") or parameters.get("name") or ""),
        disposition=headers.plain("content-disposition").partition(";")[0].strip(),
        content_id=_content_id(headers),
        parameters=parameters,
        group=group,
    )


def _content(message: Message) -> bytes:
    payload = message.get_payload()
    if isinstance(payload, list):  # an attached mail, a delivery report
        return b"".join(_whole(each) for each in payload if isinstance(each, Message))
    try:
        decoded = message.get_payload(decode=True)
    except Exception:  # a broken encoding is shown as it came
        decoded = None
    return decoded if isinstance(decoded, bytes) else str(payload or "").encode("utf-8", "surrogateescape")


def _whole(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except Exception:  # headers that can be read and not written again
        return str(message.get_payload()).encode("utf-8", "surrogateescape")


def _type_of(message: Message) -> str:
    raw = next((str(v) for k, v in message.raw_items() if str(k).lower() == "content-type"), "")
    name = raw.partition(";")[0].strip().lower()
    if _TOKEN.match(name):
        return name
    return "multipart/mixed" if message.is_multipart() else "text/plain"


def _parameters(message: Message, header: str) -> dict[str, str]:
    try:
        found = message.get_params(failobj=[], header=header, unquote=True)
    except Exception:  # RFC 2231 continuations that contradict themselves
        return {}
    return {str(name).lower(): _parameter(value) for name, value in (found or [])[1:]}


def _parameter(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, tuple):
        charset, _, text = value
        return decode(text.encode("latin-1", "replace"), charset).text
    extended = _EXTENDED.match(value)
    if extended and "%" in value:
        return decode(unquote(extended.group(2), "latin-1").encode("latin-1", "replace"), extended.group(1)).text
    return decode_text(value)


def _name(value: str) -> str:
    """A file's name without the folders of the sender's disk."""
    return clean(value.replace("\\", "/").rpartition("/")[2]).strip()[:255]


def _content_id(headers: Headers) -> str:
    return unquote(headers.text("content-id").strip().strip("<>").strip())
