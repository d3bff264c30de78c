"""One call of the Graph API: its parameters, wherever they travelled, and who is calling."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from madoguchi.simulator.graph.errors import GraphError, missing
from madoguchi.simulator.state import App, Json, Number, Token, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


@dataclass(slots=True)
class Upload:
    data: bytes
    mime: str
    filename: str


@dataclass(slots=True)
class Call:
    sim: "Simulator"
    request: web.Request
    version: str
    segments: list[str]
    params: Json
    raw: bytes
    files: dict[str, Upload] = field(default_factory=dict)
    body_is_json: bool = False
    # Set once the caller is known.
    token: Token | None = None
    app: App | None = None
    # The name of the fault that struck, for the log.
    fault: str = ""

    def need(self, name: str) -> Any:
        value = self.params.get(name)
        if value in (None, ""):
            raise missing(name)
        return value

    def fields(self) -> list[str]:
        """The `fields` parameter, without the sub-selections nobody here needs."""
        wanted = str(self.params.get("fields", ""))
        return [part.split("{")[0].split(".")[0].strip() for part in wanted.split(",") if part]

    def allows_waba(self, waba: Waba) -> bool:
        token = self.token
        return token is not None and (not token.waba_ids or waba.id in token.waba_ids)

    def allows_number(self, number: Number) -> bool:
        return self.allows_waba(self.sim.world.wabas[number.waba_id])


async def read(sim: "Simulator", request: web.Request, version: str, segments: list[str]) -> Call:
    """Raises GraphError 100 for a body that is not what its type says."""
    call = Call(sim, request, version, segments, params=dict(request.query), raw=b"")
    if request.method not in {"POST", "PUT", "DELETE"}:
        return call
    if request.content_type == "multipart/form-data":
        await _read_multipart(call)
        return call
    call.raw = await request.read()
    if request.content_type == "application/x-www-form-urlencoded":
        call.params |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    elif call.raw and (segments and not segments[0].startswith("upload:")):
        _read_json(call)
    return call


def _read_json(call: Call) -> None:
    try:
        body = json.loads(call.raw)
    except ValueError as error:
        raise GraphError(100, "The body is not valid JSON.", message="(#100) Invalid parameter") from error
    if not isinstance(body, dict):
        raise GraphError(100, "The body must be a JSON object.", message="(#100) Invalid parameter")
    call.params |= body
    call.body_is_json = True


async def _read_multipart(call: Call) -> None:
    async for part in await call.request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.filename is None:
            call.params[part.name] = await part.text()
            continue
        mime = part.headers.get("Content-Type", "application/octet-stream")
        call.files[part.name] = Upload(bytes(await part.read()), mime, part.filename)
