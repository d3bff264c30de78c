"""Our answer as a mail: text and HTML side by side, files, and the ids by which the conversation is found again."""

import html
import re
from collections.abc import Sequence
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from madoguchi.channels.base import Part
from madoguchi.channels.email.headers import read_addresses
from madoguchi.channels.email.ids import PROOF_WIDTH, Token, own_message_id, reply_address
from madoguchi.core import clock

# Gmail's and Microsoft's own limit of a chain; the first and the latest are what threads by.
_MOST_REFERENCES = 20
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}」』)。、]")
_POLICY = SMTP.clone(max_line_length=78, raise_on_defect=False)
_LINE_BREAKS = re.compile(r"[\r\n]+")


class File(Struct, frozen=True):
    name: str
    content_type: str
    content: bytes


class Letter(Struct, frozen=True):
    """A mail ready to leave. `recipients` are all of them, those in Bcc too."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes


def compose(part: Part, sender: tuple[str, str], files: Sequence[File], signature: str = "") -> Letter:
    """`sender` is (name, address) of the inbox. The same part gives the same Message-ID, however often it is composed."""
    name, address = sender
    message = EmailMessage(policy=_POLICY)
    visible = _recipients(part, "to"), _recipients(part, "cc")
    hidden = _recipients(part, "bcc")
    token = _token(part)
    message_id = own_message_id(token, address.rpartition("@")[2])
    message["From"] = _header_address(name, address)
    message["To"] = [_header_address(*each) for each in visible[0]]
    if visible[1]:
        message["Cc"] = [_header_address(*each) for each in visible[1]]
    message["Reply-To"] = _header_address(name, reply_address(address, token))
    message["Subject"] = _one_line(_subject(part))
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{message_id}>"
    _thread_headers(message, part)
    if part.automatic:
        # Only on what no person wrote: a vacation program must not stay silent towards people.
        message["Auto-Submitted"] = "auto-replied" if part.reply_to else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    _unsubscribe_headers(message, part)
    text = _signed(part.text or "", signature)
    message.set_content(text, charset="utf-8", cte=None)
    message.add_alternative(text_to_html(text), subtype="html", charset="utf-8")
    for file in files:
        _attach(message, file)
    recipients = tuple(dict.fromkeys(each[1] for each in [*visible[0], *visible[1], *hidden]))
    return Letter(message_id, address, recipients, message.as_bytes())


def _signed(text: str, signature: str) -> str:
    """Below the two dashes by which mail programs know a signature."""
    return f"{text.rstrip()}\n\n-- \n{signature.strip()}\n" if signature.strip() else text


def text_to_html(text: str) -> str:
    """Paragraphs and links; everything else is shown as it was typed."""
    paragraphs = (
        "<p>" + "<br>\n".join(_linked(line) for line in paragraph.split("\n")) + "</p>"
        for paragraph in re.split(r"\n{2,}", text.strip("\n"))
    )
    return "<!doctype html>\n<html><body>\n" + "\n".join(paragraphs) + "\n</body></html>\n"


def _linked(line: str) -> str:
    pieces, position = [], 0
    for match in _LINK.finditer(line):
        pieces.append(html.escape(line[position : match.start()]))
        address = html.escape(match.group())
        pieces.append(f'<a href="{address}">{address}</a>')
        position = match.end()
    return "".join([*pieces, html.escape(line[position:])])


def _token(part: Part) -> Token:
    if part.thread is None:
        raise ValueError("a mail needs its conversation")
    message_id, _, retries = part.reference.partition(".")
    return Token(part.thread.conversation_id, part.thread.proof[:PROOF_WIDTH], UUID(message_id), int(retries or 0))


def _recipients(part: Part, field: str) -> list[tuple[str, str]]:
    given = part.data.get(field)
    if field == "to" and not given:
        return [
            ("", identity.value) for identity in part.recipient if identity.kind in {"address", "unverified_address"}
        ][:1]
    return [pair for each in given or [] if (pair := _pair(each)) is not None]


def _pair(given: Any) -> tuple[str, str] | None:
    if isinstance(given, dict):
        return (str(given.get("name") or ""), str(given["address"])) if given.get("address") else None
    found = read_addresses([str(given)])
    return (found[0].name, found[0].address) if found else None


def _header_address(name: str, address: str) -> HeaderAddress | str:
    local, _, domain = address.rpartition("@")
    try:
        return HeaderAddress(_one_line(name), local, domain)
    except (ValueError, IndexError):  # a local part that only a server can judge
        return _one_line(address)


def _subject(part: Part) -> str:
    given = part.data.get("subject")
    if given or part.thread is None:
        return str(given or "")[:900]
    return f"Re: {part.thread.subject}"[:900] if part.thread.references else part.thread.subject[:900]


def _one_line(text: str) -> str:
    """No line break of a user becomes a header of ours."""
    return _LINE_BREAKS.sub(" ", text).strip()


def _thread_headers(message: EmailMessage, part: Part) -> None:
    chain = list(part.thread.references) if part.thread else []
    if not chain:
        return
    kept = chain if len(chain) <= _MOST_REFERENCES else [chain[0], *chain[-(_MOST_REFERENCES - 1) :]]
    message["In-Reply-To"] = f"<{chain[-1]}>"
    message["References"] = " ".join(f"<{each}>" for each in kept)


def _unsubscribe_headers(message: EmailMessage, part: Part) -> None:
    """Broadcasts only (RFC 8058); one answer to one person has nothing to unsubscribe from."""
    address = part.data.get("unsubscribe_url")
    if address:
        message["List-Unsubscribe"] = f"<{_one_line(str(address))}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _attach(message: EmailMessage, file: File) -> None:
    kind, _, subtype = file.content_type.partition(";")[0].partition("/")
    if kind in {"text", "message", "multipart"} or not subtype:
        # As bytes: the library would decode and encode again what it takes for text.
        kind, subtype = "application", "octet-stream"
    message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
