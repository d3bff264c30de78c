"""Uploading, describing, downloading and deleting media."""

from aiohttp import web

from madoguchi.simulator import media
from madoguchi.simulator.graph import access
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, missing, unknown_node
from madoguchi.simulator.graph.messages import MEGABYTE
from madoguchi.simulator.state import Json, Number

LIMITS = {"image": 5, "video": 16, "audio": 16, "application": 100, "text": 100}
SUPPORTED = {
    "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus",
    "image/jpeg", "image/png", "image/webp", "video/mp4", "video/3gpp", "video/3gp", "text/plain",
    "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip


def upload(call: Call, number: Number) -> Json:
    """`POST /<PNID>/media`."""
    if call.params.get("messaging_product") != "whatsapp":
        raise GraphError(
            100,
            "The parameter messaging_product is required.",
            message="(#100) The parameter messaging_product is required.",
        )
    file = call.files.get("file")
    if not file or not file.data:
        raise missing("file")
    mime = str(call.params.get("type") or file.mime)
    bare = mime.split(";", maxsplit=1)[0].strip().lower()
    if bare not in SUPPORTED:
        raise GraphError(
            100,
            f"Param file must be a file with one of the following types: {', '.join(sorted(SUPPORTED))}. Received file of type '{mime}'.",
            message="(#100) Invalid parameter",
        )
    limit = LIMITS[bare.split("/", maxsplit=1)[0]]
    if len(file.data) > limit * MEGABYTE:
        raise GraphError(131053, f"The file is larger than the limit of {limit} MB.")
    stored = media.store(call.sim, number.id, file.data, mime, filename=file.filename)
    return {"id": stored.id}


def describe(call: Call, media_id: str) -> Json:
    """`GET /<MEDIA_ID>`: an address good for five minutes."""
    found = media.alive(call.sim, media_id)
    number = call.sim.world.numbers.get(found.number_id) if found else None
    wanted = call.params.get("phone_number_id")
    if not found or not number or not call.allows_number(number) or (wanted and wanted != number.id):
        raise unknown_node(media_id)
    return {
        "url": media.address(call.sim, found),
        "mime_type": found.mime,
        "sha256": found.sha256,
        "file_size": str(found.size),
        "id": found.id,
        "messaging_product": "whatsapp",
    }


def delete(call: Call, media_id: str) -> Json:
    describe(call, media_id)
    call.sim.world.media[media_id].deleted = True
    call.sim.store.touch("media", media_id)
    return {"success": True}


def download(call: Call) -> web.StreamResponse:
    """The media host: 401 without a token, 404 once the address or the media has expired."""
    access.authenticate(call)
    sim = call.sim
    found = media.alive(sim, str(call.params.get("mid", "")))
    expires = float(call.params.get("ext") or 0)
    if not found or expires < sim.clock.now() or found.lost or sim.faults.take("media_lost"):
        return web.Response(status=404, text="URL signature expired")
    number = sim.world.numbers.get(found.number_id)
    if not number or not call.allows_number(number):
        return web.Response(status=404, text="Not Found")
    return web.FileResponse(sim.files.path(found.id), headers={"Content-Type": found.mime})
