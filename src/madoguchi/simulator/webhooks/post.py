"""One attempt to deliver one webhook body, together with the faults that spoil attempts."""

import io
import time
from typing import TYPE_CHECKING, Literal

import aiohttp

from madoguchi.simulator.webhooks import signing
from madoguchi.simulator.webhooks.log import Attempt, Delivery

if TYPE_CHECKING:
    from madoguchi.simulator.webhooks.dispatcher import Dispatcher
    from madoguchi.simulator.webhooks.receiver import Receiver

Outcome = Literal["acknowledged", "refused", "down"]
OK = 200
SERVER_ERROR = 500
ANSWER_KEPT = 300


class Post:
    def __init__(
        self,
        dispatcher: "Dispatcher",
        receiver: "Receiver",
        delivery: Delivery,
        body: bytes,
    ) -> None:
        self._dispatcher, self._receiver = dispatcher, receiver
        self._delivery, self._body = delivery, body
        self._secret = dispatcher.secret(receiver.app_id)

    async def send(self) -> Outcome:
        """Deliver once. A spoilt copy goes out before the true one, so that nothing is lost
        when the receiver rightly refuses it or rightly sets it aside."""
        await self._send_spoilt_copies()
        status = await self._post(self._body, signing.signature(self._secret, self._body))
        duplicate = self._dispatcher.faults.take("webhook_duplicate")
        for _ in range(int(duplicate.params["times"]) if duplicate else 0):
            await self._post(
                self._body,
                signing.signature(self._secret, self._body),
                fault="webhook_duplicate",
            )
        if status == OK:
            return "acknowledged"
        return "down" if status is None or status >= SERVER_ERROR else "refused"

    async def _send_spoilt_copies(self) -> None:
        body, faults = self._body, self._dispatcher.faults
        if faults.take("webhook_no_signature"):
            await self._post(body, None, fault="webhook_no_signature")
        if faults.take("webhook_bad_signature"):
            wrong = signing.signature(self._secret + "?", body)
            await self._post(body, wrong, fault="webhook_bad_signature")
        if faults.take("webhook_malformed"):
            broken = body[: len(body) // 2]
            await self._post(
                broken,
                signing.signature(self._secret, broken),
                fault="webhook_malformed",
            )

    async def _post(self, body: bytes, signature: str | None, fault: str = "") -> int | None:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": "facebookexternalua",
        }
        if signature:
            headers["X-Hub-Signature-256"] = signature
        begun = time.perf_counter()
        status, answer = await self._exchange(body, headers)
        attempt = Attempt(
            at=self._dispatcher.clock.now(),
            answer=answer,
            status=status,
            milliseconds=(time.perf_counter() - begun) * 1000,
            fault=fault,
        )
        self._delivery.attempts.append(attempt)
        return status

    async def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
        timeout = aiohttp.ClientTimeout(total=self._dispatcher.habits.timeout)
        try:
            async with self._dispatcher.session.post(
                self._receiver.url,
                # aiohttp sends a file in pieces, and would block the loop with one large string.
                data=io.BytesIO(body),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                answer = await response.content.read(ANSWER_KEPT)
                return response.status, answer.decode("utf-8", "replace")
        except TimeoutError:
            return None, "timeout"
        except (aiohttp.ClientError, OSError) as error:
            return None, type(error).__name__
