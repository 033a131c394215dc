"""A selection by stream on an event loop: the same as `_streaming`, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any

import grpc

from querist import _responses, results
from querist._channel import AsyncChannel
from querist._file_ring import AsyncRing, filed_blocks
from querist._progress import Listener
from querist._requests import Request
from querist._rows import Arrays
from querist._sharing import Sharing
from querist._streaming import NO_RESULT, Countdown, stream_of
from querist.errors import QueristError
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import system_service_pb2
from querist.v1.system_service_pb2_grpc import SystemServiceStub


async def select_by_stream(
    channel: AsyncChannel, sharing: Sharing, request: Request, tell: Listener, timeout: float | None
) -> results.Batch:
    """Make one attempt: by files where the server shares a directory, and if it does not take these, at once by bytes.

    Raises
    ------
    grpc.RpcError
    """
    countdown = Countdown(timeout)
    if sharing.asks_for(request):
        with suppress(grpc.RpcError):  # the selection itself will say what is wrong
            asked = system_service_pb2.GetServerInfoRequest()
            sharing.settle(await SystemServiceStub(channel).GetServerInfo(asked, timeout=countdown.left))
    directory = sharing.directory_for(request)
    if directory is not None:
        with AsyncRing(directory, sharing.cannot_write) as ring:
            try:
                return await _stream(channel, request, tell, countdown.left, ring)
            except grpc.RpcError as error:
                if not sharing.refused(error):
                    raise
    return await _stream(channel, request, tell, countdown.left, None)


async def _stream(channel: AsyncChannel, request: Request, tell: Listener, timeout: float | None, ring: AsyncRing | None) -> results.Batch:
    source = _Source(request, ring)
    gathering = _responses.Gathering()
    call = stream_of(channel)(source.messages(), timeout=timeout)
    try:
        async for event in call:
            if event.HasField("progress"):
                tell(_responses.progress(event.progress, request.rows_total))
            elif event.HasField("files_read"):
                if ring is not None:
                    ring.read(event.files_read.rows)
            else:
                response = gathering.take(event)
                if response is not None:
                    return gathering.batch(response, request.ids)
    except (grpc.RpcError, asyncio.CancelledError):
        if source.error is not None:
            raise source.error from None
        raise
    finally:
        call.cancel()
    raise QueristError(NO_RESULT)


class _Source:
    """The messages of a stream, from batches that may come synchronously or asynchronously; keeps what goes wrong with them."""

    def __init__(self, request: Request, ring: AsyncRing | None) -> None:
        self._request, self._ring = request, ring
        self.error: Exception | None = None

    async def messages(self) -> AsyncIterator[pb.SelectStreamRequest | bytes]:
        """Give the messages in order."""
        try:
            for opening in self._request.opening():
                yield opening
            if self._request.arrays is not None:
                async for message in self._blocks(self._request.arrays, 0):
                    yield message
                return
            first_row = 0
            async for batch in self._batches():
                rows = self._request.rows_of(batch, first_row)
                async for message in self._blocks(rows, first_row):
                    yield message
                first_row += rows.rows
        except Exception as error:
            self.error = error
            raise

    async def _blocks(self, rows: Arrays, first_row: int) -> AsyncIterator[pb.SelectStreamRequest | bytes]:
        if self._ring is None:
            for block in rows.blocks(first_row):
                yield block
            return
        for message in filed_blocks(rows, first_row, self._ring):
            if message is None:
                await self._ring.wait_on_loop()
            else:
                yield message

    async def _batches(self) -> AsyncIterator[Any]:
        batches = self._request.batches
        if isinstance(batches, AsyncIterable):
            async for batch in batches:
                yield batch
        else:
            for batch in batches:
                yield batch
