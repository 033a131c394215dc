"""How callers find out that they see the directory of `LocalFiles`: by a marker in it. What dead processes left there is removed."""

from __future__ import annotations

import os
import secrets
import weakref
from pathlib import Path

import numpy as np
from querist._claimed_files import ClaimedFile, remove_leftovers
from querist.v1 import system_service_pb2 as pb

from querist_server.telemetry import SERVER

_GROUP_TOO = 0o640
"""Who is neither the server's user nor of the directory's group could not share files with it either."""


class SharedDirectory:
    """The directory, as it is offered to callers for as long as this object lives.

    Parameters
    ----------
    path : Path
    handle : int
        Of the open directory; it is not kept.

    Raises
    ------
    OSError
        If it cannot be written.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self._handle = os.dup(handle)
        weakref.finalize(self, os.close, self._handle)
        content = secrets.token_hex(32)
        marker = ClaimedFile(self._handle, "marker", _GROUP_TOO)
        weakref.finalize(self, marker.remove)
        marker.write(np.frombuffer(content.encode(), np.uint8), 0)
        self.offer = pb.LocalDirectory(path=str(path.absolute()), marker=marker.name, marker_content=content)
        """What callers are told."""

    def tidy(self) -> None:
        """Remove files of callers, and markers of servers, that have died."""
        try:
            removed = remove_leftovers(self._handle)
        except OSError as error:
            SERVER.warning("the shared directory cannot be looked through", extra={"fields": {"error": error.strerror}})
            return
        if removed:
            SERVER.info("files of dead processes removed from the shared directory", extra={"fields": {"files": removed}})
