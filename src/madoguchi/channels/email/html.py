"""A stranger's HTML made safe to show in a sandboxed frame.

Two steps: what is ours to say is marked in the tree (quoted parts, remote pictures), then everything that is not on the
allow-list goes. The frame itself has no scripts and no network: this is the first wall, not the only one.
"""

import re
from collections.abc import Iterator

import nh3
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol",
    "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_EVERYWHERE = {"style", "dir", "lang", "title", "align", "valign", "class"}
_ATTRIBUTES = {
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", "data-remote"},
    "table": {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor", "nowrap"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor", "nowrap", "scope"},
    "tr": {"bgcolor", "height"},
    "col": {"width", "span"},
    "colgroup": {"width", "span"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "hr": {"width", "size", "color"},
    "time": {"datetime"},
}
# Nothing that leaves its place (position), covers others (z-index) or fetches (background, content).
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius",
    "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "display", "float",
    "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height",
    "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break", "word-spacing",
    "word-wrap", "overflow-wrap",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "sms", "callto"}
_REMOTE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
QUOTED = "mdg-quoted"
# How the mail programs of the world mark what they quote.
_QUOTES = (
    "//blockquote[@type='cite']",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' gmail_quote ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' gmail_extra ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' moz-cite-prefix ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' yahoo_quoted ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' protonmail_quote ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' OutlookMessageHeader ')]",
    "//*[@id='mail-editor-reference-message-container']",
)
# Where these stand, the rest of the letter is the quote.
_QUOTE_STARTS = (
    "//*[@id='divRplyFwdMsg']",
    "//*[@id='appendonsend']",
    "//div[contains(translate(@style, ' ', ''), 'border-top:solid#E1E1E1')]",
    "//div[contains(translate(@style, ' ', ''), 'border-top:solid#B5C4DF')]",
)


def safe_html(html: str) -> str:
    """What may be put into the frame. Remote pictures wait in `data-remote`; quoted parts carry the class mdg-quoted."""
    if not html:
        return ""
    marked = _marked(html)
    cleaned: str = nh3.clean(
        marked,
        tags=_TAGS,
        clean_content_tags={
            "script",
            "style",
            "title",
            "head",
            "iframe",
            "object",
            "embed",
            "noscript",
            "template",
            "svg",
        },
        attributes={**_ATTRIBUTES, "*": _EVERYWHERE},
        attribute_filter=_only_ours,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer nofollow",
    )
    return cleaned


def _only_ours(tag: str, attribute: str, value: str) -> str | None:
    """Classes of the sender mean nothing here; a picture's source is in the mail or nowhere."""
    if attribute == "class":
        return QUOTED if QUOTED in value.split() else None
    if tag == "img" and attribute == "src":
        return value if value.lower().startswith("cid:") else None
    return value


def _marked(html: str) -> str:
    try:
        root = lxml_html.document_fromstring(html)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, RecursionError):
        return html  # shown without marks; the allow-list holds all the same
    for picture in root.iter("img"):
        _hold_back(picture)
    for element in _quoted(root):
        element.set("class", QUOTED)
    body = root.find("body")
    return str(lxml_html.tostring(body if body is not None else root, encoding="unicode"))


def _hold_back(picture: HtmlElement) -> None:
    source = picture.get("src") or ""
    picture.attrib.pop("data-remote", None)
    if _REMOTE.match(source):
        picture.set("data-remote", source.strip())
        del picture.attrib["src"]


def _quoted(root: HtmlElement) -> Iterator[HtmlElement]:
    for query in _QUOTES:
        yield from root.xpath(query)
    for query in _QUOTE_STARTS:
        for start in root.xpath(query):
            yield start
            yield from (follower for follower in start.itersiblings() if isinstance(follower.tag, str))
