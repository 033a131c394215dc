"""What happens around every call of Querist's own services: an id, a log line, and typed errors."""

from __future__ import annotations

import logging
import time
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from querist_server.engine.errors import Cancelled, EngineError
from querist_server.service import calls
from querist_server.service.errors import Failure, RetryLater, failure_of
from querist_server.telemetry import CALLS, SERVER

OWN_SERVICES = "/querist.v1."
DRAINING_RETRY_SECONDS = 1.0

Handler = grpc.RpcMethodHandler
Context = grpc.aio.ServicerContext


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the calls of Querist's services; health and reflection pass untouched."""

    def __init__(self) -> None:
        self.draining = False
        self.running = 0
        """Calls of which the answer has not left yet."""

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]], handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Return the handler of a call, wrapped if it is one of ours."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(OWN_SERVICES):
            return handler
        call_id = calls.request_id(handler_call_details.invocation_metadata)
        return self._wrapped(handler, method, call_id)

    def _wrapped(self, handler: Any, method: str, call_id: str) -> Handler:
        check = _readable_stream if handler.request_streaming else _readable

        async def answer(request: Any, context: Context) -> Any:
            async with self._observed(method, call_id, context):
                return await inner(check(request), context)

        async def answers(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._observed(method, call_id, context):
                async for response in inner(check(request), context):
                    yield response

        codecs = {"request_deserializer": _forgiving(handler.request_deserializer), "response_serializer": handler.response_serializer}
        kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
        inner = getattr(handler, kind)
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        return make(answers if handler.response_streaming else answer, **codecs)

    @asynccontextmanager
    async def _observed(self, method: str, call_id: str, context: Context) -> AsyncIterator[None]:
        peer = context.peer()  # asked now: once a call is cancelled, asking its context reads freed memory and kills the process
        call = calls.Call(method, call_id, calls.caller_of(peer))
        calls.CURRENT.set(call)  # each call runs in a context of its own, so there is nothing to reset
        started = time.perf_counter()
        self.running += 1
        context.add_done_callback(self._one_less)  # type: ignore[arg-type]  # the stub's type of callbacks is no protocol
        code, failure = "OK", None
        try:
            if self.draining:
                raise RetryLater("SERVER_DRAINING", "the server is about to stop", DRAINING_RETRY_SECONDS)  # noqa: TRY301
            yield
        except (CancelledError, Cancelled, GeneratorExit):
            code = "CANCELLED"
            raise
        except Exception as error:  # noqa: BLE001 - whatever a call raises becomes a typed status
            failure = failure_of(error, call_id)
            code = failure.code.name
            if failure.reason == "INTERNAL":
                SERVER.error("defect", exc_info=error, extra={"fields": {"request_id": call_id, "method": method}})
            await _abort(context, failure, call_id)
        finally:
            _log(call, code, failure, time.perf_counter() - started, peer)

    def _one_less(self, _: Context) -> None:
        self.running -= 1


def _forgiving(deserialise: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Let a message that cannot be read reach the handler as its error: gRPC itself would end the call with a bare UNKNOWN."""

    def read(data: bytes) -> Any:
        try:
            return deserialise(data)
        except DecodeError:
            return EngineError("MESSAGE_UNREADABLE", "a message of the request is not of the type that this call takes")

    return read


def _readable(request: Any) -> Any:
    if isinstance(request, EngineError):
        raise request
    return request


async def _readable_stream(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _readable(request)


async def _abort(context: Context, failure: Failure, call_id: str) -> None:
    trailers: tuple[tuple[str, str | bytes], ...] = (*failure.trailers, (calls.REQUEST_ID_HEADER, call_id))
    await context.abort(failure.code, failure.status.message, trailers)


def _log(call: calls.Call, code: str, failure: Failure | None, seconds: float, peer: str) -> None:
    fields = {"method": call.method, "code": code, "seconds": seconds, "peer": peer, "request_id": call.request_id, **call.fields}
    if failure is not None:
        fields |= {"reason": failure.reason, "error": failure.status.message}
    CALLS.log(logging.INFO if code in ("OK", "CANCELLED") or failure is not None else logging.WARNING, "call", extra={"fields": fields})
