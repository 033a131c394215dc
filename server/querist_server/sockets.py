"""Unix sockets: never open to more than was asked for, a dead one is replaced, a live one never stolen."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE_SECONDS = 5.0
"""How long to wait for another server that starts in the same directory."""
_POLL_SECONDS = 0.02


class ListenError(OSError):
    """An address that cannot be listened on."""


class UnixSocket:
    """A socket that a server listens on.

    gRPC deletes whatever is at a path before it binds there and when it ends, even the live socket of somebody else. So it is given a name
    that nobody else uses, and the socket gets its own name afterwards, in one step, if that is free.

    Parameters
    ----------
    path : Path
    mode : int
        Its permissions, from its first moment on.
    bind : callable
        Listens on the path that it is called with.

    Raises
    ------
    ListenError
        If something else is there, or another server listens on it.
    """

    def __init__(self, path: Path, mode: int, bind: Callable[[Path], object]) -> None:
        self._path = path
        private = path.with_name(f".{secrets.token_hex(4)}")
        with _alone_in(path.parent):
            _make_way(path)
            before = os.umask(0o777 & ~mode)
            try:
                bind(private)
            finally:
                os.umask(before)
            # While it is held, no other file can get its number, by which it is told from the socket of a successor.
            self._held = os.open(private, os.O_PATH) if hasattr(os, "O_PATH") else None
            self._inode: int | None = private.lstat().st_ino
            try:
                os.link(private, path, follow_symlinks=False)  # fails if a server of another kind has come first
            except OSError as error:
                self._release()
                raise ListenError(f"cannot listen on {path}: {error.strerror}") from error
            finally:
                private.unlink()

    def remove(self) -> None:
        """Remove the socket, unless another server has taken its place; safe to repeat."""
        inode, self._inode = self._inode, None
        with suppress(OSError), _alone_in(self._path.parent):
            if self._path.lstat().st_ino == inode:
                self._path.unlink()
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep other servers from starting in a directory: of two that find the same dead socket, one would remove the other's live one."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ListenError(f"cannot listen in {directory}: {error.strerror}") from error
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise ListenError(f"cannot listen in {directory}: another process holds a lock on it") from error
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _make_way(path: Path) -> None:
    """Remove a socket that nobody listens on any more; leave everything else alone, links among it."""
    try:
        mode = path.lstat().st_mode
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
