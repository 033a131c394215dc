"""A directory in which this process and its server see the same files. For POSIX systems alone.

That they do is known by a marker, which the server made there: its name nobody can guess, and what it holds the server tells. A path alone
would prove nothing, since connections are forwarded and containers see other files.
"""

from __future__ import annotations

import os
import stat
import weakref
from pathlib import Path

from querist._claimed_files import ClaimedFile, is_marker, remove_leftovers
from querist.v1 import system_service_pb2

_OWNER_ALONE, _GROUP_TOO = 0o600, 0o640


class NotSharedError(Exception):
    """The directory is not the server's, or cannot be looked at."""


class SharedDirectory:
    """Makes files that the server can read.

    Parameters
    ----------
    path : Path
        Where this process sees the directory.
    offered : LocalDirectory
        What the server says of it.

    Raises
    ------
    NotSharedError
        If the marker is not there.
    """

    def __init__(self, path: Path, offered: system_service_pb2.LocalDirectory) -> None:
        self.path = path
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotSharedError(f"{path} cannot be opened: {error.strerror}") from error
        weakref.finalize(self, os.close, self._handle)
        self._marker = self._found(offered)
        remove_leftovers(self._handle)

    def new_file(self) -> ClaimedFile:
        """Return a new file that the server's user can read, or its group if the user is another.

        In Kubernetes that is the group of the volume (`fsGroup`), which new files there get by themselves.

        Raises
        ------
        OSError
            If none can be made.
        """
        file = ClaimedFile(self._handle, "tensor", _OWNER_ALONE)
        if self._marker.st_uid != os.geteuid() and self._marker.st_gid == file.group:
            file.allow(_GROUP_TOO)
        return file

    def _found(self, offered: system_service_pb2.LocalDirectory) -> os.stat_result:
        """Return the marker's status, if it is there and the server's."""
        if not is_marker(offered.marker):  # no server that means well has this process look into other files
            raise NotSharedError(f"the server's marker is called {offered.marker[:80]!r}, which is no name of a marker")
        expected = offered.marker_content.encode()
        try:
            handle = os.open(offered.marker, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._handle)
        except OSError as error:
            raise NotSharedError(f"the server's marker cannot be opened in {self.path}: {error.strerror}") from error
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or os.read(handle, len(expected) + 1) != expected:
                raise NotSharedError(f"the marker in {self.path} is not the server's")
            return found
        finally:
            os.close(handle)
