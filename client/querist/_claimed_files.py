"""Files in a directory that several processes share, each of which belongs to a living process. For POSIX systems alone.

Who makes such a file holds its lock, and the system takes that from a process that dies, however it dies. So a file that nobody holds was
left behind, and whoever finds it may remove it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
import time
from contextlib import suppress

import numpy as np
import numpy.typing as npt

_NAME = re.compile(r"querist-[0-9a-f]{32}\.(tensor|marker)")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
UNHELD_SECONDS = 10.0
"""A younger file is let alone although nobody holds it: it may have been made this very moment."""


class ClaimedFile:
    """A new file of a name that nobody can guess, held until it is removed.

    Parameters
    ----------
    directory : int
        Handle of the directory, which must outlive the file.
    kind : {"tensor", "marker"}
    mode : int
        Its permissions, whatever the process's umask is.

    Raises
    ------
    OSError
        If the directory cannot be written, or its file system has no locks.
    """

    def __init__(self, directory: int, kind: str, mode: int = 0o600) -> None:
        self.name = f"querist-{secrets.token_hex(16)}.{kind}"
        self._directory = directory
        self._handle = os.open(self.name, _MAKE, 0o600, dir_fd=directory)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(self._handle, mode)
        except BaseException:
            self.remove()
            raise

    @property
    def group(self) -> int:
        """The group that owns it: in directories with the set-group-id bit that of the directory."""
        return os.fstat(self._handle).st_gid

    def allow(self, mode: int) -> None:
        """Set its permissions."""
        os.fchmod(self._handle, mode)

    def write(self, content: npt.NDArray[np.uint8], offset: int) -> None:
        """Write all of it, from an offset on."""
        while len(content):
            written = os.pwrite(self._handle, content.data, offset)
            content, offset = content[written:], offset + written

    def remove(self) -> None:
        """Remove it, if nobody has done so before, and hold it no longer."""
        try:
            with suppress(OSError):  # gone already; or it cannot be removed, and then stays for somebody who can
                os.unlink(self.name, dir_fd=self._directory)
        finally:
            os.close(self._handle)


def is_marker(name: str) -> bool:
    """Tell whether a file may be a marker, by its name."""
    return _NAME.fullmatch(name) is not None and name.endswith(".marker")


def remove_leftovers(directory: int) -> int:
    """Remove what processes that have died left behind, as far as that is allowed, and return how many files that were."""
    return sum(_removed_if_left(name, directory) for name in os.listdir(directory) if _NAME.fullmatch(name))


def _removed_if_left(name: str, directory: int) -> bool:
    try:
        handle = os.open(name, _READ, dir_fd=directory)
    except OSError:  # it is somebody else's, or gone
        return False
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or time.time() - found.st_mtime < UNHELD_SECONDS:
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=directory)  # no name is used twice, so that it is this very file
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)
