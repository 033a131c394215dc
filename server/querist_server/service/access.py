"""Who may call: the first thing that happens to a call. What is not allowed here is denied, methods that do not exist included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, NoReturn

import grpc

from querist_server.engine.errors import EngineError
from querist_server.service import calls
from querist_server.service.errors import failure_of
from querist_server.service.observing import Observer, Outcome, tell
from querist_server.service.tokens import Tokens
from querist_server.telemetry import CALLS

OPEN = "/grpc.health.v1.Health/"
"""The only service that answers to everybody: kubelets and load balancers ask it, and have no credentials."""
_UNIX = "unix"
_SCHEME = "bearer "

Handler = grpc.RpcMethodHandler
Context = grpc.aio.ServicerContext
_Metadata = Iterable[tuple[str, str | bytes]]


class Access(grpc.aio.ServerInterceptor):
    """Lets calls in that show a token and a certificate, as far as those are demanded.

    Parameters
    ----------
    tokens : Tokens or None
        Demanded of every caller, if given.
    identities : collection of str
        Names in certificates that are let in; empty: any that the TLS handshake has let in. Unix sockets know no certificates; who may
        connect to them is decided by their permissions.
    observers : sequence of Observer
        Hear of each call that is denied.
    """

    def __init__(self, tokens: Tokens | None, identities: Collection[str], observers: Sequence[Observer] = ()) -> None:
        self._tokens, self._observers = tokens, observers
        self._identities = frozenset(identities)

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]], handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Return the handler of a call that is let in, or one that denies without reading anything of the request."""
        method = handler_call_details.method
        if method.startswith(OPEN):
            return await continuation(handler_call_details)
        metadata = handler_call_details.invocation_metadata
        name = ""
        if self._tokens is not None:
            name = self._tokens.name_of(_bearer(metadata)) or ""
            if not name:
                return self._denying("CREDENTIALS_INVALID", method, metadata)
        handler = await continuation(handler_call_details)
        return self._guarded(_UNKNOWN if handler is None else handler, name, method, metadata)

    def _guarded(self, handler: Any, name: str, method: str, metadata: _Metadata) -> Handler:
        """Wrap a handler: certificates are known only once a call has begun."""

        async def admit(context: Context) -> None:
            names = _names(context)
            if self._identities and self._identities.isdisjoint(names) and not context.peer().startswith(_UNIX):
                await self._deny("CALLER_NOT_ALLOWED", method, metadata, context)
            calls.CALLER.set(name or next(iter(names), ""))

        async def answer(request: Any, context: Context) -> Any:
            await admit(context)
            return await inner(request, context)

        async def answers(request: Any, context: Context) -> AsyncIterator[Any]:
            await admit(context)
            async for response in inner(request, context):
                yield response

        kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
        inner = getattr(handler, kind)
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        codecs = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
        return make(answers if handler.response_streaming else answer, **codecs)

    def _denying(self, reason: str, method: str, metadata: _Metadata) -> Handler:
        async def deny(requests: Any, context: Context) -> None:  # noqa: ARG001 - never read: that is the point
            await self._deny(reason, method, metadata, context)

        return grpc.stream_stream_rpc_method_handler(deny)  # streams begin before their first message is there, whatever the caller sends

    async def _deny(self, reason: str, method: str, metadata: _Metadata, context: Context) -> NoReturn:
        call = calls.Call(method, calls.request_id(metadata), trace=calls.trace_context(metadata))
        failure = failure_of(EngineError(reason, _MESSAGES[reason]), call.request_id)
        fields = {"method": method, "code": failure.code.name, "reason": reason, "peer": context.peer(), "request_id": call.request_id}
        tell(self._observers, call, Outcome(failure.code.name, reason))
        CALLS.warning("denied", extra={"fields": fields})
        await context.abort(failure.code, failure.status.message, (*failure.trailers, (calls.REQUEST_ID_HEADER, call.request_id)))


def _bearer(metadata: _Metadata) -> str:
    """Return the call's token; an empty one if there is none, or if there are several, of which only one would be checked."""
    values = [value for name, value in metadata if name == "authorization"]
    if len(values) != 1 or not isinstance(values[0], str) or not values[0].lower().startswith(_SCHEME):
        return ""
    return values[0][len(_SCHEME) :].strip()


def _names(context: Context) -> list[str]:
    """Return the subject alternative names of the caller's certificate."""
    return [name.decode(errors="replace") for name in context.auth_context().get("x509_subject_alternative_name", ())]


async def _unknown(requests: Any, context: Context) -> AsyncIterator[bytes]:  # noqa: ARG001 - never read
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
    yield b""  # type: ignore[unreachable]  # it makes this a generator, as handlers of streams are


_UNKNOWN: Any = grpc.stream_stream_rpc_method_handler(_unknown)
_MESSAGES = {
    "CREDENTIALS_INVALID": "a valid token is needed, as metadata: authorization: Bearer TOKEN",
    "CALLER_NOT_ALLOWED": "this caller may not call this server",
}
