"""A letter's HTML as a page for the console's sandboxed frame.

The channel made it safe when it came in (`data.html`); here its pictures get addresses. The page's own policy is the second
wall and the frame's sandbox the third: no scripts, no forms, nothing from elsewhere unless it was asked for.
"""

import re
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import unquote

from madoguchi.conversations.models import MessageOut

# Attributes come in double quotes, as the sanitiser writes them.
_PICTURE = re.compile(r'<img((?:\s+[\w-]+(?:="[^"]*")?)*)\s*/?>')
_INLINE = re.compile(r'\ssrc="cid:([^"]*)"')
_WAITING = re.compile(r'\sdata-remote="([^"]*)"')

# The sender's design stands on paper: a light sheet in the dark console too.
_SHEET = """
:root { color-scheme: light; }
html { background: #fff; color: #1b1b1f; }
body { margin: 0; padding: 12px 14px; font: 14px/1.6 -apple-system, "Segoe UI", Roboto, "Hiragino Sans", "Yu Gothic UI",
  "Noto Sans JP", sans-serif; overflow-wrap: anywhere; overflow-x: auto; overflow-y: hidden; }
body > :first-child { margin-block-start: 0; }
body > :last-child { margin-block-end: 0; }
img { max-inline-size: 100%; height: auto; }
img:not([src]) { display: inline-block; min-inline-size: 24px; min-block-size: 24px; background: #ececf1; border-radius: 4px; }
table { max-inline-size: 100%; }
pre { white-space: pre-wrap; }
blockquote { margin-inline: 0; padding-inline-start: 12px; border-inline-start: 2px solid #d5d5de; color: #55555f; }
body:not(.whole) .mdg-quoted { display: none; }
"""


class Page(NamedTuple):
    html: str
    headers: dict[str, str]


def page_of(message: MessageOut, *, remote: bool) -> Page | None:
    """None for a message that has no HTML. `remote`: the reader asked for the pictures on other servers."""
    html = message.data.get("html")
    if not isinstance(html, str) or not html:
        return None
    places = message.data.get("inline") or {}
    urls = {
        content_id: message.attachments[position].url
        for content_id, position in places.items()
        if isinstance(position, int) and position < len(message.attachments)
    }
    body = _PICTURE.sub(lambda found: _picture(found, urls, remote=remote), html)
    # A mail's language is not known: the reader's is not claimed for it.
    page = f'<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style>{_SHEET}</style></head>'
    return Page(f"{page}<body>{body}</body></html>", _headers(remote=remote))


def _picture(found: re.Match[str], urls: dict[str, str | None], *, remote: bool) -> str:
    attributes = _INLINE.sub(lambda inline: _source(urls.get(_unescaped(inline.group(1)))), found.group(1))
    if remote:
        attributes = _WAITING.sub(lambda waiting: f' src="{waiting.group(1)}"', attributes)
    return f"<img{attributes}>"


def _source(url: str | None) -> str:
    return f' src="{escape(url)}"' if url else ""


def _unescaped(text: str) -> str:
    return unquote(unescape(text))


def _headers(*, remote: bool) -> dict[str, str]:
    pictures = "'self' data: https: http:" if remote else "'self' data:"
    sandbox = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    return {
        "Content-Security-Policy": f"{sandbox}; default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "private, max-age=300",
        "Vary": "Cookie, Authorization",
    }
