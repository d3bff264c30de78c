"""Media of the simulated world: storing, finding, and the times after which they are gone."""

from typing import TYPE_CHECKING

from madoguchi.simulator import ids
from madoguchi.simulator.state import DAY, Json, Media, Message

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

UPLOAD_LIFE = 30 * DAY
INBOUND_LIFE = 7 * DAY
ADDRESS_LIFE = 300.0
KINDS = ("image", "video", "audio", "document", "sticker")


def store(
    sim: "Simulator",
    number_id: str,
    data: bytes,
    mime: str,
    *,
    filename: str = "",
    life: float = UPLOAD_LIFE,
) -> Media:
    id_ = ids.numeric_id()
    sha256 = sim.files.write(id_, data)
    found = Media(id_, number_id, mime, sha256, len(data), filename, sim.clock.now() + life)
    sim.world.media[id_] = found
    sim.store.touch("media", id_)
    return found


def alive(sim: "Simulator", media_id: str) -> Media | None:
    found = sim.world.media.get(media_id)
    if not found or found.deleted or found.expires_at < sim.clock.now():
        return None
    return found


def address(sim: "Simulator", found: Media) -> str:
    """The short-lived address, good for five minutes of virtual time."""
    expires = int(sim.clock.now() + ADDRESS_LIFE)
    return f"{sim.url}/whatsapp_business/attachments/?mid={found.id}&ext={expires}&hash={ids.trace_id()}"


def link_of(message: Message) -> str:
    """The address the message's own media, if it is sent by address, has to be fetched from."""
    part = _linked_part(message)
    return str(part["link"]) if part else ""


def resolve_link(message: Message, media_id: str) -> None:
    part = _linked_part(message)
    if part:
        part["id"] = media_id


def _linked_part(message: Message) -> Json | None:
    if message.type in KINDS:
        part = message.content[message.type]
        return part if "link" in part and "id" not in part else None
    if message.type == "template":
        return next((p for p in _header_parts(message.content["template"]) if "link" in p), None)
    if message.type == "interactive":
        header = message.content["interactive"].get("header", {})
        part = header.get(header.get("type", ""), {})
        return part if isinstance(part, dict) and "link" in part else None
    return None


def _header_parts(template: Json) -> list[Json]:
    parameters = [
        p
        for component in template.get("components", [])
        if component.get("type", "").lower() == "header"
        for p in component.get("parameters", [])
    ]
    return [p[p["type"]] for p in parameters if p.get("type") in KINDS and p["type"] in p]
