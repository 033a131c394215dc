"""A model while its bytes arrive: in a file aside, which its server alone may remove as long as it lives."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from querist_server.engine.errors import Cancelled, LimitError
from querist_server.runners.disk import changing, disk_errors, taken

PARTIAL = ".partial-"


class Upload:
    """A model while its bytes arrive. What it does takes its time, and `close` does not wait for that.

    Parameters
    ----------
    directory : Path
        Where the file aside is made when the first bytes come.
    limit : int
        Most bytes.
    make_room : callable
        Called with the upload and the number of bytes that are about to be written; adds them to `held`, or raises if the store has no
        place for them.
    stored : callable
        Returns what reads the model that is announced, if it is stored already (then nothing is written), else None.
    """

    def __init__(
        self, directory: Path, limit: int, make_room: Callable[[Upload, int], None], stored: Callable[[], Callable[[], bytes] | None]
    ) -> None:
        self._directory, self._limit, self._make_room, self._stored = directory, limit, make_room, stored
        self._again: Callable[[], bytes] | None = None
        self._hash = hashlib.sha256()
        self._busy = threading.Lock()
        self._over = False
        self._descriptor: int | None = None
        self._path: Path | None = None
        self.size = 0
        self.held = 0
        """Bytes that it takes on disk or is about to write there."""

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes so far."""
        return self._hash.hexdigest()

    @property
    def gone(self) -> bool:
        """Whether it is closed and nothing is left of it; what was under way when it was closed may take a while."""
        return self._over and not self.held

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises
        ------
        LimitError
            If the model is larger than the server takes.
        EngineError
            MODEL_STORE_FULL or MODEL_STORE_UNAVAILABLE if the store or the disk takes no more.
        Cancelled
            If it was closed meanwhile.
        """
        with self._working():
            check_model_size(self.size + len(chunk), self._limit, "chunk")
            if self.size == 0:
                self._again = self._stored()
            if self._again is None:
                self._make_room(self, len(chunk))
                self._append(chunk)
            self.size += len(chunk)
            self._hash.update(chunk)

    def content(self) -> bytes:
        """Return all bytes."""
        with self._working(), disk_errors("read"):
            if self._again is not None:
                return self._again()
            return b"" if self._path is None else self._path.read_bytes()

    def sync(self) -> None:
        """Make sure that all bytes are on disk.

        Raises
        ------
        OSError
        """
        with self._working():
            if self._descriptor is not None:
                os.fsync(self._descriptor)

    def move(self, target: Path) -> None:
        """Give the file its name. It holds its bytes until it is closed.

        Raises
        ------
        OSError
        """
        with self._working():
            if self._path is None:
                raise FileNotFoundError(errno.ENOENT, "the model was deleted while it came once more; upload it again")
            self._path.replace(target)
            self._path = None

    def close(self) -> None:
        """Remove what was not moved: at once, or as soon as what is under way with it has ended."""
        self._over = True
        if self._busy.acquire(blocking=False):
            try:
                self._remove()
            finally:
                self._busy.release()

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            with self._busy:
                if self._over:
                    raise Cancelled
                yield
        finally:
            if self._over:
                self.close()

    def _append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        with disk_errors("write to"):
            if self._descriptor is None:
                self._open()
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]  # type: ignore[arg-type]  # opened just now

    def _open(self) -> None:
        """Make the file and lock it, while nobody else looks for files that nobody has locked."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with changing(self._directory):
            self._descriptor, name = tempfile.mkstemp(prefix=PARTIAL, dir=self._directory)
            self._path = Path(name)
            if not taken(self._descriptor):
                raise AssertionError("nobody else knows the name of this file")

    def _remove(self) -> None:
        descriptor, path = self._descriptor, self._path
        self._descriptor = self._path = None
        if path is not None:
            with suppress(OSError):  # the disk refuses: the next server to look at it removes it
                path.unlink()
        if descriptor is not None:
            os.close(descriptor)
        self.held = 0  # last: nobody else may take the place before it is free


def check_model_size(size: int, limit: int, field: str) -> None:
    """Refuse a model that is larger than the server takes."""
    if size > limit:
        text = f"the model has {size} bytes or more; this server's max_model_bytes is {limit}"
        raise LimitError(text, limit="max_model_bytes", allowed=limit, field=field)


def remove_dead(directory: Path) -> None:
    """Remove what uploads left whose servers have died. To be called while nobody else changes the directory."""
    for path in directory.iterdir():
        if not path.name.startswith(PARTIAL):
            continue
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                if taken(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)
