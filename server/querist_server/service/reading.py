"""Reading a stream of row blocks: in order, ahead of the work, and never far ahead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import TracebackType

from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb

from querist_server.engine.errors import EngineError

MESSAGES_AHEAD = 8
"""Blocks that may have arrived before the work on those before them is done. Flow control holds the caller back beyond that."""


class _End(Exception):  # noqa: N818 - no error: the caller has closed its side
    """The last thing that is read."""


class BlockReader:
    """Reads the messages of a stream in a task of its own, so that receiving and computing overlap.

    Parameters
    ----------
    messages : async iterator of SelectStreamRequest
    """

    def __init__(self, messages: AsyncIterator[pb.SelectStreamRequest]) -> None:
        self.rows = 0
        """Rows that have arrived."""
        self.bytes_received = 0
        self.bytes_waiting = 0
        self.seconds_waiting = 0.0
        """Seconds in which there was nothing to do but wait for the caller."""
        self._messages = messages
        self._queue: asyncio.Queue[pb.SelectStreamRequest | Exception] = asyncio.Queue(MESSAGES_AHEAD)
        self._ending: Exception | None = None

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
        message = await self._next()
        if message is None or message.WhichOneof("part") != "header":
            raise _out_of_order("the first message must hold the header")
        return message.header

    async def blocks(self) -> AsyncIterator[list[pool_pb2.Pool]]:
        """Give the blocks that have arrived, as many at a time as are there.

        Raises
        ------
        EngineError
            If a message is no block, or blocks are lost, doubled or out of order.
        """
        while (message := await self._next()) is not None:
            batch = [self._in_order(message)]
            self.bytes_waiting = message.ByteSize()
            while self._ending is None and not self._queue.empty():
                following = self._queue.get_nowait()
                if isinstance(following, Exception):
                    self._ending = following
                else:
                    batch.append(self._in_order(following))
                    self.bytes_waiting += following.ByteSize()
            yield batch

    async def _read(self) -> None:
        try:
            async for message in self._messages:
                await self._queue.put(message)
            await self._queue.put(_End())
        except Exception as error:  # noqa: BLE001 - handed to the one who waits for the next message
            await self._queue.put(error)

    async def _next(self) -> pb.SelectStreamRequest | None:
        started = time.perf_counter()
        message = self._ending or await self._queue.get()
        self.seconds_waiting += time.perf_counter() - started
        if isinstance(message, _End):
            return None
        if isinstance(message, Exception):
            raise message
        return message

    def _in_order(self, message: pb.SelectStreamRequest) -> pool_pb2.Pool:
        part = message.WhichOneof("part")
        if part != "block":
            raise _out_of_order("a second header" if part == "header" else "a message without a part")
        if message.block.first_row != self.rows:
            problem = f"first_row is {message.block.first_row}; after {self.rows} rows it must be {self.rows}"
            raise EngineError("STREAM_OUT_OF_ORDER", problem, field="block.first_row")
        self.bytes_received += message.ByteSize()
        self.rows += _rows(message.block.rows)
        return message.block.rows


def _rows(pool: pool_pb2.Pool) -> int:
    """Return the number of rows that a block says to hold; whether its tensors agree is looked at when they are decoded."""
    for field, value in pool.ListFields():
        if field.name == "model_inputs":
            return value[0].tensor.shape[0] if value[0].tensor.shape else 0
        if field.name == "committee":
            kind = value.WhichOneof("predictions")
            shape = getattr(value, kind).shape if kind else ()
            axis = 1 if value.layout == pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST else 0
            return shape[axis] if len(shape) > axis else 0
        return value.shape[0] if value.shape else 0
    return 0


def _out_of_order(problem: str) -> EngineError:
    return EngineError("STREAM_OUT_OF_ORDER", f"{problem}; a stream is one header, then blocks", field="header")
