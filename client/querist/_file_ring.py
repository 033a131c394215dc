"""Rows by way of files: a few small ones, each of which carries block after block, so that no pool ever lies in the directory as a whole.

A file is written anew once the server has read it. Its pages are then warm, where the pages of a fresh file cost more than all the copying;
and what a volume in memory must hold is `RING_BYTES`, whatever the size of the pool.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from querist import codec
from querist._rows import BLOCK_BYTES, Arrays
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import tensor_pb2

if TYPE_CHECKING:  # what these import is not there on every system
    from querist._claimed_files import ClaimedFile
    from querist._shared_directory import SharedDirectory

FILE_BLOCK_BYTES = 4 * 2**20
"""What the rows in one file should weigh. Measured, 40 MB by files of 2, 4 and 8 MiB: 98, 69 and 71 ms. What is done once for a message
counts below that; above it, the reading of a file no longer overlaps with the writing of the next."""
SLOTS = 4
"""Files of one call: some are read while others are written."""
RING_BYTES = FILE_BLOCK_BYTES * SLOTS
INLINE_BYTES = 96 * 2**10
"""Smaller tensors of a block are sent as bytes. Measured: 64 KiB take 21 microseconds as bytes and 56 as a file, 128 KiB 371 and 62."""


R = TypeVar("R", bound="Ring")


class RemovedError(Exception):
    """The call is over, and its files are gone."""


class Slot:
    """A file that carries one block at a time; made when it is first needed."""

    def __init__(self, directory: SharedDirectory) -> None:
        self._directory = directory
        self._file: ClaimedFile | None = None
        self._lock = threading.Lock()  # a file is not removed while another thread writes it: its handle could be somebody else's by then
        self._removed = False
        self.end = 0
        """Bytes of it that the block takes."""

    def pack(self, tensor: tensor_pb2.Tensor, array: npt.NDArray[Any]) -> None:
        """Pack an array into an empty tensor, as `codec.fill` does, with the elements in the file unless they are few.

        Raises
        ------
        OSError
            If the file cannot be written.
        RemovedError
        """
        if array.nbytes < INLINE_BYTES:
            codec.fill(tensor, array)
            return
        elements = np.ascontiguousarray(codec.describe(tensor, array)).reshape(-1).view(np.uint8)
        with self._lock:
            if self._removed:
                raise RemovedError
            if self._file is None:
                self._file = self._directory.new_file()
            self._file.write(elements, self.end)
            tensor.file.name, tensor.file.offset = self._file.name, self.end
        self.end += len(elements)

    def remove(self) -> None:
        """Remove the file."""
        with self._lock:
            if self._file is not None and not self._removed:
                self._file.remove()
            self._removed = True


class Ring:
    """The files of one attempt of a call. Rows go in on one thread while the server's answers come in on another.

    Parameters
    ----------
    directory : SharedDirectory
    tell : callable
        Called when a file cannot be written; the rest of the rows goes as bytes.
    """

    def __init__(self, directory: SharedDirectory, tell: Callable[[OSError], None]) -> None:
        self._directory, self._tell = directory, tell
        self._lock = threading.Lock()
        self._slots: list[Slot] = []
        self._free: list[Slot] = []
        self._sent: deque[tuple[int, Slot]] = deque()
        self._freed: threading.Event | asyncio.Event = threading.Event()
        self.usable = True
        """Whether files can be written, as far as is known."""
        self.closed = False

    def __enter__(self: R) -> R:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self) -> Slot | None:
        """Return a file that is free; None if none is."""
        with self._lock:
            if not self.usable or self.closed:
                return None
            if self._free:
                return self._free.pop()
            if len(self._slots) < SLOTS:
                self._slots.append(Slot(self._directory))
                return self._slots[-1]
            self._freed.clear()
            return None

    def sent(self, slot: Slot, rows: int) -> None:
        """Take note of what goes to the server: a file that ends with this row of the pool."""
        with self._lock:
            if slot.end:
                self._sent.append((rows, slot))
            else:  # everything in the block was small
                self._free.append(slot)

    def read(self, rows: int) -> None:
        """Take note that the server has read all files up to this row."""
        with self._lock:
            while self._sent and self._sent[0][0] <= rows:
                slot = self._sent.popleft()[1]
                slot.end = 0
                self._free.append(slot)
            self._freed.set()

    def give_up(self, error: OSError) -> None:
        """Write no more files."""
        self.usable = False
        self._tell(error)

    def close(self) -> None:
        """Remove all files; nobody waits for a free one any more."""
        with self._lock:
            self.closed = True
            slots, self._slots = self._slots, []
            self._freed.set()
        for slot in slots:
            slot.remove()

    def wait(self) -> None:
        """Wait until a file is free or the call is over."""
        self._freed.wait()


class AsyncRing(Ring):
    """The same on an event loop."""

    def __init__(self, directory: SharedDirectory, tell: Callable[[OSError], None]) -> None:
        super().__init__(directory, tell)
        self._event = self._freed = asyncio.Event()

    async def wait_on_loop(self) -> None:
        """Wait until a file is free or the call is over."""
        await self._event.wait()


def filed_blocks(arrays: Arrays, first_row: int, ring: Ring) -> Iterator[pb.SelectStreamRequest | bytes | None]:
    """Cut rows into messages whose tensors are files; as bytes from where no file can be written. None: no file is free yet, wait.

    Parameters
    ----------
    arrays : Arrays
    first_row : int
        Index in the pool of the first of these rows.
    ring : Ring
    """
    start = 0
    while start < arrays.rows and not ring.closed:
        slot = ring.take()
        if slot is None and ring.usable:
            yield None
            continue
        stop = arrays.end(start, BLOCK_BYTES if slot is None else FILE_BLOCK_BYTES)
        if slot is None:
            yield arrays.written(first_row, start, stop)
        else:
            try:
                message = arrays.block(first_row, start, stop, slot.pack)
            except OSError as error:
                ring.give_up(error)
                continue
            except RemovedError:
                return
            ring.sent(slot, first_row + stop)
            yield message
        start = stop
