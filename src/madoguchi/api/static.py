"""The console: a page and its assets, built by Vite into `static/console`. Nothing in it is fetched from elsewhere."""

import asyncio
import gzip
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Struct

from madoguchi.core.errors import NotFound

FOLDER = Path(__file__).parent.parent / "static" / "console"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; frame-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_FOREVER = "public, max-age=31536000, immutable"
_PACKED = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_NOT_THE_CONSOLE = ("api/", "webhooks/", "assets/", "metrics", "healthz", "readyz")
# Shown before any translation can be loaded, hence in both languages at once.
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Madoguchi</title>
<p>The console has not been built yet. Run <code>make console</code>, then reload this page.</p>
<p lang="ja">コンソールはまだビルドされていません。<code>make console</code> を実行してから、このページを再読み込みしてください。</p>
</html>"""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class Asset(Struct, frozen=True):
    content: bytes
    packed: bytes | None
    content_type: str


@get("/", opt={"public": True}, include_in_schema=False)
async def console(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await _page(request, "index.html")


@get("/api/docs", opt={"public": True}, include_in_schema=False)
async def docs(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await _page(request, "docs.html")


@get("/{path:path}", opt={"public": True}, include_in_schema=False)
async def console_path(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A file of the build, or for an address inside the console its page."""
    name = path.lstrip("/")
    found = await asyncio.to_thread(_find, name)
    if found is not None:
        return _file(request, found, name)
    if name.startswith(_NOT_THE_CONSOLE) or "." in name.rpartition("/")[2]:
        raise NotFound("There is nothing at this address.")
    return await _page(request, "index.html")


async def _page(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    found = await asyncio.to_thread(_find, name)
    if found is None:
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY}
        return Response(_NOT_BUILT.encode(), media_type="text/html; charset=utf-8", headers=headers)
    return _file(request, found, name)


def _file(request: Request[Any, Any, Any], asset: Asset, name: str) -> Response[bytes]:
    headers = {
        "Cache-Control": _FOREVER if name.startswith("assets/") else "no-store",
        "Content-Security-Policy": _POLICY,
        "Vary": "Accept-Encoding",
    }
    body = asset.content
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.content_type, headers=headers)


def _find(name: str) -> Asset | None:
    try:
        path = (FOLDER / name).resolve()
        if not path.is_relative_to(FOLDER.resolve()) or not path.is_file():
            return None
    except (OSError, ValueError):  # longer than a name can be, or with a NUL in it
        return None
    return _load(path, path.stat().st_mtime_ns)


@cache
def _load(path: Path, _changed: int) -> Asset:
    content = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(content, mtime=0) if content_type.startswith(_PACKED) else None
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Asset(content, packed if packed and len(packed) < len(content) else None, content_type)
