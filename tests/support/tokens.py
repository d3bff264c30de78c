"""A provider's token server: refresh tokens that are good once, access tokens that end, and a right that can be revoked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.support.ports import free_port


class TokenServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.refresh = "refresh-0"
        self.issued = 0
        self.good: set[str] = set()  # access tokens
        self.used_twice: list[str] = []
        self.lasts = 3600
        self.revoked = False
        self.broken = False
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    def sign_in_again(self) -> str:
        """The owner agrees once more; what was given before is worth nothing."""
        self.revoked, self.refresh = False, f"refresh-again-{self.issued}"
        return self.refresh

    async def token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        if self.broken:
            return web.Response(status=503, text="<html>later</html>")
        if self.revoked or form.get("refresh_token") != self.refresh:
            if not self.revoked:
                self.used_twice.append(form.get("refresh_token", ""))
            refusal = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            return web.json_response(refusal, status=400)
        self.issued += 1
        self.refresh, access = f"refresh-{self.issued}", f"access-{self.issued}"
        self.good.add(access)
        return web.json_response({"access_token": access, "expires_in": self.lasts, "refresh_token": self.refresh})

    async def introspect(self, request: web.Request) -> web.Response:
        """As Dovecot asks: is this token good, and whose is it?"""
        token = str((await request.post()).get("token", "")) or request.query.get("token", "")
        return web.json_response({"active": token in self.good, "username": "support@minato.example"})


@asynccontextmanager
async def running_token_server() -> AsyncIterator[TokenServer]:
    server = TokenServer()
    app = web.Application()
    app.router.add_post("/token", server.token)
    app.router.add_route("*", "/introspect", server.introspect)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", server.port).start()
    try:
        yield server
    finally:
        await runner.cleanup()
