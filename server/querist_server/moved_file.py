"""A file that is written to at its end, and made anew when somebody has moved or removed it, as those who rotate logs do."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

PERMISSIONS = 0o600


class MovedFile:
    """Lines at the end of a file.

    Parameters
    ----------
    path : Path
        Made when the first line is written; its owner's alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def append(self, line: bytes) -> None:
        """Write a line, whole or not at all as far as a disk can promise that.

        Raises
        ------
        OSError
            If it cannot be written. The next line is tried with the file opened anew.
        """
        if self._handle is not None and self._moved(self._handle):
            self.close()
        try:
            if self._handle is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._handle = os.open(self._path, flags, PERMISSIONS)
            _write(self._handle, line)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _moved(self, handle: int) -> bool:
        try:
            there = self._path.lstat()
        except OSError:
            return True
        mine = os.fstat(handle)
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)


def _write(handle: int, line: bytes) -> None:
    fcntl.flock(handle, fcntl.LOCK_EX)  # another server may write to the same file
    try:
        end = os.lseek(handle, 0, os.SEEK_END)
        if os.write(handle, line) < len(line):  # the disk was full in the middle of it
            os.ftruncate(handle, end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)
