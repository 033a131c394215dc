"""A relay in front of a server that refuses the first calls of a method as an overloaded server does."""

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

RETRY_SECONDS = 0.3


@dataclass(frozen=True)
class Call:
    """A call that came, at a moment of the monotonic clock."""

    method: str
    metadata: dict[str, Any]
    time: float


class _Relay(grpc.GenericRpcHandler):
    """Hands every call on as it comes, as bytes; counts those that came."""

    def __init__(self, channel: grpc.Channel, refused: dict[str, int]) -> None:
        self._channel, self._refused = channel, dict(refused)
        self.seen: list[Call] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        def answer(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            self.seen.append(Call(details.method, dict(details.invocation_metadata), time.monotonic()))
            if self._refused.get(details.method, 0) > 0:
                self._refused[details.method] -= 1
                context.abort_with_status(rpc_status.to_status(_overloaded()))
            call: Callable[..., Any] = self._channel.stream_stream(details.method)
            started = call(requests, timeout=context.time_remaining())
            try:
                yield from started
            except grpc.RpcError:
                context.set_trailing_metadata(tuple(pair for pair in started.trailing_metadata() if pair[0] == "grpc-status-details-bin"))
                context.abort(started.code(), started.details())

        return grpc.stream_stream_rpc_method_handler(answer)


def _overloaded() -> status_pb2.Status:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(RETRY_SECONDS * 1000))
    info = error_details_pb2.ErrorInfo(reason="SERVER_OVERLOADED", domain="querist")
    packed = [any_pb2.Any(), any_pb2.Any()]
    for wrapper, detail in zip(packed, (info, error_details_pb2.RetryInfo(retry_delay=delay)), strict=True):
        wrapper.Pack(detail)
    return status_pb2.Status(code=8, message="busy", details=packed)


@contextmanager
def relay(address: str, refused: dict[str, int]) -> Iterator[tuple[str, list[Call]]]:
    """Run a relay; give its address and the calls that come."""
    with grpc.insecure_channel(address) as channel:
        handler = _Relay(channel, refused)
        server = grpc.server(futures.ThreadPoolExecutor(8))
        server.add_generic_rpc_handlers((handler,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}", handler.seen
        finally:
            server.stop(None).wait()
