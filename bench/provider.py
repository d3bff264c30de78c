"""The simulated provider in a process of its own, as far as a measurement needs it."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.product import Product, free_port


class Provider:
    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def sent(self) -> list[dict[str, Any]]:
        """Every send it accepted: {wamid, to, biz_opaque_callback_data, type, at}."""
        with urllib.request.urlopen(f"{self.url}/_sim/sent", timeout=60) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def make_inbox(self, product: Product, **wish: Any) -> dict[str, Any]:
        """A number and the inbox that talks with it; the provider knows the inbox's webhook address."""
        wish = {"pair_limit": False, "verify_token": "bench-verify", **wish}
        number = wish | self.call("POST", "/_sim/numbers", wish)
        names = ("phone_number_id", "access_token", "app_secret", "verify_token")
        credentials = {name: number[name] for name in names} | {"business_account_id": number["waba_id"]}
        inbox = product.make_inbox(f"{self.url}/graph", credentials)
        address = {
            "webhook_url": inbox["webhook_url"],
            "number": number["phone_number_id"],
            "verify_token": number["verify_token"],
        }
        self.call("POST", "/_sim/setup", address)
        product.call("POST", f"/api/v1/inboxes/{inbox['id']}/templates/sync")
        return {**inbox, "number": number["phone_number_id"]}


@contextmanager
def running_provider() -> Iterator[Provider]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "madoguchi.simulator", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    provider = Provider(f"http://127.0.0.1:{port}")
    try:
        _until_it_answers(provider)
        yield provider
    finally:
        process.terminate()
        process.wait(30)


def _until_it_answers(provider: Provider) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            provider.call("GET", "/_sim/state")
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the simulated provider did not answer in 30 s")
