"""Reading a stream of row blocks: in order, ahead of the work, and never far ahead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple

from querist import _splicing
from querist.v1 import pool_pb2, side_pb2
from querist.v1 import selection_service_pb2 as pb

from querist_server.engine.errors import EngineError
from querist_server.service.decode import NOTHING_APART

MESSAGES_AHEAD, BYTES_AHEAD = 8, 8 * 2**20
"""What may have arrived before the work on the blocks before is done. Flow control holds the caller back beyond that."""


class Received(NamedTuple):
    """A message as it came: the bytes of its large tensors are not in it, but beside it, by the path below the block's rows."""

    message: pb.SelectStreamRequest
    apart: Mapping[str, memoryview] = NOTHING_APART


def received(raw: bytes) -> Received:
    """Read a message of a stream.

    Raises
    ------
    DecodeError
        If it is none.
    """
    message, buffers = _splicing.cut(raw, pb.SelectStreamRequest, "block")
    return Received(message, {path.removeprefix("block.rows."): buffer for path, buffer in buffers.items()})


class Rows(NamedTuple):
    """Some rows as they came; `apart` as in `Received`."""

    pool: pool_pb2.Pool
    apart: Mapping[str, memoryview] = NOTHING_APART


def asked(raw: bytes) -> tuple[pb.SelectRequest, Rows]:
    """Read a request in one message, and its rows: the bytes of their large tensors are not in the message.

    Raises
    ------
    DecodeError
        If it is none.
    """
    message, buffers = _splicing.cut(raw, pb.SelectRequest, "pool")
    return message, Rows(message.pool, {path.removeprefix("pool."): buffer for path, buffer in buffers.items()})


@dataclass(frozen=True)
class _Arrived:
    """A message and its size, which takes as long to ask for as to write the message."""

    received: Received
    size: int

    @property
    def message(self) -> pb.SelectStreamRequest:
        return self.received.message


class _End(Exception):  # noqa: N818 - no error: the caller has closed its side
    """The last thing that is read."""


class BlockReader:
    """Reads the messages of a stream in a task of its own, so that receiving and computing overlap.

    Parameters
    ----------
    messages : async iterator of Received
    hold : callable
        Told how many bytes have arrived and are not worked off; raises if that is too much for the server.
    size : callable
        Says how many bytes a message takes, with the files that it names.
    """

    def __init__(
        self,
        messages: AsyncIterator[Received],
        hold: Callable[[int], None],
        size: Callable[[pb.SelectStreamRequest], int] = pb.SelectStreamRequest.ByteSize,
    ) -> None:
        self.rows = 0
        """Rows that have arrived."""
        self.bytes_received = 0
        self.seconds_waiting = 0.0
        """Seconds in which there was nothing to do but wait for the caller."""
        self._messages, self._hold, self._size = messages, hold, size
        self._queue: asyncio.Queue[_Arrived | Exception] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()
        self._bytes_queued = self._bytes_in_work = 0
        self._ending: Exception | None = None
        self._first_block: _Arrived | None = None

    async def __aenter__(self) -> BlockReader:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def header(self) -> pb.SelectHeader:
        """Return the first message.

        Raises
        ------
        EngineError
            If it is not a header.
        """
        arrived = await self._next()
        if arrived is None or arrived.message.WhichOneof("part") != "header":
            raise _out_of_order("the first message must hold the header")
        self._worked_off()
        return arrived.message.header

    async def sides(self) -> AsyncIterator[side_pb2.Side]:
        """Give what is sent beside the pool, up to the first message that is something else, which `blocks` begins with."""
        while (arrived := await self._next()) is not None:
            if arrived.message.WhichOneof("part") != "side":
                self._first_block = arrived
                return
            self.bytes_received += arrived.size
            yield arrived.message.side
            self._worked_off()
        self._ending = _End()

    async def blocks(self) -> AsyncIterator[list[Rows]]:
        """Give the blocks that have arrived, as many at a time as are there.

        Raises
        ------
        EngineError
            If a message is no block, or blocks are lost, doubled or out of order.
        """
        arrived, self._first_block = self._first_block, None
        while arrived is not None or (arrived := await self._next()) is not None:
            batch = [self._in_order(arrived)]
            arrived = None
            while self._ending is None and not self._queue.empty():
                try:
                    batch.append(self._in_order(self._taken(self._queue.get_nowait())))
                except Exception as error:  # noqa: BLE001 - kept until the blocks before it are worked off, so that their errors come first
                    self._ending = error
            yield batch
            self._worked_off()

    async def _read(self) -> None:
        try:
            async for message in self._messages:
                await self._room.wait()
                apart = sum(map(len, message.apart.values()))
                arrived = _Arrived(message, self._size(message.message) + apart)
                self._queue.put_nowait(arrived)
                self._bytes_queued += arrived.size
                self._tell()
            self._queue.put_nowait(_End())
        except Exception as error:  # noqa: BLE001 - handed to the one who waits for the next message
            self._queue.put_nowait(error)

    async def _next(self) -> _Arrived | None:
        started = time.perf_counter()
        try:
            return self._taken(self._ending or await self._queue.get())
        except _End:
            return None
        finally:
            self.seconds_waiting += time.perf_counter() - started

    def _taken(self, arrived: _Arrived | Exception) -> _Arrived:
        if isinstance(arrived, Exception):
            raise arrived
        self._bytes_queued -= arrived.size
        self._bytes_in_work += arrived.size
        self._tell()
        return arrived

    def _worked_off(self) -> None:
        self._bytes_in_work = 0
        self._tell()

    def _tell(self) -> None:
        """Say how much there is, to the task that reads and to whoever counts the server's memory."""
        if self._queue.qsize() < MESSAGES_AHEAD and self._bytes_queued < BYTES_AHEAD:
            self._room.set()
        else:
            self._room.clear()
        self._hold(self._bytes_queued + self._bytes_in_work)

    def _in_order(self, arrived: _Arrived) -> Rows:
        message = arrived.message
        part = message.WhichOneof("part")
        if part != "block":
            problems = {"header": "a second header", "side": "side tensors after the first block"}
            raise _out_of_order(problems.get(part or "", "a message without a part"))
        if message.block.first_row != self.rows:
            problem = f"first_row is {message.block.first_row}; after {self.rows} rows it must be {self.rows}"
            raise EngineError("STREAM_OUT_OF_ORDER", problem, field="block.first_row")
        self.bytes_received += arrived.size
        self.rows += _rows(message.block.rows)
        return Rows(message.block.rows, arrived.received.apart)


def _rows(pool: pool_pb2.Pool) -> int:
    """Return the number of rows that a block says to hold; whether its tensors agree is looked at when they are decoded."""
    for field, value in pool.ListFields():
        if field.name == "model_inputs":
            return value[0].tensor.shape[0] if value[0].tensor.shape else 0
        if field.name == "parts":
            return value.counts.shape[0] if value.counts.shape else 0
        if field.name == "committee":
            kind = value.WhichOneof("predictions")
            shape = getattr(value, kind).shape if kind else ()
            axis = 1 if value.layout == pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST else 0
            return shape[axis] if len(shape) > axis else 0
        return value.shape[0] if value.shape else 0
    return 0


def _out_of_order(problem: str) -> EngineError:
    return EngineError("STREAM_OUT_OF_ORDER", f"{problem}; a stream is one header, then side tensors, then blocks", field="header")
