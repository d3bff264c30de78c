"""Meta's resumable uploads: a file for the profile, named by the handle that comes back."""

from typing import Any

from madoguchi.channels.base import Failed, Refusal
from madoguchi.channels.http import HttpFailure
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.errors import PROVIDER_ERROR, provider_error
from madoguchi.channels.whatsapp.graph import Graph, failure_of


async def upload(graph: Graph, name: str, content_type: str, data: bytes) -> str:
    """The handle. Raises Refusal, or HttpFailure when there was no answer."""
    about = {"file_name": name, "file_length": str(len(data)), "file_type": content_type}
    session = await graph.ask("POST", await app_of(graph), "uploads", params=about)
    headers = {**graph.headers, "file_offset": "0", "Content-Type": "application/octet-stream"}
    answer = await graph.http.request("POST", graph.url(_text(session, "id")), headers=headers, data=data)
    found = answer.json()
    if answer.status != 200 or not isinstance(found, dict):
        raise Refusal(failure_of(answer))
    return _text(clean(found), "h")


async def app_of(graph: Graph) -> str:
    """The app that the token belongs to: files are uploaded to it."""
    found = clean(await graph.get("debug_token", params={"input_token": graph.token}))
    app = string(found.get("data"), "app_id")
    if app is None:
        raise HttpFailure("the token does not tell which app it belongs to", left=True)
    return app


def _text(found: Any, key: str) -> str:
    text = string(found, key)
    if text is None:
        raise Refusal(Failed("stop", provider_error(PROVIDER_ERROR, "", f"no {key} in the answer")))
    return text
