"""The link against the simulated message centre, and the centre against clients that we did not write."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, Failed, InboxConfig, Part, RawRequest, SendResult, Uncertain
from madoguchi.channels.events import Event, Identity, MessageReceived, ReceiptReceived
from madoguchi.channels.fetching import ListenFailure
from madoguchi.channels.http import Http
from madoguchi.simulator.sms.smsc import Smsc

NOBODY: Any = None
LONG = "Grüße aus Yokohama — ".replace("—", "-") * 12
JAPANESE = "ご予約ありがとうございます。" * 12


class Intake:
    """What was stored, in memory; `fail` times it cannot be."""

    def __init__(self) -> None:
        self.requests: list[tuple[Mapping[str, str], bytes]] = []
        self.kept: dict[str, Any] = {}
        self.fail = 0
        self.news = asyncio.Event()

    async def cursor(self) -> dict[str, Any]:
        return self.kept

    async def store(self, requests: Sequence[tuple[Mapping[str, str], bytes]], cursor: dict[str, Any]) -> None:
        if self.fail:
            self.fail -= 1
            raise OSError("no database")
        self.requests += requests
        self.kept = cursor
        self.news.set()

    async def works(self, *_: object, **__: object) -> None:
        self.news.set()

    def events(self) -> list[Event]:
        channel = registry.channel("sms")
        return [
            event for headers, body in self.requests for event in channel.parse(RawRequest("POST", {}, headers, body))
        ]

    async def until(self, count: int) -> list[Event]:
        async with asyncio.timeout(10):
            while len(found := self.events()) < count:
                self.news.clear()
                await self.news.wait()
        return found


@asynccontextmanager
async def centre() -> AsyncIterator[Smsc]:
    smsc = Smsc({"desk": "secret"})
    await smsc.start()
    try:
        yield smsc
    finally:
        await smsc.stop()


def _inbox(smsc: Smsc, **settings: Any) -> InboxConfig:
    chosen = {
        "provider": "smpp",
        "sender": "+815012345678",
        "smpp_host": "127.0.0.1",
        "smpp_port": smsc.port,
        "smpp_tls": "none",
    }
    password = settings.pop("password", "secret")
    return InboxConfig(UUID(int=2), UUID(int=1), "sms", "Desk", {"system_id": "desk", "smpp_password": password}, {**chosen, "smpp_bind": "separate", **settings})  # fmt: skip


async def _send(
    inbox: InboxConfig, http: Http, text: str = "hello", number: int = 1, begun: dict[str, Any] | None = None
) -> SendResult:
    data = {"begun": begun} if begun else {}
    part = Part(str(UUID(int=number)), (Identity("phone", "819011110001"),), "text", text, data)
    return await registry.channel("sms").send(part, inbox, http, NOBODY)


@asynccontextmanager
async def listening(inbox: InboxConfig, http: Http, intake: Intake) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(registry.channel("sms").listen(inbox, intake, http))
    await asyncio.wait([task, asyncio.create_task(intake.news.wait())], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ListenFailure, OSError):
            await task


@pytest.mark.parametrize("bind", ["separate", "transceiver"])
@pytest.mark.parametrize("receipts", ["once", "twice", "before"])
async def test_a_message_and_its_receipt(bind: str, receipts: str) -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.receipts = receipts
        inbox, intake = _inbox(smsc, smpp_bind=bind), Intake()
        async with listening(inbox, http, intake):
            result = await _send(inbox, http)
            assert isinstance(result, Accepted)
            found = await intake.until(2 if receipts == "twice" else 1)
            assert smsc.links == (1 if bind == "transceiver" else 2)
        assert {(e.provider_id, e.status) for e in found if isinstance(e, ReceiptReceived)} == {
            (result.provider_id, "delivered")
        }


@pytest.mark.parametrize("fields, digits, ids", [(True, 10, "same"), (False, 12, "same"), (False, 14, "hex")])
async def test_receipts_in_all_forms(fields: bool, digits: int, ids: str) -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.fields, smsc.faults.date_digits, smsc.faults.receipt_ids = fields, digits, ids
        inbox, intake = _inbox(smsc, smpp_ids="same" if ids == "same" else "decimal_to_hex"), Intake()
        async with listening(inbox, http, intake):
            result = await _send(inbox, http)
            (receipt,) = await intake.until(1)
        assert isinstance(result, Accepted)
        assert isinstance(receipt, ReceiptReceived)
        assert receipt.provider_id == result.provider_id
        assert receipt.at.year > 2000


@pytest.mark.parametrize("method", ["udh", "sar", "payload"])
@pytest.mark.parametrize("text", [LONG, JAPANESE])
async def test_long_texts_out(method: str, text: str) -> None:
    heard: list[str] = []
    async with centre() as smsc, Http() as http:
        smsc.heard = lambda _source, _to, words: heard.append(words)
        result = await _send(_inbox(smsc, smpp_multipart=method), http, text)
        assert isinstance(result, Accepted)
        assert len(result.data["parts"]) == len(smsc.taken)
        assert (len(smsc.taken) == 1) is (method == "payload")
    assert heard == [text]


@pytest.mark.parametrize("text", ["Hi", LONG, JAPANESE])
async def test_texts_in_are_one_message(text: str) -> None:
    async with centre() as smsc, Http() as http:
        inbox, intake = _inbox(smsc), Intake()
        async with listening(inbox, http, intake):
            smsc.deliver("819011110001", "815012345678", text)
            (message,) = await intake.until(1)
        assert isinstance(message, MessageReceived)
        assert message.text == text


async def test_parts_wait_over_a_restart() -> None:
    async with centre() as smsc, Http() as http:
        inbox, intake = _inbox(smsc), Intake()
        smsc.deliver("819011110001", "815012345678", LONG)
        smsc._waiting, rest = smsc._waiting[:1], smsc._waiting[1:]
        async with listening(inbox, http, intake):
            async with asyncio.timeout(5):
                while not intake.kept.get("parts"):
                    intake.news.clear()
                    await intake.news.wait()
        assert intake.events() == []
        smsc._waiting = rest
        async with listening(inbox, http, intake):
            (message,) = await intake.until(1)
        assert isinstance(message, MessageReceived)
        assert message.text == LONG


async def test_what_could_not_be_stored_comes_again_and_what_was_comes_once() -> None:
    async with centre() as smsc, Http() as http:
        inbox, intake = _inbox(smsc), Intake()
        intake.fail = 1
        smsc.deliver("819011110001", "815012345678", "first")
        async with listening(inbox, http, intake) as task:
            with pytest.raises(OSError, match="no database"):
                await task
        # The answer does not arrive: the same message is there for the next link.
        smsc.faults.deaf = True
        smsc.deliver("819011110001", "815012345678", "first")
        async with listening(inbox, http, intake):
            await intake.until(1)
        async with asyncio.timeout(30):
            while not smsc._waiting:
                await asyncio.sleep(0.01)
        smsc.faults.deaf = False
        async with listening(inbox, http, intake):
            smsc.deliver("819011110001", "815012345678", "second")
            found = await intake.until(2)
        assert [e.text for e in found if isinstance(e, MessageReceived)] == ["first", "second"]


async def test_a_link_cut_with_a_full_window_leaves_the_rest_uncertain() -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.cut_at = 5
        inbox = _inbox(smsc, smpp_window=20)
        results = await asyncio.gather(*(_send(inbox, http, f"m{n}", n) for n in range(20)))
        texts = [each.text for each in smsc.taken]
        assert any(isinstance(r, Uncertain) for r in results)
        assert len(set(texts)) == len(texts)
        # What the centre has is never called failed: that would be sent again.
        failed = {f"m{n}" for n, result in enumerate(results) if isinstance(result, Failed)}
        assert failed.isdisjoint(texts)
        assert isinstance(await _send(inbox, http, "after"), Accepted)


async def test_too_fast_slows_down_and_nothing_is_lost() -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.throttle = 8
        inbox = _inbox(smsc)
        results = await asyncio.gather(*(_send(inbox, http, f"m{n}", n) for n in range(10)))
        assert all(isinstance(r, Accepted) for r in results)
        assert sorted(t.text for t in smsc.taken) == sorted(f"m{n}" for n in range(10))


@pytest.mark.parametrize("status, kind, code", [(0x0B, "not_reachable", "number_invalid"), (0x0A, "stop", "sender_invalid"), (0x58, "retry_after", "rate_limited"), (0x08, "retry", "provider_busy"), (0x99, "stop", "provider_error")])  # fmt: skip
async def test_refusals(status: int, kind: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("madoguchi.channels.sms.smpp.submit._TRIES", 2)
    async with centre() as smsc, Http() as http:
        smsc.faults.submit_status = status
        result = await _send(_inbox(smsc), http)
        assert isinstance(result, Failed)
        assert (result.kind, result.error.code) == (kind, code)


@pytest.mark.parametrize("password, status, code", [("wrong", 0, "login_refused"), ("secret", 0x0D, "bind_refused")])
async def test_a_refused_bind_says_what_to_do(password: str, status: int, code: str) -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.bind_status = status
        inbox = _inbox(smsc, password=password)
        result = await _send(inbox, http)
        assert isinstance(result, Failed)
        assert (result.kind, result.error.code) == ("channel_down", code)
        with pytest.raises(ListenFailure) as refused:
            await registry.channel("sms").listen(inbox, Intake(), http)
        assert refused.value.error.code == code
        assert code in registry.channel("sms").manifest.advice
        health = await registry.channel("sms").probe(inbox, http)
        assert health.holds is not None


async def test_a_cut_link_is_told() -> None:
    async with centre() as smsc, Http() as http:
        intake = Intake()
        async with listening(_inbox(smsc), http, intake) as task:
            smsc.cut()
            with pytest.raises(ListenFailure) as ended:
                await task
        assert ended.value.error.code == "connection_lost"


def _drive_smpplib(port: int) -> tuple[list[str], list[str]]:
    """A client of other people's making: binds, sends in two parts, gets a message and its receipts."""
    import smpplib.client  # type: ignore[import-untyped]
    import smpplib.gsm  # type: ignore[import-untyped]

    client = smpplib.client.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=True)
    ids: list[str] = []
    came: list[str] = []
    client.set_message_sent_handler(lambda pdu: ids.append(pdu.message_id.decode()))
    client.set_message_received_handler(lambda pdu: came.append(pdu.short_message.decode("latin-1")))
    client.connect()
    client.bind_transceiver(system_id="desk", password="secret")
    parts, coding, kind = smpplib.gsm.make_parts("x" * 200)
    for part in parts:
        client.send_message(source_addr_ton=1, source_addr_npi=1, source_addr="815012345678", dest_addr_ton=1, dest_addr_npi=1, destination_addr="819011110001", short_message=part, data_coding=coding, esm_class=kind, registered_delivery=1)  # fmt: skip
    while len(ids) < 2 or len(came) < 2:
        client.read_once()
    client.unbind()
    client.disconnect()
    return ids, came


async def test_smpplib_understands_the_centre() -> None:
    logging.getLogger("smpplib").setLevel(logging.ERROR)
    heard: list[str] = []
    async with centre() as smsc:
        smsc.heard = lambda _source, _to, words: heard.append(words)
        ids, came = await asyncio.to_thread(_drive_smpplib, smsc.port)
    assert heard == ["x" * 200]
    assert all(any(f"id:{each} " in words for words in came) for each in ids)


# Their writer is left to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_aiosmpplib_understands_the_centre() -> None:
    from aiosmpplib import ESME, PhoneNumber, SubmitSm  # type: ignore[import-untyped]

    async with centre() as smsc:
        client = ESME(smsc_host="127.0.0.1", smsc_port=smsc.port, system_id="desk", password="secret")
        running = asyncio.create_task(client.start())
        text = "Grüße an alle"
        ours, theirs = PhoneNumber("815012345678"), PhoneNumber("819011110001")
        await client.broker.enqueue(SubmitSm(source=ours, destination=theirs, short_message=text, log_id="1"))
        async with asyncio.timeout(10):
            while not smsc.taken:
                await asyncio.sleep(0.02)
        await client.stop()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert [(each.destination, each.text) for each in smsc.taken] == [("819011110001", text)]
