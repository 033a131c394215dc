"""Keys and certificates in PEM files, checked before they are used: a key that does not fit its certificate breaks every connection."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from querist._watched import UnusableFileError, content

_BEGIN, _END = re.compile(rb"-----BEGIN (TRUSTED )?CERTIFICATE-----"), re.compile(rb"-----END (TRUSTED )?CERTIFICATE-----")

_TRIES = 3
"""How often a pair is read that is replaced meanwhile; what was checked must be what is used."""


@dataclass(frozen=True)
class Names:
    """What the files are called where they are set, for messages."""

    ca: str
    certificate: str
    private_key: str


@dataclass(frozen=True)
class Pem:
    """One version of the files.

    Attributes
    ----------
    ca : bytes or None
        Certificates of those whose signature on the other side's certificate is trusted.
    identity : pair of bytes, or None
        This side's private key and certificate chain.
    """

    ca: bytes | None = None
    identity: tuple[bytes, bytes] | None = field(default=None, repr=False)


def read(ca: Path | None, certificate: Path | None, private_key: Path | None, names: Names) -> Pem:
    """Read the files of one side of a connection.

    Raises
    ------
    UnusableFileError
        If one cannot be read, is damaged or incomplete, or the key is not that of the certificate.
    """
    trusted = None if ca is None else _authorities(ca, names.ca)
    if certificate is None or private_key is None:
        return Pem(trusted)
    for _ in range(_TRIES):
        identity = content(private_key, names.private_key), content(certificate, names.certificate)
        _complete(identity[1], certificate, names.certificate)
        _fitting(certificate, private_key, names)
        if identity == (content(private_key, names.private_key), content(certificate, names.certificate)):
            return Pem(trusted, identity)
    raise UnusableFileError(f"{names.certificate} {certificate} changes whenever it is read")


def _fitting(certificate: Path, private_key: Path, names: Names) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, private_key, password="")  # an empty one, so that nobody is asked for one
    except (OSError, ValueError) as error:
        raise UnusableFileError(
            f"{names.private_key} {private_key} is not the unencrypted key of {names.certificate} {certificate}, or one of them is damaged"
        ) from error


def _authorities(path: Path, name: str) -> bytes:
    data = content(path, name)
    count = _complete(data, path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=data.decode())
    except (ssl.SSLError, ValueError) as error:
        raise UnusableFileError(f"{name} {path} holds a damaged certificate") from error
    if context.cert_store_stats()["x509"] == 0:
        raise UnusableFileError(f"{name} {path} holds {count} certificates and none can be used")
    return data


def _complete(data: bytes, path: Path, name: str) -> int:
    begun, ended = len(_BEGIN.findall(data)), len(_END.findall(data))
    if not begun or begun != ended:
        raise UnusableFileError(f"{name} {path} is no complete PEM file: {begun} certificates begin in it and {ended} end")
    return begun
