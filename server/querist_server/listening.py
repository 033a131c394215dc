"""Addresses to listen on: which are safe to listen on without encryption."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import grpc

from querist_server.sockets import ListenError, UnixSocket

__all__ = ["UNIX", "ListenError", "Listening", "is_local", "listen"]
UNIX = "unix:"


@dataclass(frozen=True)
class Listening:
    """Where a server listens.

    Attributes
    ----------
    addresses : list of str
        With the ports that were given.
    sockets : list of UnixSocket
    """

    addresses: list[str]
    sockets: list[UnixSocket]

    def leave(self) -> None:
        """Remove the sockets."""
        for socket in self.sockets:
            socket.remove()


def listen(
    server: grpc.aio.Server,
    addresses: Sequence[str],
    *,
    insecure: bool,
    socket_mode: int = 0o600,
    credentials: grpc.ServerCredentials | None = None,
) -> Listening:
    """Bind a server to addresses.

    Parameters
    ----------
    server : grpc.aio.Server
    addresses : sequence of str
        host:port (port 0: any free one), or unix:/path.
    insecure : bool
        Allow addresses that other machines can reach, although nothing is encrypted.
    socket_mode : int
        Permissions of Unix sockets.
    credentials : grpc.ServerCredentials, optional
        What TCP addresses prove themselves with; default: they speak plain text.

    Raises
    ------
    ListenError
        If an address is public and that was not allowed, or it is in use.
    """
    listening = Listening([], [])
    try:
        for address in addresses:
            if address.startswith(UNIX):
                listening.sockets.append(_listen_on_socket(server, Path(address.removeprefix(UNIX)), socket_mode))
                listening.addresses.append(address)
            else:
                listening.addresses.append(_listen_on_port(server, address, credentials, insecure=insecure))
    except BaseException:
        listening.leave()
        raise
    return listening


def is_local(address: str) -> bool:
    """Return whether an address can be reached from this machine alone."""
    return address.startswith(UNIX) or _is_loopback(address.rpartition(":")[0].strip("[]"))


def _listen_on_socket(server: grpc.aio.Server, path: Path, mode: int) -> UnixSocket:
    return UnixSocket(path, mode, lambda here: _bound(lambda: server.add_insecure_port(f"{UNIX}{here}"), f"{UNIX}{path}"))


def _listen_on_port(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials | None, *, insecure: bool) -> str:
    host = address.rpartition(":")[0]
    if credentials is not None:
        return f"{host}:{_bound(lambda: server.add_secure_port(address, credentials), address)}"
    if not insecure and not is_local(address):
        raise ListenError(
            f"{address} can be reached from other machines and nothing is encrypted; "
            "give --tls-certificate and --tls-private-key, or say --insecure if that is meant"
        )
    return f"{host}:{_bound(lambda: server.add_insecure_port(address), address)}"


def _bound(bind: Callable[[], int], address: str) -> int:
    try:
        return bind()
    except RuntimeError as error:
        raise ListenError(f"cannot listen on {address}: it is in use or not allowed") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
