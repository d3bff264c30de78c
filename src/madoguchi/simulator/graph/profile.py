"""The business profile of a number, and the picture it shows."""

import re
import secrets
from typing import Any

from aiohttp import web

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json, Number

LIMITS = {"about": 139, "address": 256, "description": 512, "email": 128}
WEBSITES, WEBSITE = 2, 256
PICTURE_MIMES = {"image/jpeg", "image/png"}
PICTURE_BYTES = 5 * 1024 * 1024
FIELDS = {*LIMITS, "websites", "vertical", "profile_picture_url"}
VERTICALS = {
    "", "UNDEFINED", "OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY",
    "GOVT", "HOTEL", "HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "NOT_A_BIZ",
}  # fmt: skip


def read(call: Call, number: Number) -> Json:
    wanted = call.fields() or sorted(FIELDS)
    found = {key: value for key, value in number.profile.items() if key in wanted and value}
    if found.get("profile_picture_url"):
        found["profile_picture_url"] = f"{call.sim.url}{found['profile_picture_url']}"
    return {"data": [{**found, "messaging_product": "whatsapp"}]}


def write(call: Call, number: Number) -> Json:
    """Raises 100 naming the field that does not fit; nothing is changed then."""
    given = call.params
    if given.get("messaging_product") != "whatsapp":
        raise _wrong("The parameter messaging_product is required.")
    for key, limit in LIMITS.items():
        _check_text(key, given.get(key), limit)
    _check_rest(given)
    picture = _picture(call, given.get("profile_picture_handle"))
    number.profile |= {key: given[key] for key in FIELDS - {"profile_picture_url"} if key in given}
    if picture:
        number.profile["profile_picture_url"] = f"/pictures/{picture}?v={secrets.token_hex(4)}"
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def _wrong(words: str) -> GraphError:
    return GraphError(100, words, message="(#100) Invalid parameter")


def _check_text(key: str, value: Any, limit: int) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise _wrong(f"{key} must be a string.")
    if len(value) > limit:
        raise _wrong(f"{key} must be at most {limit} characters long.")
    if key == "about" and not value:
        raise _wrong("about must not be empty.")
    if key == "email" and value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise _wrong("email must be an e-mail address.")


def _check_rest(given: Json) -> None:
    sites = given.get("websites") or []
    if not isinstance(sites, list) or len(sites) > WEBSITES:
        raise _wrong(f"websites must be at most {WEBSITES} addresses.")
    if any(not str(s).startswith(("http://", "https://")) or len(str(s)) > WEBSITE for s in sites):
        raise _wrong(f"websites must be http(s) addresses of at most {WEBSITE} characters.")
    if str(given.get("vertical") or "") not in VERTICALS:
        raise _wrong(f"vertical must be one of {', '.join(sorted(VERTICALS - {''}))}.")


def _picture(call: Call, handle: Any) -> str:
    """The file behind an upload's handle, or "" when none was given."""
    if not handle:
        return ""
    upload = call.sim.world.uploads.get(str(handle))
    if not upload:
        raise _wrong("profile_picture_handle is not the handle of a finished upload.")
    if upload.mime not in PICTURE_MIMES or upload.size > PICTURE_BYTES:
        raise _wrong("profile_picture_handle must be a JPEG or PNG picture of at most 5 MB.")
    return upload.file_id


def show_upload(call: Call) -> web.StreamResponse:
    """`GET /pictures/{file}`: what was uploaded as a profile picture or a template's sample."""
    wanted = call.request.match_info["file"]
    found = next((u for u in call.sim.world.uploads.values() if u.file_id == wanted), None)
    if not found:
        return web.Response(status=404, text="Not Found")
    headers = {
        "Content-Type": found.mime,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return web.FileResponse(call.sim.files.path(found.file_id), headers=headers)
