"""Whether a client's tensors go by files: what the server offers, whether this process sees the directory, and what went wrong there."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from querist import _status
from querist._credentials import is_near
from querist._options import Options
from querist._requests import Request
from querist.v1 import system_service_pb2

if TYPE_CHECKING:
    from querist._shared_directory import SharedDirectory

_LOG = logging.getLogger("querist.client")
FILES_FROM_BYTES = 2 * 2**20
"""Size of the rows from which they go by files. Measured: these are as fast as a stream at 256 KiB already, and faster from 512 KiB on; but
what fits one message well stays one."""
_REFUSALS = ("LOCAL_FILE_INVALID", "LOCAL_FILES_DISABLED")


class Sharing:
    """What one client knows of it. Thread-safe.

    Attributes
    ----------
    directory : SharedDirectory or None
        None: tensors go as bytes.
    seen : bool
        Whether the server's directory was found here.
    problem : str
        Why tensors go as bytes although the server offers files.
    """

    def __init__(self, options: Options) -> None:
        self.directory: SharedDirectory | None = None
        self.seen = False
        self.problem = ""
        self._options = options
        self._lock = threading.Lock()
        self._told: set[str] = set()
        # A far server's offer is for its own neighbours; and what cannot lock files cannot tell which are in use.
        self._settled = options.shared_directory is False or os.name != "posix" or not self._is_near

    def __reduce__(self) -> tuple[type[Sharing], tuple[Options]]:
        return Sharing, (self._options,)  # each process looks for itself

    def asks_for(self, request: Request) -> bool:
        """Tell whether the server's offer has to be known before a request is sent."""
        return not self._settled and self._pays_for(request)

    def directory_for(self, request: Request) -> SharedDirectory | None:
        """Return where the tensors of a request go, if they go by files."""
        return self.directory if self._pays_for(request) else None

    def settle(self, info: system_service_pb2.GetServerInfoResponse) -> None:
        """Look whether this process sees the directory that the server offers."""
        with self._lock:
            if self._settled:
                return
            self._settled = True
            if info.HasField("local_directory"):
                self._look(info.local_directory)

    def cannot_write(self, error: OSError) -> None:
        """Take note that a file could not be written; it is tried again with the next request."""
        self._tell(f"{self._where} cannot be written: {error.strerror}")

    def refused(self, error: grpc.RpcError) -> bool:
        """Tell whether the server refused a request because of its files. Then no file is sent any more."""
        status = _status.read(error)
        if status.reason not in _REFUSALS:
            return False
        self._tell(f"the server did not take a file in {self._where}: {status.message}")
        self.directory = None
        return True

    @property
    def _is_near(self) -> bool:
        return self._options.shared_directory is not None or is_near(self._options.address)

    @property
    def _where(self) -> str:
        return "the shared directory" if self.directory is None else str(self.directory.path)

    def _look(self, offered: system_service_pb2.LocalDirectory) -> None:
        from querist._shared_directory import NotSharedError, SharedDirectory  # what it imports is not there on every system

        path = Path(self._options.shared_directory or offered.path)
        try:
            self.directory = SharedDirectory(path, offered)
        except NotSharedError as error:
            self._tell(f"{error} (the server has it at {offered.path}; shared_directory= says where this process has it)")
        else:
            self.seen = True

    def _pays_for(self, request: Request) -> bool:
        """Rows that can be sent once only go as bytes: a file that the server refuses would cost them."""
        return request.repeatable and (request.arrays is None or request.arrays.bytes >= FILES_FROM_BYTES)

    def _tell(self, problem: str) -> None:
        self.problem = problem
        if problem not in self._told:
            self._told.add(problem)
            _LOG.warning("tensors are sent as bytes, not as files: %s", problem)
