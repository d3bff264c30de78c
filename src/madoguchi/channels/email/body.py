"""Which parts of a mail are its words, and which are files."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from inscriptis import get_text

from madoguchi.channels.email.charset import decode
from madoguchi.channels.email.structure import Mail, Part

# Past these a page is no letter: it is kept as a file, and its text is shown.
LONGEST_HTML = 2_000_000
_MOST_LINKS = 5_000
_LONGEST_TEXT = 1_000_000
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.IGNORECASE)
_ANY_TEXT = re.compile(r"[^\s\u00a0\u200b\ufeff]")
_TAG = re.compile(r"<[^>]*>")


class Body(NamedTuple):
    text: str  # for search, for the list, for whoever reads without HTML
    html: str  # as the sender wrote it, not yet safe to show; empty when there is none
    files: list[Part]
    inline: dict[str, Part]  # by Content-ID, for those the HTML shows


def read_body(mail: Mail) -> Body:
    plain = [part for part in mail.parts if _is_words(part, "text/plain")]
    rich = [part for part in mail.parts if _is_words(part, "text/html")]
    html, shown_rich = _html(rich)
    text = _text(plain, html)
    shown = {id(part) for part in [*plain, *shown_rich]}
    others = [part for part in mail.parts if id(part) not in shown and not _is_report_part(part)]
    inline = _inline(others, html)
    taken = {id(part) for part in inline.values()}
    return Body(text[:_LONGEST_TEXT], html, [part for part in others if id(part) not in taken], inline)


def _is_words(part: Part, content_type: str) -> bool:
    return part.content_type == content_type and part.disposition != "attachment" and not part.name


def _is_report_part(part: Part) -> bool:
    return part.content_type == "message/delivery-status"


def _html(rich: list[Part]) -> tuple[str, list[Part]]:
    """All HTML parts one under the other (Apple Mail puts pictures between them); in one alternative only the last."""
    chosen: dict[tuple[str, int], Part] = {}
    for number, part in enumerate(rich):
        key = ("group", part.group) if part.group is not None else ("alone", number)
        chosen[key] = part
    texts = [_html_text(part) for part in chosen.values()]
    html = "\n".join(text for text in texts if _ANY_TEXT.search(_TAG.sub("", text)) or "<img" in text.lower())
    if len(html) > LONGEST_HTML or html.lower().count("<a ") > _MOST_LINKS:
        return "", []  # the parts become files
    return html, rich


def _html_text(part: Part) -> str:
    meta = _META_CHARSET.search(part.content[:4096])
    return decode(part.content, part.charset or (meta.group(1).decode("ascii") if meta else None)).text


def _text(plain: list[Part], html: str) -> str:
    parts = [part for part in plain if part.group is None] or plain
    text = "\n".join(_unflowed(part) for part in parts)
    if _ANY_TEXT.search(text):
        return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return html_to_text(html)


def html_to_text(html: str) -> str:
    if not html:
        return ""
    try:
        return "\n".join(line.rstrip() for line in get_text(html).splitlines()).strip()
    except Exception:  # nesting no parser survives
        return " ".join(_TAG.sub(" ", html).split())


def _unflowed(part: Part) -> str:
    """RFC 3676: lines that end in a space go on in the next one."""
    text = part.text
    if part.parameters.get("format", "").lower() != "flowed":
        return text
    without_space = part.parameters.get("delsp", "").lower() == "yes"
    lines: list[str] = []
    open_line = False
    for line in text.replace("\r\n", "\n").split("\n"):
        flows = line.endswith(" ") and line != "-- " and not line.startswith(">")
        shown = line.removeprefix(" ")
        kept = shown[:-1] if flows and without_space else shown
        if open_line and not line.startswith(">"):
            lines[-1] += kept
        else:
            lines.append(kept)
        open_line = flows
    return "\n".join(lines)


def _inline(parts: list[Part], html: str) -> dict[str, Part]:
    """What the HTML asks for is inline, whatever the disposition says; what it does not ask for is a file."""
    asked = {unquote(found) for found in _CID.findall(html)}
    return {part.content_id: part for part in parts if part.content_id and part.content_id in asked}
