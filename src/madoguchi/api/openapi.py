"""The API's description: made from the controllers, finished here, the same bytes every time."""

from functools import cache
from importlib.metadata import version

import msgspec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.types import ControllerRouterHandler

from madoguchi.api.auth import CSRF_HEADER, SESSION_COOKIE
from madoguchi.api.deps import dependencies
from madoguchi.api.openapi_finish import finish

_TAGS = {
    "session": "Signing in and out, and who one is.",
    "workspace": "The business itself, and who did what in it.",
    "agents": "The people of the business, their roles and API tokens.",
    "inboxes": "Channels, connected accounts, and what could not be processed.",
    "contacts": "The people who write.",
    "conversations": "Threads, who has them, and what state they are in.",
    "messages": "What was written, and writing.",
    "costs": "What the provider priced.",
    "labels": "What conversations are marked with.",
    "search": "One question to contacts, messages, notes and the names of attachments.",
    "views": "Filters of the list under a name, an agent's own or everybody's.",
    "teams": "Agents who share a kind of work.",
    "quick-replies": "Texts that agents use again and again.",
    "templates": "Texts the provider approved.",
    "media": "Files, in and out.",
    "events": "Everything that changed, in one gapless order.",
}


def openapi_handler(handlers: list[ControllerRouterHandler]) -> HTTPRouteHandler:
    @get("/api/openapi.json", opt={"public": True}, include_in_schema=False, sync_to_thread=True)
    def openapi() -> Response[bytes]:
        return Response(document(tuple(handlers)), media_type="application/json")

    return openapi


@cache
def document(handlers: tuple[ControllerRouterHandler, ...]) -> bytes:
    """Made on the first request only: it costs more than the rest of the start."""
    # An application of its own, so that the serving one carries none of Litestar's documentation pages.
    app = Litestar(
        list(handlers),
        openapi_config=_config(),
        dependencies=dependencies(),
        signature_types=[],
        logging_config=None,
    )
    schema = finish(msgspec.to_builtins(app.openapi_schema.to_schema()))
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


def _config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Madoguchi",
        version=version("madoguchi"),
        description="One API for every channel. Times are RFC 3339 in UTC, ids UUIDv7, lists paged by cursor.",
        license=License("Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name, description) for name, description in _TAGS.items()],
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name.rpartition(".")[2],
        render_plugins=[JsonRenderPlugin()],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="An API token, `mdg_…`."),
                "session": SecurityScheme(
                    type="apiKey",
                    name=SESSION_COOKIE,
                    security_scheme_in="cookie",
                    description=f"The console's cookie; unsafe methods also need the header `{CSRF_HEADER.title()}`.",
                ),
            }
        ),
        security=[{"token": []}, {"session": []}],
    )
