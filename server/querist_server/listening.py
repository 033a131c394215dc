"""Addresses to listen on: which are safe to listen on without encryption, and what to do with sockets that are there already."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import grpc

UNIX = "unix:"


class ListenError(OSError):
    """An address that cannot be listened on."""


def listen(server: grpc.aio.Server, addresses: Sequence[str], *, insecure: bool) -> list[str]:
    """Bind a server to addresses.

    Parameters
    ----------
    server : grpc.aio.Server
    addresses : sequence of str
        host:port (port 0: any free one), or unix:/path.
    insecure : bool
        Allow addresses that other machines can reach, although nothing is encrypted.

    Returns
    -------
    list of str
        The addresses with the ports that were given.

    Raises
    ------
    ListenError
        If an address is public and that was not allowed, or it is in use.
    """
    return [_listen(server, address, insecure=insecure) for address in addresses]


def is_local(address: str) -> bool:
    """Return whether an address can be reached from this machine alone."""
    return address.startswith(UNIX) or _is_loopback(address.rpartition(":")[0].strip("[]"))


def _listen(server: grpc.aio.Server, address: str, *, insecure: bool) -> str:
    if address.startswith(UNIX):
        path = Path(address.removeprefix(UNIX))
        _make_way(path)
        before = os.umask(0o177)  # from its first moment on the socket is its owner's alone
        try:
            _bind(server, address)
        finally:
            os.umask(before)
        return address
    host = address.rpartition(":")[0]
    if not insecure and not is_local(address):
        raise ListenError(f"{address} can be reached from other machines and nothing is encrypted; say --insecure if that is meant")
    return f"{host}:{_bind(server, address)}"


def _bind(server: grpc.aio.Server, address: str) -> int:
    try:
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise ListenError(f"cannot listen on {address}: it is in use or not allowed") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _make_way(path: Path) -> None:
    """Remove a socket that nobody listens on any more; leave everything else alone."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"{path} exists and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise ListenError(f"{path} exists and cannot be probed: {error.strerror}") from error
    raise ListenError(f"another server listens on {path}")
