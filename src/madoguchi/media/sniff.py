"""What a file is, by its own bytes; what somebody says about it is only compared with that."""

import re

import filetype  # type: ignore[import-untyped]

# As many bytes as the signatures and the heads of documents need.
HEAD_BYTES = 8192

_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_BINARY = "application/octet-stream"
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/x-flac": "audio/flac",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "video/x-m4v": "video/mp4",
    "application/x-zip-compressed": "application/zip",
    "application/x-pdf": "application/pdf",
    "text/xml": "application/xml",
}
# Containers that hold either: the bytes tell the container, the sender knows what is inside.
_CONTAINERS = (
    {"video/mp4", "audio/mp4", "video/3gpp", "audio/3gpp", "video/quicktime", "audio/aac"},
    {"video/webm", "audio/webm", "video/x-matroska"},
    {"audio/ogg", "video/ogg"},
    {"audio/mpeg", "audio/aac"},
    {"image/heic", "image/heif", "image/avif"},
)
# Documents that are archives or old compound files inside.
_ZIPPED = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.", "application/epub")
_COMPOUND = {
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
}
_COMPOUND_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXTUAL = {"application/json", "application/xml", "application/javascript", "application/x-ndjson", "image/svg+xml"}
# What nobody may pass off as something else: the signature alone decides.
_PROGRAMS = {b"MZ": "application/vnd.microsoft.portable-executable", b"\x7fELF": "application/x-executable"}


def sniff(head: bytes) -> str | None:
    """The content type that the first bytes show, or None where they show none (text, and much else)."""
    for magic, content_type in _PROGRAMS.items():
        if head.startswith(magic):
            return content_type
    if head.startswith(_COMPOUND_MAGIC):
        return "application/x-ole-storage"
    found = filetype.guess_mime(head)
    if found is None and b"<svg" in head[:1024].lower() and _is_text(head):
        return "image/svg+xml"
    return canonical(found) if found else None


def content_type_of(head: bytes, said: str | None) -> str:
    """The type to keep: the bytes' own, refined by what was said where both fit; what they deny is not believed."""
    said = canonical(said or "")
    if said and matches(head, said):
        return said
    return sniff(head) or ("text/plain" if head and _is_text(head) else _BINARY)


def matches(head: bytes, said: str) -> bool:
    """Can a file that begins like this be what was said?"""
    said, found = canonical(said), sniff(head)
    if said in {_BINARY, ""}:
        return False
    if said.startswith("text/") or said in _TEXTUAL:
        return _is_text(head) and found in {None, said, "image/svg+xml"}
    if found is None:
        # A type with a known signature must show it; for the others there is nothing to compare with.
        return filetype.get_type(mime=said) is None and said not in _COMPOUND and not said.startswith(_ZIPPED)
    return found == said or _related(found, said)


def canonical(content_type: str) -> str:
    """Empty for what cannot be one: it comes from strangers and becomes a header of ours."""
    bare = content_type.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(bare):
        return ""
    return _ALIASES.get(bare, bare)


def _related(found: str, said: str) -> bool:
    if any(found in group and said in group for group in _CONTAINERS):
        return True
    if found == "application/zip":
        return said.startswith(_ZIPPED)
    return found == "application/x-ole-storage" and said in _COMPOUND


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        # UTF-16 says so at its beginning.
        return head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return controls * 100 <= len(head)
