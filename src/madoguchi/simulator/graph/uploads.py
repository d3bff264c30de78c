"""Resumable uploads, whose handles serve as samples of templates and as profile pictures."""

import secrets
from dataclasses import dataclass

from madoguchi.simulator import ids
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.state import App, Json, Upload

MIMES = {"application/pdf", "image/jpeg", "image/jpg", "image/png", "image/webp", "video/mp4", "video/3gpp"}
LARGEST = 100 * 1024 * 1024


@dataclass(slots=True)
class _Session:
    length: int
    mime: str
    name: str
    data: bytearray


class Uploads:
    """Unfinished uploads are kept in memory alone; finished ones belong to the world."""

    def __init__(self) -> None:
        self._open: dict[str, _Session] = {}

    def begin(self, call: Call, _app: App) -> Json:
        """`POST /<APP>/uploads?file_name&file_length&file_type`."""
        mime = str(call.need("file_type"))
        if mime not in MIMES:
            raise GraphError(100, message=f"(#100) Param file_type must be one of {', '.join(sorted(MIMES))}")
        try:
            length = int(call.need("file_length"))
        except ValueError:
            length = 0
        if not 1 <= length <= LARGEST:
            raise GraphError(100, message=f"(#100) Param file_length must be between 1 and {LARGEST}")
        id_ = f"upload:{secrets.token_urlsafe(24)}"
        self._open[id_] = _Session(length, mime, str(call.params.get("file_name", "")), bytearray())
        return {"id": id_}

    def append(self, call: Call, id_: str) -> Json:
        """`POST /upload:…` with the bytes from `file_offset` on: a handle when complete, else the offset."""
        session = self._find(id_)
        offset = int(call.request.headers.get("file_offset", "0"))
        if offset != len(session.data):
            raise _wrong(f"file_offset must be {len(session.data)}.")
        if not call.raw or len(session.data) + len(call.raw) > session.length:
            raise _wrong(f"The body must have at most {session.length - offset} bytes and at least one.")
        session.data += call.raw
        if len(session.data) < session.length:
            return self.describe(id_)
        return {"h": _finish(call, session)}

    def describe(self, id_: str) -> Json:
        return {"id": id_, "file_offset": len(self._find(id_).data)}

    def _find(self, id_: str) -> _Session:
        if id_ not in self._open:
            raise unknown_node(id_)
        return self._open[id_]


def _wrong(words: str) -> GraphError:
    return GraphError(100, words, message="(#100) Invalid parameter")


def _finish(call: Call, session: _Session) -> str:
    handle, file_id = f"4::{secrets.token_urlsafe(48)}", ids.numeric_id()
    call.sim.files.write(file_id, bytes(session.data))
    upload = Upload(handle, file_id, session.mime.replace("jpg", "jpeg"), len(session.data), session.name)
    call.sim.world.uploads[handle] = upload
    call.sim.store.touch("uploads", handle)
    return handle
