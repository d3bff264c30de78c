"""Our signature: it holds over what really left, the key is looked at before, and the domain has to know it."""

import asyncio
from typing import Any

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, Failed, InboxConfig, OutboundMedia, Part, SendThread
from madoguchi.channels.email.dkim_sign import WrongKey, key_of, published
from madoguchi.channels.email.probe import probe
from madoguchi.channels.events import Identity
from madoguchi.channels.http import Http
from madoguchi.core.ids import new_id
from tests.support.mail import OURS, Relay, running_relay

PLACE = "post._domainkey.minato.example"
LONG = "予約の件でご連絡いたしました。" * 200
TEXTS = [
    "Hello",
    "",
    "こんにちは。\n\n絵文字 🎉\n.\n..\n",
    LONG,
    "x" * 5000,
    "trailing \n\n\n",
    "From here\nFrom there",
]


def pem_of(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.fixture(scope="module")
def pem() -> str:
    return pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def inbox_of(pem: str, relay: Relay | None = None, **settings: Any) -> InboxConfig:
    given = {"address": OURS, "dkim_selector": "post", **settings}
    if relay is not None:
        given |= {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"}
    return InboxConfig(new_id(), new_id(), "email", "Minato", {"dkim_key": pem}, given)


def settings_of(inbox: InboxConfig) -> dict[str, Any]:
    manifest = registry.channel("email").manifest
    return {line.key: manifest.setting(inbox, line.key) for line in manifest.settings}


def part_of(text: str, media: tuple[OutboundMedia, ...] = ()) -> Part:
    return Part(
        reference=str(new_id()),
        recipient=(Identity("address", "hanako@example.jp"),),
        type="text",
        text=text,
        data={"subject": "ご予約 / your booking", "cc": ["Ken <ken@example.jp>"]},
        media=media,
        thread=SendThread(new_id(), "p" * 43, ("first@example.jp",), "Booking"),
    )


class Files:
    """A picture whose bytes are all there are."""

    async def read(self, _key: str) -> Any:
        yield bytes(range(256)) * 40


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_it_holds_over_what_left(pem: str, text: str) -> None:
    media = (OutboundMedia(new_id(), "資料.pdf", "application/pdf", 10240, "key"),)
    async with running_relay() as relay, Http() as http:
        inbox = inbox_of(pem, relay)
        result = await registry.channel("email").send(part_of(text, media), inbox, http, Files())
        assert isinstance(result, Accepted), result
        [(_, taken)] = relay.taken
    key = key_of(inbox, settings_of(inbox))
    assert key is not None
    assert dkim.verify(taken, dnsfunc=lambda name, **_: key.record.encode() if name == f"{PLACE}.".encode() else None)
    forged = taken.replace(b"Subject: ", b"Subject: x", 1)
    assert not dkim.verify(forged, dnsfunc=lambda *_, **__: key.record.encode())
    twice = b"From: somebody@else.example\r\n" + taken
    assert not dkim.verify(twice, dnsfunc=lambda *_, **__: key.record.encode())


def test_without_key_and_selector_nothing_is_signed() -> None:
    inbox = inbox_of("", dkim_selector="")
    assert key_of(inbox, settings_of(inbox)) is None


@pytest.mark.parametrize("wrong", ["no selector", "no key", "no pem", "not rsa"])
async def test_a_key_that_cannot_sign_holds_what_waits(pem: str, wrong: str) -> None:
    given = {
        "no selector": (pem, ""),
        "no key": ("", "post"),
        "no pem": ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", "post"),
        "not rsa": (pem_of(ed25519.Ed25519PrivateKey.generate()), "post"),
    }[wrong]
    async with running_relay() as relay, Http() as http:
        inbox = inbox_of(given[0], relay, dkim_selector=given[1])
        with pytest.raises(WrongKey):
            key_of(inbox, settings_of(inbox))
        result = await registry.channel("email").send(part_of("Hello"), inbox, http, Files())
        assert isinstance(result, Failed)
        assert (result.kind, result.error.code) == ("channel_down", "dkim_key_wrong")
        assert relay.taken == []
        health = await probe(inbox, settings_of(inbox))
    assert health.holds is not None
    assert health.holds.code == "dkim_key_wrong"


class Names(asyncio.DatagramProtocol):
    """A name server of one record."""

    def __init__(self) -> None:
        self.record = ""
        self.broken = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        name = question.question[0].name
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif self.record and name.to_text() == f"{PLACE}.":
            pieces = " ".join(f'"{self.record[at : at + 200]}"' for at in range(0, len(self.record), 200))
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", pieces))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> Any:
    transport, names = await asyncio.get_running_loop().create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: resolver)
    yield names
    transport.close()


async def test_the_domain_has_to_know_the_key(pem: str, names: Names) -> None:
    inbox = inbox_of(pem)
    key = key_of(inbox, settings_of(inbox))
    assert key is not None
    assert (key.place, key.domain) == (PLACE, "minato.example")
    for record, known in (("", False), ("v=DKIM1; k=rsa; p=AAAA", False), (key.record, True)):
        names.record = record
        assert await asyncio.to_thread(published, key) is known
    names.broken = True  # nobody can tell, and nobody is alarmed
    assert await asyncio.to_thread(published, key) is None


async def test_the_inbox_shows_the_record_to_enter(pem: str, names: Names) -> None:
    inbox = inbox_of(pem)
    health = await probe(inbox, settings_of(inbox))
    [trouble] = health.troubles
    key = key_of(inbox, settings_of(inbox))
    assert key is not None
    assert trouble.code == "dkim_record_wrong"
    assert trouble.detail == f"{PLACE} TXT {key.record}"
    names.record = key.record
    assert (await probe(inbox, settings_of(inbox))).troubles == ()
