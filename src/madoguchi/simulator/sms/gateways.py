"""Twilio, CM.com and Kannel as their customers' programs see them, and `/_sim/sms`: what was sent, what customers write, faults.

Twilio lives under `/twilio`, CM.com under `/cm`, Kannel's sendsms at `/kannel/cgi-bin/sendsms`; no path of theirs is changed below.
What a customer's telephone shows of it is in `phones`.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp
from aiohttp import web

from madoguchi.simulator import samples
from madoguchi.simulator.sms import phones
from madoguchi.simulator.sms.letters import counted

Json = dict[str, Any]
_MEDIA = "twilio/2010-04-01/Accounts/{account}/Messages/SM{sid}/Media/{name}"
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
    parts: int = 1
    alphabet: str = "gsm"
    media: list[str] = field(default_factory=list)  # names of samples
    reached: str = ""  # out: delivered or undelivered; in: taken or refused by the product


@dataclass
class Gateways:
    """One of each; `webhooks` says where each provider calls the product."""

    webhooks: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)  # ours at each, where customers write to
    publish: Callable[[str, Json], None] = lambda _kind, _data: None  # the page of the telephones
    twilio_token: str = "twilio-token"  # noqa: S105 - a simulator's
    faults: Faults = field(default_factory=Faults)
    texts: list[Text] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._url = ""  # where this is served, for the addresses of pictures
        self._stopped: set[str] = set()  # customers, at Twilio
        self._tasks: set[asyncio.Task[None]] = set()

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/twilio/2010-04-01/Accounts/{account}/Messages.json", self._twilio)
        app.router.add_get("/twilio/2010-04-01/Accounts/{account}.json", self._twilio_account)
        app.router.add_get("/twilio/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{name}", self._twilio_media)
        app.router.add_post("/cm/v1.0/message", self._cm)
        app.router.add_post("/kannel/cgi-bin/sendsms", self._kannel)
        app.router.add_get("/_sim/sms", self._look)
        app.router.add_post("/_sim/sms/setup", self._setup)
        app.router.add_post("/_sim/sms/faults", self._set_faults)
        app.router.add_post("/_sim/sms/messages", self._write)
        app.router.add_post("/_sim/sms/demo", self._demo)
        app.router.add_get("/_sim/sms/samples/{name}", self._sample)
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

    async def _twilio_media(self, request: web.Request) -> web.StreamResponse:
        """Only with the account's token, as where it is enforced."""
        login = request.headers.get("Authorization", "")
        expected = base64.b64encode(f"{request.match_info['account']}:{self.twilio_token}".encode()).decode()
        if login != f"Basic {expected}":
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        return await self._sample(request)

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in samples.NAMES:
            return web.json_response({"code": 20404, "message": "not found", "status": 404}, status=404)
        content, content_type, _ = samples.make(name)
        return web.Response(body=content, headers={"Content-Type": content_type})

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
            self._use_up("server_errors")
            return web.Response(status=503, text="later")
        if self.faults.too_fast > 0:
            self._use_up("too_fast")
            return web.json_response(too_fast, status=429, headers={"Retry-After": "1"})
        return None

    def _use_up(self, fault: str) -> None:
        setattr(self.faults, fault, getattr(self.faults, fault) - 1)
        self.publish("sms_faults", asdict(self.faults))

    async def _answer(self, request: web.Request, answer: web.Response) -> web.Response:
        """Or none: what was taken stays taken."""
        if self.faults.lose_answers > 0 and request.transport is not None:
            self._use_up("lose_answers")
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
            "numbers": self.numbers,
        }
        return web.json_response(body)

    async def _setup(self, request: web.Request) -> web.StreamResponse:
        wish = await request.json()
        self.numbers.update({str(name): str(number) for name, number in wish.pop("numbers", {}).items()})
        self.webhooks.update({str(name): str(url) for name, url in wish.items()})
        self.publish("reload", {})
        return web.json_response({"webhooks": self.webhooks, "numbers": self.numbers})

    async def _set_faults(self, request: web.Request) -> web.StreamResponse:
        wish = await request.json()
        unknown = sorted(set(wish) - set(asdict(self.faults)))
        if unknown:
            return web.json_response({"error": f"no such fault: {unknown[0]}", "reason": "unknown"}, status=422)
        self.faults = Faults(**wish)
        self.publish("sms_faults", asdict(self.faults))
        return web.json_response(asdict(self.faults))

    async def _write(self, request: web.Request) -> web.StreamResponse:
        """`{provider, from, to, text, media?}`: a customer writes; answers with the product's status."""
        wish = await request.json()
        provider, media = str(wish.get("provider", "")), [str(name) for name in wish.get("media", [])]
        if provider not in self.webhooks:
            return web.json_response({"error": "this provider has no webhook yet", "reason": "setup"}, status=422)
        if (media and provider != "twilio") or not set(media) <= set(samples.NAMES):
            return web.json_response({"error": "this provider carries no such file", "reason": "media"}, status=422)
        self._url = f"{request.scheme}://{request.host}"
        sent, status = await self._arrive(provider, wish, media)
        return web.json_response({"id": sent.id, "status": status})

    async def _arrive(self, provider: str, wish: Json, media: list[str]) -> tuple[Text, int]:
        text = str(wish.get("text", ""))
        sent = Text(f"mo{next(self._ids)}", provider, "in", str(wish["from"]), str(wish["to"]), text, media=media)
        self._keep(sent)
        status = await self._tell(sent, self.webhooks[provider])
        sent.reached = "taken" if status and status < 300 else "refused"
        self.publish("sms", asdict(sent))
        if provider == "twilio":
            self._twilio_answers(sent)
        return sent, status

    def _twilio_answers(self, asked: Text) -> None:
        """Twilio's own keywords: it answers them itself, whatever the product does."""
        said = phones.answer_of(asked.text)
        if said is None:
            return
        word, text = said
        if word != "HELP":
            (self._stopped.add if word == "STOP" else self._stopped.discard)(asked.customer)
        self._keep(
            Text(f"own{next(self._ids)}", "twilio", "out", asked.customer, asked.ours, text, reference="provider")
        )

    async def _demo(self, _request: web.Request) -> web.StreamResponse:
        """What the people of the demo write, one after the other, to every provider that is connected."""
        count = 0
        for provider in list(self.webhooks):
            for customer, text, media in phones.MESSAGES:
                wish = {"from": customer, "to": self.numbers.get(provider, phones.OURS), "text": text}
                await self._arrive(provider, wish, media if provider == "twilio" else [])
                count += 1
        return web.json_response({"messages": count})

    async def _tell(self, sent: Text, url: str) -> int:
        if sent.provider == "twilio":
            form = {"MessageSid": f"SM{sent.id}", "From": sent.customer, "To": sent.ours, "Body": sent.text}
            form |= {"NumMedia": str(len(sent.media)), "NumSegments": str(sent.parts)}
            for number, name in enumerate(sent.media):
                form[f"MediaUrl{number}"] = (
                    f"{self._url}/{_MEDIA.format(account=phones.ACCOUNT, sid=sent.id, name=name)}"
                )
                form[f"MediaContentType{number}"] = samples.make(name)[1]
            return await self._signed(url, form)
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
        text.alphabet, text.parts = counted(text.text)
        if text.direction == "out":
            text.reached = "undelivered" if self.faults.undelivered else "delivered"
        self.texts.append(text)
        del self.texts[:-_FEW]
        self.publish("sms", asdict(text))

    async def _end(self, _app: web.Application) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
