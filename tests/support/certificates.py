"""An authority of a company's own, and certificates of it: good, expired, for another host."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = x509.IPAddress(ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("other.example.com")


class Authority:
    """Its `pem` is what an inbox is given to trust."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company's own authority")])
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
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = _certificate(subject, self.name, key.public_key(), days)
        made = made.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        made = made.add_extension(issuer, critical=False)
        certificate = made.sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / "server.pem"
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
