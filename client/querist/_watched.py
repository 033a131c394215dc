"""Files that are read again when they change, such as certificates and tokens, which somebody else renews."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

SETTLED_SECONDS = 1.0
"""A file that is younger is read again although it looks the same: clocks of file systems tick slowly enough to hide a second writing."""
T = TypeVar("T")
_Signature = tuple[tuple[int, int, int], ...]


class UnusableFileError(ValueError):
    """A file that cannot be read, or does not hold what it should. What it says never quotes the file."""


class Watched(Generic[T]):
    """What a group of files says.

    A new version that is unusable, for instance because it is half written, is told once, and what held before goes on to hold.

    Parameters
    ----------
    paths : sequence of Path
        They may be links: what they lead to counts, so a swapped link is a change.
    read : callable
        Reads all of them; raises `UnusableFileError`.
    tell : callable
        Called with what is wrong with a new version.

    Raises
    ------
    UnusableFileError
        If the first version is unusable.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[], T], tell: Callable[[str], object]) -> None:
        self._paths, self._read, self._tell = paths, read, tell
        self._lock = threading.Lock()
        self._told = ""
        self._seen: _Signature | None = self._look()  # before it is read: what changes meanwhile is then seen as a change
        self._value = read()

    def current(self) -> T:
        """Return what the files say now, or said when they were last usable."""
        with self._lock:
            seen = self._look()
            if seen is not None and seen == self._seen:
                return self._value
            try:
                self._value = self._read()
            except UnusableFileError as error:
                if str(error) != self._told:
                    self._told = str(error)
                    self._tell(f"{error}; what was read before stays in force")
                seen = None  # tried again next time: the rest may be on its way
            else:
                self._told = ""
            self._seen = seen
            return self._value

    def _look(self) -> _Signature | None:
        """Return what a change of the files would change; None if it is too early to tell by that."""
        try:
            found = [os.stat(path) for path in self._paths]  # noqa: PTH116 - the plainest call, made at every call of a client
        except OSError:
            return None
        if any(0 <= time.time() - one.st_mtime < SETTLED_SECONDS for one in found):
            return None
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)


def content(path: Path, what: str) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    UnusableFileError
        If it cannot be read; the message names it by `what`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableFileError(f"{what} {path} cannot be read: {error.strerror}") from error
