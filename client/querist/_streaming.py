"""A selection by stream: rows up, on a thread of gRPC's, and events down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import grpc

from querist import _responses, results
from querist._channel import AsyncChannel, Channel
from querist._file_ring import Ring, filed_blocks
from querist._progress import Listener
from querist._requests import Request
from querist._rows import Arrays
from querist._sharing import Sharing
from querist.errors import QueristError
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import system_service_pb2
from querist.v1.system_service_pb2_grpc import SystemServiceStub

NO_RESULT = "the server ended the stream without a result"


class Countdown:
    """What is left of the time for an attempt."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float | None:
        """Seconds, at least 0; None for no limit."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())


def select_by_stream(channel: Channel, sharing: Sharing, request: Request, tell: Listener, timeout: float | None) -> results.Batch:
    """Make one attempt: by files where the server shares a directory, and if it does not take these, at once by bytes.

    Raises
    ------
    grpc.RpcError
    """
    countdown = Countdown(timeout)
    if sharing.asks_for(request):
        with suppress(grpc.RpcError):  # the selection itself will say what is wrong
            asked = system_service_pb2.GetServerInfoRequest()
            sharing.settle(SystemServiceStub(channel).GetServerInfo(asked, timeout=countdown.left))
    directory = sharing.directory_for(request)
    if directory is not None:
        with Ring(directory, sharing.cannot_write) as ring:
            try:
                return _stream(channel, request, tell, countdown.left, ring)
            except grpc.RpcError as error:
                if not sharing.refused(error):
                    raise
    return _stream(channel, request, tell, countdown.left, None)


def stream_of(channel: Channel | AsyncChannel) -> Callable[..., Any]:
    """Return the method of the stream; unlike the stub's, it takes messages that are written already, too."""
    service = pb.DESCRIPTOR.services_by_name["SelectionService"].full_name
    return channel.stream_stream(
        f"/{service}/SelectStream",
        request_serializer=lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
        response_deserializer=pb.SelectStreamResponse.FromString,
        _registered_method=True,
    )


def _stream(channel: Channel, request: Request, tell: Listener, timeout: float | None, ring: Ring | None) -> results.Batch:
    source = _Source(request, ring)
    gathering = _responses.Gathering()
    call = stream_of(channel)(iter(source), timeout=timeout)
    try:
        for event in call:
            if event.HasField("progress"):
                tell(_responses.progress(event.progress, request.rows_total))
            elif event.HasField("files_read"):
                if ring is not None:
                    ring.read(event.files_read.rows)
            else:
                response = gathering.take(event)
                if response is not None:
                    return gathering.batch(response, request.ids)
    except grpc.RpcError:
        if source.error is not None:
            raise source.error from None
        raise
    finally:
        call.cancel()
    raise QueristError(NO_RESULT)


class _Source:
    """The messages of a stream. gRPC reads them on a thread of its own and swallows what they raise, so that is kept here."""

    def __init__(self, request: Request, ring: Ring | None) -> None:
        self._request, self._ring = request, ring
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[pb.SelectStreamRequest | bytes]:
        try:
            yield from self._request.opening()
            if self._request.arrays is not None:
                yield from self._blocks(self._request.arrays, 0)
                return
            first_row = 0
            for batch in self._request.batches:
                rows = self._request.rows_of(batch, first_row)
                yield from self._blocks(rows, first_row)
                first_row += rows.rows
        except Exception as error:
            self.error = error
            raise

    def _blocks(self, rows: Arrays, first_row: int) -> Iterator[pb.SelectStreamRequest | bytes]:
        if self._ring is None:
            yield from rows.blocks(first_row)
            return
        for message in filed_blocks(rows, first_row, self._ring):
            if message is None:
                self._ring.wait()
            else:
                yield message
