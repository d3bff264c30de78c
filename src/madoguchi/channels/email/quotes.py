"""The new words of an answer, without what is quoted and without the signature. Nothing is deleted: the whole is kept."""

import re

from mailparser_reply import EmailReplyParser

_LANGUAGES = ["en", "ja", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "zh", "ko"]
_PARSER = EmailReplyParser(languages=_LANGUAGES)
# Longer than anybody types; the library's patterns are not made for more.
_LONGEST = 60_000
# Outlook in Japanese and its kin quote under a block of header lines; the library knows those of Latin languages.
_HEADER_BLOCK = re.compile(
    r"^(?:[ \t>]*(?:差出人|送信者|From|送信日時|日時|Sent|Date|宛先|To|CC|Cc|件名|Subject)[ \t]*[::].*\n){3,}",
    re.MULTILINE,
)
_RULE = re.compile(
    r"^[ \t]*(?:-{3,}|_{5,})[ \t]*(?:Original Message|Forwarded message|元のメッセージ|転送メッセージ|転送されたメッセージ)?"
    r"[ \t]*(?:-{3,}|_{0})[ \t]*$",
    re.MULTILINE,
)
_JAPANESE_LEAD = re.compile(
    r"^[ \t]*(?:On\s)?\d{4}[年/\-.]\s?\d{1,2}[月/\-.]\s?\d{1,2}日?.{0,120}?(?:<[^>\n]+@[^>\n]+>|さん|様).{0,20}[::]?[ \t]*$",
    re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"[\s::]*>")
_SIGNATURE = re.compile(r"^(?:-- ?|_{5,}|[=*━─-]{8,})[ \t]*$", re.MULTILINE)
_PHONE_SIGNATURE = re.compile(
    r"^(?:Sent from my \S.{0,40}|Get Outlook for \S+|iPhoneから送信|Androidから送信|スマートフォンから送信|"
    r"Von meinem \S+ gesendet|Envoyé de mon \S+)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)


def new_text(text: str) -> str:
    """The sender's own new words; the whole text when nothing would be left (an answer below the quote)."""
    head = text[:_LONGEST]
    first = _before_quote(head)
    trimmed = _before_signature(_library(first) or first).strip()
    if trimmed and not trimmed.startswith(">"):
        return trimmed
    return _below_quote(head) or text.strip()


def _before_quote(text: str) -> str:
    cuts = [match.start() for pattern in (_HEADER_BLOCK, _RULE) if (match := pattern.search(text))]
    for match in _JAPANESE_LEAD.finditer(text):
        if _QUOTED_LINE.match(text, match.end()):
            cuts.append(match.start())
            break
    cut = min(cuts, default=len(text))
    # A line of dashes at the very top parts nothing.
    return text[:cut] if text[:cut].strip() else text


def _library(text: str) -> str:
    try:
        replies = _PARSER.read(text).replies
    except Exception:  # its patterns were not made for every text
        return text
    return (replies[0].body or "").strip() if replies else text


def _before_signature(text: str) -> str:
    for pattern in (_SIGNATURE, _PHONE_SIGNATURE):
        match = pattern.search(text)
        if match and text[: match.start()].strip():
            text = text[: match.start()]
    return text


def _below_quote(text: str) -> str:
    """Who answers below or between the quoted lines: their lines without the quoted ones."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    return "\n".join(lines).strip()
