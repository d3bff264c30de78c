"""The link inside TLS: what is trusted, what is not, and what the inbox is told."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, Failed
from madoguchi.channels.fetching import ListenFailure
from madoguchi.channels.http import Http
from madoguchi.simulator.sms.smsc import Smsc
from tests.channels.sms.test_smpp import Intake, _inbox, _send, listening
from tests.support.certificates import ELSEWHERE, HERE, Authority


@asynccontextmanager
async def _centre(context: ssl.SSLContext) -> AsyncIterator[Smsc]:
    smsc = Smsc({"desk": "secret"})
    await smsc.start(tls=context)
    try:
        yield smsc
    finally:
        await smsc.stop()


async def test_the_operators_own_authority_is_trusted_where_it_is_given(tmp_path: Path) -> None:
    authority = Authority()
    async with _centre(authority.serving(tmp_path, HERE, 30)) as smsc, Http() as http:
        inbox, intake = _inbox(smsc, smpp_tls="implicit", tls_ca=authority.pem), Intake()
        async with listening(inbox, http, intake):
            assert isinstance(await _send(inbox, http), Accepted)
            await intake.until(1)
        assert (await registry.channel("sms").probe(inbox, http)).state == "ok"
    assert [each.text for each in smsc.taken] == ["hello"]


@pytest.mark.parametrize(
    "host, days, given, reason",
    [
        (HERE, -1, True, "expired"),
        (ELSEWHERE, 30, True, "mismatch"),
        (HERE, 30, False, "unable to get local issuer"),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_said_and_nothing_leaves(
    tmp_path: Path, host: x509.GeneralName, days: int, given: bool, reason: str
) -> None:
    authority = Authority()
    async with _centre(authority.serving(tmp_path, host, days)) as smsc, Http() as http:
        inbox = _inbox(smsc, smpp_tls="implicit", tls_ca=authority.pem if given else "")
        result = await _send(inbox, http)
        assert isinstance(result, Failed)
        assert (result.kind, result.error.code) == ("channel_down", "certificate_invalid")
        assert reason in result.error.detail
        with pytest.raises(ListenFailure) as refused:
            await registry.channel("sms").listen(inbox, Intake(), http)
        assert refused.value.error.code == "certificate_invalid"
        health = await registry.channel("sms").probe(inbox, http)
        assert health.holds is not None
        assert "certificate_invalid" in registry.channel("sms").manifest.advice
    assert smsc.taken == []
