"""A letter and the server that takes it for us: what each answer means, and whose certificate is believed."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509

from madoguchi.channels.base import Accepted, Failed, InboxConfig
from madoguchi.channels.email import imap
from madoguchi.channels.email.compose import Letter
from madoguchi.channels.email.recipients import Progress
from madoguchi.channels.email.smtp import submit
from madoguchi.core.ids import new_id
from tests.support.certificates import ELSEWHERE, HERE, Authority
from tests.support.mail import OURS, Relay, mail, running_relay
from tests.support.stubborn_imap import running_stubborn_imap

_TO = ("a@example.com", "b@example.com")
_LETTER = Letter("<1@minato.example>", OURS, _TO, mail("Hello", Message_ID="<1@minato.example>"))


async def _submit(relay: Relay, so_far: Progress | None = None, **settings: Any) -> Accepted | Failed:
    inbox = InboxConfig(new_id(), new_id(), "email", "Shop", {}, {})
    chosen: Mapping[str, Any] = {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none", **settings}
    result = await submit(_LETTER, inbox, chosen, so_far)
    assert isinstance(result, Accepted | Failed)
    return result


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("450 4.2.1 greylisted", "retry_after", "mail_server_busy"),
        ("451 4.3.0 later", "retry_after", "mail_server_busy"),
        ("452 4.2.2 over quota", "retry_after", "mail_server_busy"),
        ("550 5.1.1 no such user", "not_reachable", "address_unknown"),
        ("550 5.1.2 no such domain", "not_reachable", "domain_unknown"),
        ("552 5.2.2 over quota", "stop", "mailbox_full"),
        ("552 5.3.4 too large", "stop", "too_large"),
        ("550 5.7.1 not from you", "stop", "refused_by_policy"),
        ("554 no", "stop", "refused_by_policy"),
    ],
)
@pytest.mark.parametrize("after", ["recipient", "letter"])
async def test_what_the_servers_words_mean(answer: str, kind: str, code: str, after: str) -> None:
    async with running_relay() as relay:
        if after == "letter":
            relay.answer = answer
        else:
            relay.refuse = dict.fromkeys(_TO, answer)
        result = await _submit(relay)
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code) == (kind, code)
    assert answer.rsplit(" ", maxsplit=1)[-1] in result.error.detail
    assert relay.taken == []


async def test_one_of_two_is_refused_and_the_agent_knows_whom() -> None:
    async with running_relay() as relay:
        relay.refuse = {"b@example.com": "550 5.1.1 no such user"}
        result = await _submit(relay)
    assert isinstance(result, Accepted)
    assert result.data == {"shown": {"refused": {"b@example.com": "550 5.1.1 no such user"}}}
    assert [recipients for recipients, _ in relay.taken] == [["a@example.com"]]


async def _try_again(relay: Relay, result: Accepted | Failed) -> Accepted | Failed:
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code) == ("retry_after", "mail_server_busy")
    return await _submit(relay, msgspec.convert(result.begun, Progress))


async def test_who_takes_it_later_gets_it_later_and_nobody_twice() -> None:
    async with running_relay() as relay:
        relay.refuse = {"b@example.com": "451 4.7.1 greylisted"}
        result = await _submit(relay)
        result = await _try_again(relay, result)
        relay.refuse = {}
        result = await _try_again(relay, result)
    assert isinstance(result, Accepted)
    assert result.data == {}
    assert [recipients for recipients, _ in relay.taken] == [["a@example.com"], ["b@example.com"]]
    assert {each["Message-ID"] for each in relay.mails()} == {"<1@minato.example>"}


async def test_who_never_takes_it_is_named_and_the_letter_is_out() -> None:
    async with running_relay() as relay:
        relay.refuse = {"b@example.com": "451 4.7.1 greylisted"}
        result = await _submit(relay)
        for _ in range(3):
            result = await _try_again(relay, result)
    assert isinstance(result, Accepted)
    assert result.data == {"shown": {"refused": {"b@example.com": "451 4.7.1 greylisted"}}}
    assert [recipients for recipients, _ in relay.taken] == [["a@example.com"]]


async def test_later_and_then_never() -> None:
    async with running_relay() as relay:
        relay.refuse = {"b@example.com": "451 4.7.1 greylisted"}
        result = await _submit(relay)
        relay.refuse = {"b@example.com": "550 5.1.1 no such user"}
        result = await _try_again(relay, result)
    assert isinstance(result, Accepted)
    assert result.data == {"shown": {"refused": {"b@example.com": "550 5.1.1 no such user"}}}


async def test_a_server_that_is_gone_meanwhile_does_not_forget_who_has_it() -> None:
    async with running_relay() as relay:
        relay.refuse = {"b@example.com": "451 4.7.1 greylisted"}
        first = await _submit(relay)
        assert isinstance(first, Failed)
    gone = await _submit(relay, msgspec.convert(first.begun, Progress))
    assert isinstance(gone, Failed)
    assert (gone.kind, gone.error.code, gone.begun) == ("retry_after", "unreachable", first.begun)


@pytest.mark.parametrize("first", ["a@example.com", "b@example.com"])
async def test_refused_by_all_but_by_one_for_the_moment_it_is_tried_again(first: str) -> None:
    async with running_relay() as relay:
        relay.refuse = dict.fromkeys(_TO, "550 5.1.1 no such user") | {first: "450 4.2.1 greylisted"}
        result = await _submit(relay)
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code) == ("retry_after", "mail_server_busy")


async def test_lost_after_the_last_dot_it_goes_again_under_the_same_id() -> None:
    async with running_relay() as relay:
        relay.drop_after_dot = True
        lost = await _submit(relay)
        assert isinstance(lost, Failed)
        assert (lost.kind, lost.error.code) == ("retry_after", "unreachable")
        again = await _submit(relay)
    assert isinstance(again, Accepted)
    assert [each["Message-ID"] for each in relay.mails()] == ["<1@minato.example>"] * 2


async def test_what_the_server_says_it_does_not_take_is_not_begun() -> None:
    async with running_relay(data_size_limit=100) as relay:
        result = await _submit(relay)
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code, relay.taken) == ("stop", "too_large", [])


async def test_nobody_there_is_tried_again() -> None:
    async with running_relay() as relay:
        pass
    result = await _submit(relay)
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code) == ("retry_after", "unreachable")


_WRONG = pytest.mark.parametrize(
    ("host", "days", "given", "reason"),
    [
        (HERE, -1, True, "expired"),
        (ELSEWHERE, 30, True, "mismatch"),
        (HERE, 30, False, "unable to get local issuer"),
    ],
)


def _tls(mode: str, context: ssl.SSLContext) -> dict[str, Any]:
    if mode == "implicit":
        return {"ssl_context": context}
    return {"tls_context": context, "require_starttls": True}


@pytest.mark.parametrize("mode", ["implicit", "starttls"])
async def test_a_letter_goes_through_tls_of_the_companys_own_authority(tmp_path: Path, mode: str) -> None:
    authority = Authority()
    async with running_relay(**_tls(mode, authority.serving(tmp_path, HERE, 30))) as relay:
        result = await _submit(relay, smtp_tls=mode, tls_ca=authority.pem)
    assert isinstance(result, Accepted)
    assert len(relay.taken) == 1


@_WRONG
@pytest.mark.parametrize("mode", ["implicit", "starttls"])
async def test_a_wrong_certificate_holds_the_queue_and_nothing_leaves(
    tmp_path: Path, mode: str, host: x509.GeneralName, days: int, given: bool, reason: str
) -> None:
    authority = Authority()
    async with running_relay(**_tls(mode, authority.serving(tmp_path, host, days))) as relay:
        result = await _submit(relay, smtp_tls=mode, tls_ca=authority.pem if given else "")
    assert isinstance(result, Failed)
    assert (result.kind, result.error.code) == ("channel_down", "certificate_invalid")
    assert reason in result.error.detail
    assert relay.taken == []


@_WRONG
async def test_a_mailbox_with_a_wrong_certificate_is_not_opened(
    tmp_path: Path, host: x509.GeneralName, days: int, given: bool, reason: str
) -> None:
    authority = Authority()
    async with running_stubborn_imap([], authority.serving(tmp_path, host, days)) as server:
        failure = await server.tried(authority.pem if given else "")
    assert isinstance(failure, ssl.SSLCertVerificationError)
    told = imap.failure(failure)
    assert (told.error.code, told.passing) == ("certificate_invalid", False)
    assert reason in told.error.detail


async def test_a_mailbox_of_the_companys_own_authority_is_opened(tmp_path: Path) -> None:
    authority = Authority()
    async with running_stubborn_imap([], authority.serving(tmp_path, HERE, 30)) as server:
        assert await server.tried(authority.pem) is None
