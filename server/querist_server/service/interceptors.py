"""What happens around every call of Querist's own services: an id, a log line, and typed errors."""

from __future__ import annotations

import logging
import time
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from querist_server.engine.errors import Cancelled, EngineError
from querist_server.service import calls
from querist_server.service.account import Account
from querist_server.service.errors import Failure, RetryLater, failure_of
from querist_server.service.observing import Observer, Outcome, tell
from querist_server.telemetry import CALLS, SERVER

HEALTH = "/grpc.health.v1.Health/"
DRAINING_RETRY_SECONDS = 1.0
OVERLOAD_RETRY_SECONDS = 0.5

Handler = grpc.RpcMethodHandler
Context = grpc.aio.ServicerContext


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps all calls but those of the health.

    Parameters
    ----------
    max_calls : int
        Calls that may be open at a time.
    observers : sequence of Observer
        Hear of each call when it has ended.
    readers : mapping of str to callable
        By the path of a method, what makes its messages from their bytes, where that is not what gRPC's generated code does.
    """

    def __init__(
        self, max_calls: int, observers: Sequence[Observer] = (), readers: Mapping[str, Callable[[bytes], Any]] | None = None
    ) -> None:
        self.draining = False
        self.running = 0
        """Calls of which the answer has not left yet."""
        self.open: set[calls.Call] = set()
        """Calls that are being answered, or wait for their caller."""
        self.admit: Callable[[], None] = lambda: None
        """Refuses a new call by what it raises, before its first message is received."""
        self._max_calls, self._observers, self._readers = max_calls, observers, readers or {}

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]], handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Return the handler of a call, wrapped."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(HEALTH):
            return handler
        metadata = handler_call_details.invocation_metadata
        return self._wrapped(handler, method, calls.request_id(metadata), calls.trace_context(metadata))

    def _wrapped(self, handler: Any, method: str, call_id: str, trace: calls.TraceContext) -> Handler:
        """Return a handler that receives for itself: so a call can be refused before gRPC has gathered up a message of many megabytes."""
        kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
        inner = getattr(handler, kind)

        async def request_of(call: calls.Call, context: Context) -> Any:
            return _arriving(call, context) if handler.request_streaming else await _only(call, context)

        async def answer(_: AsyncIterator[Any], context: Context) -> Any:
            async with self._observed(method, call_id, trace, context) as call:
                return await inner(await request_of(call, context), context)

        async def answers(_: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            async with self._observed(method, call_id, trace, context) as call:
                async for response in inner(await request_of(call, context), context):
                    yield response

        reader = self._readers.get(method, handler.request_deserializer)
        codecs = {"request_deserializer": _forgiving(reader), "response_serializer": handler.response_serializer}
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(answers, **codecs)
        return grpc.stream_unary_rpc_method_handler(answer, **codecs)

    @asynccontextmanager
    async def _observed(self, method: str, call_id: str, trace: calls.TraceContext, context: Context) -> AsyncIterator[calls.Call]:
        peer = context.peer()  # asked now: once a call is cancelled, asking its context reads freed memory and kills the process
        call = calls.Call(method, call_id, calls.caller_of(peer), trace)
        calls.CURRENT.set(call)  # each call runs in a context of its own, so there is nothing to reset
        started = time.perf_counter()
        self.running += 1
        context.add_done_callback(self._one_less)  # type: ignore[arg-type]  # the stub's type of callbacks is no protocol
        code, failure = "OK", None
        try:
            self._let_in(call)
            yield call
        except (CancelledError, Cancelled, GeneratorExit) as error:
            # Whoever hangs up after the last message of a stream, and before its end has come, has got what it asked for.
            code = "CANCELLED" if call.account.answered is None else "OK"
            if call.cause is None or isinstance(error, GeneratorExit):
                raise
            failure = failure_of(call.cause, call_id)
            code = failure.code.name
            await _abort(context, failure, call_id)
        except Exception as error:  # noqa: BLE001 - whatever a call raises becomes a typed status
            failure = failure_of(error, call_id)
            code = failure.code.name
            if failure.reason == "INTERNAL":
                SERVER.error("defect", exc_info=error, extra={"fields": {"request_id": call_id, "method": method}})
            await _abort(context, failure, call_id)
        finally:
            self.open.discard(call)
            outcome = _outcome(code, failure, time.perf_counter() - started)
            tell(self._observers, call, outcome)
            _log(call, outcome, failure, peer)

    def _let_in(self, call: calls.Call) -> None:
        if self.draining:
            raise RetryLater("SERVER_DRAINING", "the server is about to stop", DRAINING_RETRY_SECONDS, "draining")
        if len(self.open) >= self._max_calls:
            message = f"{len(self.open)} calls are open, and {self._max_calls} may be"
            raise RetryLater("SERVER_OVERLOADED", message, OVERLOAD_RETRY_SECONDS, "max_calls")
        self.open.add(call)
        self.admit()

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


async def _arriving(call: calls.Call, context: Context) -> AsyncIterator[Any]:
    """Give a stream's messages as they come."""
    while (message := await _next(call, context)) is not grpc.aio.EOF:
        yield message


async def _only(call: calls.Call, context: Context) -> Any:
    """Return the message of a call that takes one."""
    message = await _next(call, context)
    if message is grpc.aio.EOF:
        raise EngineError("MESSAGE_UNREADABLE", "the call ended before it held a message")
    return message


async def _next(call: calls.Call, context: Context) -> Any:
    call.waiting_since = time.monotonic()
    try:
        message = await context.read()
    finally:
        call.waiting_since = None
    if isinstance(message, EngineError):
        raise message
    return message


async def _abort(context: Context, failure: Failure, call_id: str) -> None:
    trailers: tuple[tuple[str, str | bytes], ...] = (*failure.trailers, (calls.REQUEST_ID_HEADER, call_id))
    await context.abort(failure.code, failure.status.message, trailers)


def _outcome(code: str, failure: Failure | None, seconds: float) -> Outcome:
    return Outcome(code, seconds=seconds) if failure is None else Outcome(code, failure.reason, failure.limit, seconds)


def _log(call: calls.Call, outcome: Outcome, failure: Failure | None, peer: str) -> None:
    fields = {"method": call.method, "code": outcome.code, "seconds": outcome.seconds, "peer": peer, "caller": call.caller}
    fields |= {"request_id": call.request_id, **call.fields, **_told(call.account)}
    if call.trace.parent:
        fields["traceparent"] = call.trace.parent
    if failure is not None:
        fields |= {"reason": failure.reason, "error": failure.status.message}
    if outcome.limit:
        fields["limit"] = outcome.limit
    harmless = outcome.code in ("OK", "CANCELLED") or failure is not None
    CALLS.log(logging.INFO if harmless else logging.WARNING, "call", extra={"fields": fields})


def _told(account: Account) -> dict[str, object]:
    """Return what the log line says of the work: only what there was of it."""
    fields: dict[str, object] = {"verdict": account.verdict} if account.verdict else {}
    if account.queued:
        fields["queue_seconds"] = round(account.queued, 6)
    spent = account.stages.by_name.items()
    return fields | {f"{name.lower()}_seconds": round(stage.seconds, 6) for name, stage in spent if stage.began is not None}
