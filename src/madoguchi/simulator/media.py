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


def address(sim: "Simulator", found: Media, *, stale: bool = False) -> str:
    """The short-lived address, good for five minutes of virtual time; `stale` ones were so before."""
    expires = int(sim.clock.now() + (-1 if stale else ADDRESS_LIFE))
    return f"{sim.url}/whatsapp_business/attachments/?mid={found.id}&ext={expires}&hash={ids.trace_id()}"


def linked_parts(message: Message) -> list[Json]:
    """The parts whose files are sent by address and still have to be fetched, each with its `link`."""
    return [part for part in _file_parts(message) if part.get("link") and not part.get("id")]


def _file_parts(message: Message) -> list[Json]:
    if message.type in KINDS:
        return [message.content[message.type]]
    if message.type == "template":
        rendered = message.content["rendered"]
        return [place["header_media"] for place in (rendered, *rendered.get("cards", [])) if "header_media" in place]
    if message.type == "interactive":
        interactive = message.content["interactive"]
        return [part for part in map(_header_file, (interactive, *_cards(interactive))) if part]
    return []


def _cards(interactive: Json) -> list[Json]:
    return (interactive.get("action") or {}).get("cards") or []


def _header_file(place: Json) -> Json | None:
    header = place.get("header") or {}
    part = header.get(header.get("type", ""))
    return part if isinstance(part, dict) else None
