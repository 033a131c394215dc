"""What a client shows to a server, and what it demands of it, as files and arguments say at the moment."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import grpc

from querist import _pem
from querist._tls import Tls
from querist._watched import UnusableFileError, Watched, content
from querist.errors import InvalidRequestError

T = TypeVar("T")
_LOG = logging.getLogger("querist.client")
_NAMES = _pem.Names("tls.ca", "tls.certificate", "tls.private_key")
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Shown:
    """One version of it.

    Attributes
    ----------
    pem : Pem or None
        None: nothing is encrypted.
    token : str or None
    """

    pem: _pem.Pem | None
    token: str | None = field(repr=False)

    @property
    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """What a channel is made with."""
        if self.pem is None:
            return None
        key, chain = self.pem.identity or (None, None)
        return grpc.ssl_channel_credentials(self.pem.ca, key, chain)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What each call carries."""
        return (("authorization", f"Bearer {self.token}"),) if self.token is not None else ()


class Credentials:
    """Gives the version that holds.

    Parameters
    ----------
    tls : Tls or None
    token : str or None
    token_file : path, optional

    Raises
    ------
    InvalidRequestError
        If a file is unusable from the start.
    """

    def __init__(self, tls: Tls | None, token: str | None, token_file: str | os.PathLike[str] | None) -> None:
        self._fixed = token
        self._pem: Watched[_pem.Pem] | None = None
        self._token: Watched[str] | None = None
        if tls is not None:
            ca, certificate, key = (None if path is None else Path(path) for path in (tls.ca, tls.certificate, tls.private_key))
            paths = [path for path in (ca, certificate, key) if path is not None]
            self._pem = _watched("tls", paths, lambda: _pem.read(ca, certificate, key, _NAMES))
        if token_file is not None:
            path = Path(token_file)
            self._token = _watched("token_file", [path], lambda: _read_token(path))

    def current(self) -> Shown:
        """Return the version that holds now; files that have changed are read again."""
        pem = None if self._pem is None else self._pem.current()
        return Shown(pem, self._fixed if self._token is None else self._token.current())


def check(address: str, tls: Tls | None, token: str | None, token_file: str | os.PathLike[str] | None) -> None:
    """Refuse arguments that contradict each other, and tokens that others could read on their way.

    Raises
    ------
    InvalidRequestError
    """
    if token is not None and token_file is not None:
        raise InvalidRequestError("give token or token_file, not both", field="token")
    if token is not None and not _TOKEN.fullmatch(token):
        raise InvalidRequestError("a token is printable ASCII without spaces", field="token")
    named = token is not None or token_file is not None
    if named and tls is None and not is_near(address):
        raise InvalidRequestError(
            f"a token would travel to {address} unencrypted; give tls=True or tls=querist.Tls(...)",
            field="token" if token is not None else "token_file",
        )
    if tls is not None and _is_socket(address):
        raise InvalidRequestError("Unix sockets are protected by their permissions and speak no TLS", field="tls")


def _is_socket(address: str) -> bool:
    return address.startswith(("unix:", "unix-abstract:"))


def is_near(address: str) -> bool:
    """Tell whether an address surely stays on this machine."""
    if _is_socket(address):
        return True
    host = re.sub(r"^(dns:(//[^/]*/)?|ipv4:|ipv6:)", "", address).rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _watched(field: str, paths: list[Path], read: Callable[[], T]) -> Watched[T]:
    try:
        return Watched(paths, read, lambda problem: _LOG.warning("%s", problem))
    except UnusableFileError as error:
        raise InvalidRequestError(str(error), field=field) from error


def _read_token(path: Path) -> str:
    try:
        token = content(path, "token_file").decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if not _TOKEN.fullmatch(token):
        raise UnusableFileError(f"token_file {path} does not hold one token in printable ASCII and nothing else")
    return token
