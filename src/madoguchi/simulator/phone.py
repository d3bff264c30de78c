"""Serves the built phone page."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
NOT_BUILT = "The phone page is not built. Run: make build\n"


def add_to(app: web.Application) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        index = STATIC / ("sms.html" if request.path.rstrip("/").endswith("/sms") else "index.html")
        if not index.exists():
            return web.Response(status=503, text=NOT_BUILT)
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    async def root(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/phone")

    app.router.add_get("/", root)
    app.router.add_get("/phone", page)
    app.router.add_get("/phone/", page)
    app.router.add_get("/phone/sms", page)
    if (STATIC / "assets").exists():
        app.router.add_static("/phone/assets/", STATIC / "assets")
