"""Tensors that are files in a directory which the operator shares between this server and its callers.

A caller may write what it likes into that directory, at any moment. So a file is opened by a flat name below a handle of the directory,
never through a link; looked at by its own handle; and copied by read, once, before anybody looks at its content. It is never mapped: a map
of a file that somebody shortens kills the process.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import stat
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from querist import codec
from querist.v1 import tensor_pb2

from querist_server.engine.errors import EngineError, LimitError
from querist_server.service.errors import RetryLater
from querist_server.service.shared_directory import SharedDirectory
from querist_server.telemetry import SERVER

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OUT_OF_HANDLES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_RETRY_SECONDS = 0.5
_MOST_AT_ONCE = 2**26
"""Bytes that one call to the system reads; some systems refuse 2 GiB and more."""


class LocalFiles:
    """Reads files that callers name.

    Parameters
    ----------
    directory : Path or None
        The shared directory, no link; opened once. None: every file is refused.
    max_bytes : int
        Most bytes that the files of one message may hold together.

    Raises
    ------
    OSError
        If the directory cannot be opened.
    """

    def __init__(self, directory: Path | None, max_bytes: int = 0) -> None:
        self._directory, self._max_bytes = directory, max_bytes
        self._handle = None
        if directory is not None:
            self._handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._handle)

    @property
    def enabled(self) -> bool:
        """Whether there is a directory."""
        return self._handle is not None

    def shared(self) -> SharedDirectory | None:
        """Return how the directory is offered to callers; None if it may only be read, so that they cannot be shown that they see it."""
        if self._handle is None or self._directory is None:
            return None
        try:
            return SharedDirectory(self._directory, self._handle)
        except OSError as error:
            text = "callers are not told of the directory that they share, since it cannot be written"
            SERVER.warning(text, extra={"fields": {"directory": str(self._directory), "error": error.strerror}})
            return None

    def are_in(self, message: Message) -> bool:
        """Tell whether a message names files."""
        return self.enabled and any(tensor.WhichOneof("source") == "file" for tensor in _tensors(message))

    def held_by(self, message: Message) -> int:
        """Return how many bytes a message takes, with the files that it names once they are read, as their shapes say.

        Raises
        ------
        LimitError
            If that is more than the server holds for a call.
        """
        if not self.enabled:
            return message.ByteSize()  # files are refused when they are decoded
        size = sum(codec.expected_bytes(tensor) for tensor in _tensors(message) if tensor.WhichOneof("source") == "file")
        self._check_size(size, "")
        return message.ByteSize() + size

    def read(self, file: tensor_pb2.LocalFile, size: int, field: str) -> npt.NDArray[np.uint8]:
        """Return so many bytes of a file.

        Parameters
        ----------
        file : LocalFile
        size : int
        field : str
            Where it is in the request, for errors.

        Raises
        ------
        EngineError
            If there is no such plain file, it is too short, or it changed meanwhile.
        RetryLater
            If the server cannot open one more file now.
        """
        if self._handle is None:
            text = "this server shares no directory with its callers, so that a tensor cannot be a file; send data"
            raise EngineError("LOCAL_FILES_DISABLED", text, field=field)
        if not _NAME.fullmatch(file.name):
            text = f"the name of a file is {file.name[:128]!r}; allowed are 1 to 128 of A-Z a-z 0-9 . _ - that begin with a letter or digit"
            raise EngineError("LOCAL_FILE_INVALID", text, field=field)
        self._check_size(size, field)
        handle = _opened(file.name, self._handle, field)
        try:
            before = os.fstat(handle)
            _check(file, size, before, field)
            content = np.empty(size, np.uint8)
            _fill(content, handle, file, field)
            if _version(os.fstat(handle)) != _version(before):
                raise _changed(file.name, field)
        except OSError as error:
            text = f"the file {file.name} cannot be read: {os.strerror(error.errno or errno.EIO)}"
            raise EngineError("LOCAL_FILE_INVALID", text, field=field) from None
        finally:
            os.close(handle)
        content.flags.writeable = False
        return content

    def _check_size(self, size: int, field: str) -> None:
        if size > self._max_bytes:
            text = f"files take {size} bytes; this server's max_kept_bytes is {self._max_bytes}: send the pool in blocks"
            raise LimitError(text, limit="max_kept_bytes", allowed=self._max_bytes, field=field)


NO_FILES = LocalFiles(None)


def _opened(name: str, directory: int, field: str) -> int:
    try:
        return os.open(name, _OPEN, dir_fd=directory)
    except OSError as error:
        if error.errno in _OUT_OF_HANDLES:
            raise RetryLater("SERVER_OVERLOADED", "the server cannot open one more file now", _RETRY_SECONDS, "open_files") from None
        problem = "is a link" if error.errno == errno.ELOOP else os.strerror(error.errno or errno.EIO)
        raise EngineError("LOCAL_FILE_INVALID", f"the file {name} cannot be opened: {problem}", field=field) from None


def _check(file: tensor_pb2.LocalFile, size: int, found: os.stat_result, field: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise EngineError("LOCAL_FILE_INVALID", f"{file.name} is no plain file", field=field)
    if found.st_nlink != 1:
        text = f"the file {file.name} has {found.st_nlink} names; it must have this one alone"
        raise EngineError("LOCAL_FILE_INVALID", text, field=field)
    if file.offset < 0:
        raise EngineError("LOCAL_FILE_INVALID", f"offset is {file.offset}; it must be 0 or more", field=f"{field}.offset")
    if size > found.st_size or file.offset > found.st_size - size:
        text = f"the file {file.name} has {found.st_size} bytes; the tensor takes {size} from {file.offset} on"
        raise EngineError("LOCAL_FILE_INVALID", text, field=field)


def _fill(content: npt.NDArray[np.uint8], handle: int, file: tensor_pb2.LocalFile, field: str) -> None:
    filled = 0
    while filled < len(content):
        read = os.preadv(handle, [content[filled : filled + _MOST_AT_ONCE].data], file.offset + filled)
        if not read:
            raise _changed(file.name, field)
        filled += read


def _version(found: os.stat_result) -> tuple[int, ...]:
    """Return what is no longer the same once a file was written, cut, linked, removed or replaced."""
    return found.st_size, found.st_nlink, found.st_mtime_ns, found.st_ctime_ns


def _changed(name: str, field: str) -> EngineError:
    return EngineError("LOCAL_FILE_INVALID", f"the file {name} changed while it was read", field=field)


def _tensors(message: Message) -> Iterator[tensor_pb2.Tensor]:
    """Find the tensors of a message without a look at anything else, since to ask for bytes is to copy them."""
    if isinstance(message, tensor_pb2.Tensor):
        yield message
        return
    for name, repeated in _towards_tensors(message.DESCRIPTOR):
        if repeated:
            for each in getattr(message, name):
                yield from _tensors(each)
        elif message.HasField(name):
            yield from _tensors(getattr(message, name))


@functools.cache
def _towards_tensors(descriptor: Descriptor) -> tuple[tuple[str, bool], ...]:
    """Return the fields of a message that hold tensors, or messages that do, and whether they are repeated."""
    return tuple((field.name, not field.has_presence) for field in descriptor.fields if _reaches(field.message_type, ()))


def _reaches(descriptor: Any, above: tuple[str, ...]) -> bool:
    if descriptor is None or descriptor.full_name in above:
        return False
    if descriptor.full_name == tensor_pb2.Tensor.DESCRIPTOR.full_name:
        return True
    return any(_reaches(field.message_type, (*above, descriptor.full_name)) for field in descriptor.fields)
