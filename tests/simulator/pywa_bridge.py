"""pywa 4.5.0, an independent client, talking to the simulator instead of Meta."""

import httpx
from pywa.client import WhatsApp

from tests.simulator.lab import NUMBER, TOKEN, WABA

GRAPH = {"graph.facebook.com", "api.facebook.com"}


class Rewrite(httpx.HTTPTransport):
    """Sends what is meant for graph.facebook.com, or its sister host, to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in GRAPH:
            request.url = request.url.copy_with(
                scheme=self._url.scheme,
                host=self._url.host,
                port=self._url.port,
                raw_path=b"/graph" + request.url.raw_path,
            )
            request.headers["Host"] = f"{self._url.host}:{self._url.port}"
        return super().handle_request(request)


def client(url: str) -> WhatsApp:
    session = httpx.Client(transport=Rewrite(url), timeout=10)
    return WhatsApp(
        phone_id=NUMBER,
        token=TOKEN,
        session=session,
        waba_id=WABA,
        api_version=26.0,
        verify_token="demo-verify-token",
        app_secret="demo-app-secret",
        server=None,
        validate_updates=True,
        filter_updates=False,
    )
