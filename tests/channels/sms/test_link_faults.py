"""What must not get lost, come twice or be shown as something else when a link or an operator fails in the middle."""

import asyncio

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, Failed, Uncertain
from madoguchi.channels.events import MessageReceived
from madoguchi.channels.http import Http
from madoguchi.channels.sms.smpp import pdu as wire
from madoguchi.channels.sms.smpp.link import Link, LinkLost, endpoint_of
from madoguchi.simulator.sms.smsc import Smsc
from tests.channels.sms.test_smpp import LONG, Intake, _inbox, _send, centre, listening

THREE_PARTS = "x" * 400


async def test_a_part_refused_for_good_fails_the_message() -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.submit_status, smsc.faults.refuse_from = 0x0B, 2
        result = await _send(_inbox(smsc), http, THREE_PARTS)
        assert isinstance(result, Failed)
        assert (result.kind, result.error.code) == ("stop", "number_invalid")
        assert "Part 2 of 3" in result.error.detail
        assert len(smsc.taken) == 1


@pytest.mark.parametrize("status", [0x58, 0x08])
async def test_a_part_that_has_to_wait_is_where_the_next_try_goes_on(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("madoguchi.channels.sms.smpp.submit._TRIES", 2)
    heard: list[str] = []
    async with centre() as smsc, Http() as http:
        smsc.heard = lambda _source, _to, words: heard.append(words)
        smsc.faults.submit_status, smsc.faults.refuse_from = status, 2
        first = await _send(_inbox(smsc), http, THREE_PARTS)
        assert isinstance(first, Failed)
        assert first.kind in {"retry", "retry_after"}
        smsc.faults.submit_status = 0
        second = await _send(_inbox(smsc), http, THREE_PARTS, begun=first.begun)
        assert isinstance(second, Accepted)
        assert second.data["parts"] == [each.id for each in smsc.taken]
        assert [each.part[2] for each in smsc.taken if each.part] == [1, 2, 3]
    assert heard == [THREE_PARTS]


async def test_a_lost_answer_in_the_middle_names_the_parts_that_were_taken() -> None:
    async with centre() as smsc, Http() as http:
        smsc.faults.cut_at = 2
        result = await _send(_inbox(smsc), http, THREE_PARTS)
        assert isinstance(result, Uncertain)
        assert result.parts == (smsc.taken[0].id, "", "")


@pytest.mark.parametrize("text", ["yes", LONG])
async def test_the_same_words_after_a_new_link_are_a_message_of_their_own(text: str) -> None:
    async with centre() as smsc, Http() as http:
        inbox, intake = _inbox(smsc), Intake()
        for count in (1, 2):
            async with listening(inbox, http, intake):
                smsc.deliver("819011110001", "815012345678", text)
                await intake.until(count)
                async with asyncio.timeout(30):
                    while intake.kept["recent"]:
                        intake.news.clear()
                        await intake.news.wait()
        assert [e.text for e in intake.events() if isinstance(e, MessageReceived)] == [text, text]


async def test_a_peer_that_reads_no_more_does_not_hold_a_question_for_ever() -> None:
    held: list[asyncio.StreamWriter] = []

    async def reads_the_bind_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        header = await reader.readexactly(wire.HEADER_BYTES)
        request = wire.unpack(header + await reader.readexactly(wire.length_of(header) - wire.HEADER_BYTES))
        writer.write(wire.pack(wire.Pdu(request.command | wire.RESPONSE, wire.OK, request.sequence, b"sim\0")))
        writer.transport.pause_reading()  # type: ignore[attr-defined]

    server = await asyncio.start_server(reads_the_bind_only, "127.0.0.1", 0)
    settings = registry.channel("sms").manifest
    inbox = _inbox(Smsc({}, port=server.sockets[0].getsockname()[1]))
    endpoint = endpoint_of(inbox, {line.key: settings.setting(inbox, line.key) for line in settings.settings})
    link = await Link.open(endpoint, wire.BIND_TRANSMITTER)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(LinkLost) as lost:
                await link.ask(wire.SUBMIT_SM, b"x" * 20_000_000, seconds=0.2)
            assert lost.value.left
            await link.close()
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()
