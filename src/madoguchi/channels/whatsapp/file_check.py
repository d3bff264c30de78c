"""Would WhatsApp take this file as this type?"""

from fnmatch import fnmatchcase

from madoguchi.channels.base import OutboundMedia
from madoguchi.channels.manifest import Capabilities
from madoguchi.channels.whatsapp.findings import Findings


def check_file(field: str, kind: str, file: OutboundMedia, capabilities: Capabilities, findings: Findings) -> None:
    """`kind` is image, video, audio, voice, document or sticker."""
    rules = capabilities.media["audio" if kind == "voice" else kind]
    allowed = rules["voice_content_types" if kind == "voice" else "content_types"]
    given = file.content_type.split(";")[0].strip().lower()
    if not any(fnmatchcase(given, pattern) for pattern in allowed):
        findings.add(field, f"{given} is not allowed here; allowed: {', '.join(allowed)}.")
    if file.size > rules["max_bytes"]:
        findings.add(field, f"At most {rules['max_bytes']} bytes are allowed; the file has {file.size}.")
    if file.size < 1:
        findings.add(field, "The file is empty.")


def check_header_file(
    field: str,
    kind: str,
    media_id: str,
    media: tuple[OutboundMedia, ...],
    capabilities: Capabilities,
    findings: Findings,
) -> None:
    """A file that stands above the words: it has to come with the message."""
    file = next((each for each in media if str(each.id) == media_id), None)
    if file is None:
        findings.add(field, "There is no uploaded file with this id in the message.")
    else:
        check_file(field, kind, file, capabilities, findings)
