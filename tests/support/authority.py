"""Certificates as an operator would make them: authorities, and what they sign for servers and callers, in files that are renewed."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._certificate = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))

    @property
    def pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, *names: str) -> tuple[bytes, bytes]:
        """Return a certificate with these subject alternative names, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        signed = self._signed(subject, key, x509.SubjectAlternativeName([_general(name) for name in names]))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return signed.public_bytes(serialization.Encoding.PEM), key.private_bytes(*form)

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
        # Key identifiers, as RFC 5280 demands: an authority and its successor have the same name, and one is told from the other by them.
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        return builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints)).sign(self._key, hashes.SHA256())


class Pair:
    """A certificate and its key, in two files."""

    def __init__(self, directory: Path, name: str, authority: Authority, *names: str) -> None:
        self.certificate, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        self.renew(authority, *names)

    def renew(self, authority: Authority, *names: str) -> None:
        certificate, key = authority.issue(*names)
        put(self.certificate, certificate)
        put(self.key, key)


def put(path: Path, content: bytes | str) -> None:
    """Write a file in one step."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content.encode() if isinstance(content, str) else content)
    new.replace(path)


def _general(name: str) -> x509.GeneralName:
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
