"""A certificate authority of the lab's own, what it signed, and another authority that signed none of it."""

from __future__ import annotations

import ipaddress
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.servers import places

NODE = "CN=node,O=Netwar Lab"
ADMIN = "CN=admin,O=Netwar Lab"
VALID = timedelta(days=3650)


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: keys beside their certificates."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def wrong_ca(self) -> Path:
        """An authority whom nobody here should trust."""
        return self.folder / "wrong-ca.pem"

    @property
    def node(self) -> Path:
        """For localhost and 127.0.0.1."""
        return self.folder / "node.pem"

    @property
    def node_key(self) -> Path:
        return self.folder / "node-key.pem"

    @property
    def admin(self) -> Path:
        return self.folder / "admin.pem"

    @property
    def admin_key(self) -> Path:
        return self.folder / "admin-key.pem"


def certificates() -> Certificates:
    """The lab's certificates, made once."""
    made = Certificates(places.home() / "certificates")
    with places.locked("certificates"):
        if not made.folder.exists():
            with tempfile.TemporaryDirectory(dir=places.home(), prefix=".") as folder:
                (new := Path(folder) / "new").mkdir()
                _make(Certificates(new))
                new.rename(made.folder)
    return made


def _make(new: Certificates) -> None:
    authority = _Authority("CN=Netwar Lab CA,O=Netwar Lab")
    new.ca.write_bytes(_pem(authority.certificate))
    new.wrong_ca.write_bytes(_pem(_Authority("CN=Another CA,O=Elsewhere").certificate))
    for name, certificate, key in ((NODE, new.node, new.node_key), (ADMIN, new.admin, new.admin_key)):
        signed, secret = authority.sign(name)
        certificate.write_bytes(_pem(signed))
        key.write_bytes(secret)
    for path in new.folder.iterdir():
        path.chmod(0o644)  # nothing here is worth a secret, and root's servers run as somebody else


class _Authority:
    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        certifies = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(certifies, critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def sign(self, name: str) -> tuple[x509.Certificate, bytes]:
        """A certificate for this machine's loopback, and its key in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(_name(name), self._name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(both, critical=False)
            .add_extension(here, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        plain = serialization.NoEncryption()
        return certificate, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - timedelta(days=1), now + VALID)
    ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _name(text: str) -> x509.Name:
    """A name out of CN=…,O=…: the servers write and compare it in this order, which is the reverse of the encoded one."""
    oids = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME}
    parts = (part.split("=") for part in reversed(text.split(",")))
    return x509.Name([x509.NameAttribute(oids[key], value) for key, value in parts])


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
