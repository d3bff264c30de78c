"""The link inside TLS: what is trusted, what is not, and what the inbox is told."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, Failed
from madoguchi.channels.fetching import ListenFailure
from madoguchi.channels.http import Http
from madoguchi.simulator.sms.smsc import Smsc
from tests.channels.sms.test_smpp import Intake, _inbox, _send, listening


class Authority:
    """An operator's own certificate authority."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Operator's own authority")])
        made = _certificate(self.name, self.name, self.key.public_key(), days=30)
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        mine = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made = made.add_extension(usage, critical=True).add_extension(mine, critical=False)
        self.certificate = made.sign(self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def serving(self, folder: Path, host: x509.GeneralName, days: int) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "message centre")])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = _certificate(subject, self.name, key.public_key(), days)
        made = made.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        made = made.add_extension(issuer, critical=False)
        certificate = made.sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / "centre.pem"
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    """Valid until so many days from now; below zero, it has expired."""
    end = datetime.now(UTC) + timedelta(days=days)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return (
        made.serial_number(x509.random_serial_number()).not_valid_before(end - timedelta(days=60)).not_valid_after(end)
    )


HERE = x509.IPAddress(ip_address("127.0.0.1"))


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
        (x509.DNSName("other.example.com"), 30, True, "mismatch"),
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
