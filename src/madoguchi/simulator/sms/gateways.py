"""Twilio, CM.com and Kannel as their customers' programs see them, and `/_sim/sms`: what was sent, what customers write, faults.

Twilio lives under `/twilio`, CM.com under `/cm`, Kannel's sendsms at `/kannel/cgi-bin/sendsms`; no path of theirs is changed below.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp
from aiohttp import web

Json = dict[str, Any]
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
_FEW = 1000


@dataclass
class Faults:
    """Counts are used up one by one; `receipts` is once, twice, before or none."""

    too_fast: int = 0
    server_errors: int = 0
    lose_answers: int = 0
    refuse: int = 0  # the provider's own code for everything that follows; 0: nothing is refused
    receipts: str = "once"
    receipt_delay: float = 0.0
    undelivered: bool = False


@dataclass
class Text:
    id: str
    provider: str
    direction: str
    customer: str
    ours: str
    text: str
    reference: str = ""
    at: str = ""


@dataclass
class Gateways:
    """One of each; `webhooks` says where each provider calls the product."""

    webhooks: dict[str, str] = field(default_factory=dict)
    twilio_token: str = "twilio-token"  # noqa: S105 - a simulator's
    faults: Faults = field(default_factory=Faults)
    texts: list[Text] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._stopped: set[str] = set()  # customers, at Twilio
        self._tasks: set[asyncio.Task[None]] = set()

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/twilio/2010-04-01/Accounts/{account}/Messages.json", self._twilio)
        app.router.add_get("/twilio/2010-04-01/Accounts/{account}.json", self._twilio_account)
        app.router.add_post("/cm/v1.0/message", self._cm)
        app.router.add_post("/kannel/cgi-bin/sendsms", self._kannel)
        app.router.add_get("/_sim/sms", self._look)
        app.router.add_post("/_sim/sms/setup", self._setup)
        app.router.add_post("/_sim/sms/faults", self._set_faults)
        app.router.add_post("/_sim/sms/messages", self._write)
        app.on_cleanup.append(self._end)

    # --- the providers ---------------------------------------------------------------------------------

    async def _twilio(self, request: web.Request) -> web.StreamResponse:
        form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        fault = self._fault(request, {"code": 20429, "message": "Too Many Requests"})
        if fault is not None:
            return fault
        refused = self.faults.refuse or (21610 if form.get("To") in self._stopped else 0)
        if refused:
            body = {"code": refused, "message": "refused", "status": 400}
            return web.json_response(body, status=400)
        sid = f"SM{next(self._ids):032x}"
        self._keep(Text(sid, "twilio", "out", form.get("To", ""), form.get("From", ""), form.get("Body", "")))
        await self._report(self._twilio_reports(sid, form))
        return await self._answer(
            request, web.json_response({"sid": sid, "status": "queued", "num_segments": "1"}, status=201)
        )

    async def _twilio_reports(self, sid: str, form: Json) -> None:
        url = str(form.get("StatusCallback") or "")
        for status in ("sent", "undelivered" if self.faults.undelivered else "delivered"):
            said = {"MessageSid": sid, "MessageStatus": status, "To": form.get("To", ""), "From": form.get("From", "")}
            if status == "undelivered":
                said["ErrorCode"] = "30003"
            if url:
                await self._signed(url, said)

    async def _twilio_account(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "active", "friendly_name": "Simulator"})

    async def _cm(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault(request, {"details": "Too many requests", "errorCode": 429})
        if fault is not None:
            return fault
        message = (await request.json())["messages"]["msg"][0]
        to, reference = message["to"][0]["number"], str(message.get("reference", ""))
        code = self.faults.refuse
        if not code:
            self._keep(Text(reference, "cm", "out", to, message["from"], message["body"]["content"], reference))
            await self._report(self._cm_report(to, reference))
        each = {"to": to, "status": "Rejected" if code else "Accepted", "reference": reference, "parts": 1}
        body = {"details": "x", "errorCode": code, "messages": [{**each, "messageErrorCode": code}]}
        return await self._answer(request, web.json_response(body, status=400 if code else 200))

    async def _cm_report(self, to: str, reference: str) -> None:
        status = {"code": "3" if self.faults.undelivered else "2", "errorCode": "0", "errorDescription": "Delivered"}
        report = {"received": _now(), "to": to, "reference": reference, "status": status, "operator": "44010"}
        await self._call("POST", self.webhooks.get("cm", ""), json={"messages": {"msg": report}})

    async def _kannel(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault(request, {})
        if fault is not None:
            return fault
        if self.faults.refuse:
            return web.Response(status=self.faults.refuse, text="Authorization failed for sendsms")
        said = {name.lower().removeprefix("x-kannel-"): value for name, value in request.headers.items()}
        text = (await request.read()).decode(request.charset or "utf-8", "replace")
        sent = Text(f"k{next(self._ids)}", "kannel", "out", said.get("to", ""), said.get("from", ""), text)
        self._keep(sent)
        await self._report(self._kannel_report(said.get("dlr-url", ""), sent.customer))
        return await self._answer(request, web.Response(status=202, text="0: Accepted for delivery"))

    async def _kannel_report(self, template: str, to: str) -> None:
        code = "2" if self.faults.undelivered else "1"
        at = str(int(datetime.now(UTC).timestamp()))
        url = template.replace("%d", code).replace("%A", "").replace("%T", at).replace("%P", quote(to))
        await self._call("GET", url)

    # --- faults ----------------------------------------------------------------------------------------

    def _fault(self, _request: web.Request, too_fast: Json) -> web.Response | None:
        if self.faults.server_errors > 0:
            self.faults.server_errors -= 1
            return web.Response(status=503, text="later")
        if self.faults.too_fast > 0:
            self.faults.too_fast -= 1
            return web.json_response(too_fast, status=429, headers={"Retry-After": "1"})
        return None

    async def _answer(self, request: web.Request, answer: web.Response) -> web.Response:
        """Or none: what was taken stays taken."""
        if self.faults.lose_answers > 0 and request.transport is not None:
            self.faults.lose_answers -= 1
            request.transport.abort()
        return answer

    async def _report(self, work: Coroutine[Any, Any, None]) -> None:
        if self.faults.receipts == "none":
            work.close()
        elif self.faults.receipts == "before":
            await work
        else:
            self._later(work)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(self.faults.receipt_delay)
            await work

        task = asyncio.create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the customers ---------------------------------------------------------------------------------

    async def _look(self, _request: web.Request) -> web.StreamResponse:
        body = {
            "texts": [asdict(each) for each in self.texts],
            "faults": asdict(self.faults),
            "webhooks": self.webhooks,
        }
        return web.json_response(body)

    async def _setup(self, request: web.Request) -> web.StreamResponse:
        self.webhooks.update({str(name): str(url) for name, url in (await request.json()).items()})
        return web.json_response({"webhooks": self.webhooks})

    async def _set_faults(self, request: web.Request) -> web.StreamResponse:
        wish = await request.json()
        unknown = sorted(set(wish) - set(asdict(self.faults)))
        if unknown:
            return web.json_response({"error": f"no such fault: {unknown[0]}", "reason": "unknown"}, status=422)
        self.faults = Faults(**wish)
        return web.json_response(asdict(self.faults))

    async def _write(self, request: web.Request) -> web.StreamResponse:
        """`{provider, from, to, text}`: a customer writes; answers with the product's status."""
        wish = await request.json()
        provider, text = str(wish.get("provider", "")), str(wish.get("text", ""))
        url = self.webhooks.get(provider)
        if not url:
            return web.json_response({"error": "this provider has no webhook yet", "reason": "setup"}, status=422)
        sent = Text(f"mo{next(self._ids)}", provider, "in", str(wish["from"]), str(wish["to"]), text)
        self._keep(sent)
        return web.json_response({"id": sent.id, "status": await self._tell(sent, url)})

    async def _tell(self, sent: Text, url: str) -> int:
        if sent.provider == "twilio":
            if sent.text.strip().upper() in STOP_WORDS:
                self._stopped.add(sent.customer)
            form = {"MessageSid": f"SM{sent.id}", "From": sent.customer, "To": sent.ours, "Body": sent.text}
            return await self._signed(url, {**form, "NumMedia": "0", "NumSegments": "1"})
        if sent.provider == "cm":
            said = {"from": sent.customer, "to": sent.ours, "message": sent.text, "reference": "", "timeUtc": sent.at}
            return await self._call("POST", url, json={**said, "channel": "SMS", "groupings": ["", "", ""]})
        at = str(int(datetime.now(UTC).timestamp()))
        query = {"from": sent.customer, "to": sent.ours, "text": sent.text, "charset": "UTF-8", "at": at, "id": sent.id}
        return await self._call("GET", f"{url}?{urlencode(query)}")

    # --- calling the product ----------------------------------------------------------------------------

    async def _signed(self, url: str, form: Json) -> int:
        content = url + "".join(f"{name}{value}" for name, value in sorted(form.items()))
        mac = hmac.new(self.twilio_token.encode(), content.encode(), hashlib.sha1).digest()
        signature = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
        return await self._call("POST", url, data=form, headers=signature)

    async def _call(self, method: str, url: str, **content: Any) -> int:
        if not urlsplit(url).scheme:
            return 0
        status = 0
        async with aiohttp.ClientSession() as session:
            for _ in range(2 if self.faults.receipts == "twice" else 1):
                async with session.request(method, url, **content) as answer:
                    status = answer.status
        return status

    def _keep(self, text: Text) -> None:
        text.at = _now()
        self.texts.append(text)
        del self.texts[:-_FEW]

    async def _end(self, _app: web.Application) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
