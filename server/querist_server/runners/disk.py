"""The disk under the model store: its refusals as typed errors, and locks between servers that share a directory."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querist_server.engine.errors import EngineError

LOCK = ".lock"
LOCK_SECONDS = 5.0
"""How long to wait for another server that changes the same directory."""
POLL_SECONDS = 0.01
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn what the disk refuses into the error that its caller gets, without paths.

    Parameters
    ----------
    what : str
        What was tried: "read" or "write to".

    Raises
    ------
    EngineError
        MODEL_STORE_FULL if the disk is full, MODEL_STORE_UNAVAILABLE for all else.
    """
    try:
        yield
    except OSError as error:
        problem = error.strerror or type(error).__name__
        if error.errno in _FULL:
            message = f"the disk under this server's model store takes no more: {problem}. Delete a model first."
            raise EngineError("MODEL_STORE_FULL", message) from error
        raise EngineError("MODEL_STORE_UNAVAILABLE", f"this server cannot {what} its model store: {problem}") from error


@contextmanager
def changing(directory: Path) -> Iterator[None]:
    """Keep other servers and other threads from changing a directory. The system takes the lock back from a process that dies.

    Raises
    ------
    OSError
        If there is no such directory, it cannot be written to, or somebody else holds it for long.
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        give_up = time.monotonic() + LOCK_SECONDS
        while not taken(descriptor):
            if time.monotonic() > give_up:
                raise TimeoutError(errno.ETIMEDOUT, "another server is changing it")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def taken(descriptor: int) -> bool:
    """Lock an open file, or say that somebody else has locked it. The lock lasts until the file is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_directory(directory: Path) -> None:
    """Make sure that new and removed names are on disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
