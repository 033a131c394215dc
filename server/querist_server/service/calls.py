"""What is known of a call while it runs: the fields of its log line."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from querist_server.service.account import Account

REQUEST_ID_HEADER = "x-request-id"
_TRACE_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_MOST_TRACE_STATE = 512
_SANE = re.compile(r"^[A-Za-z0-9._:-]{1,64}$")


class TraceContext(NamedTuple):
    """The W3C trace context of a call: `traceparent`, well formed or empty, and `tracestate`."""

    parent: str
    state: str


NO_TRACE = TraceContext("", "")


@dataclass(eq=False)
class Call:
    """One call.

    Attributes
    ----------
    method : str
        Full name, such as "/querist.v1.SelectionService/Select".
    request_id : str
        The caller's, if it sent a sane one, else drawn.
    caller : str
        Who calls: see `caller_of`.
    trace : TraceContext
        The trace that the caller counts the call to, if it said so.
    fields : dict
        What the servicer wants to see in the log line.
    account : Account
        What was done for it.
    began : float
        When it came, by the monotonic clock.
    waiting_since : float or None
        Since when it waits for its caller to send more.
    """

    method: str
    request_id: str
    caller: str = ""
    trace: TraceContext = NO_TRACE
    fields: dict[str, object] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    began: float = field(default_factory=time.monotonic)
    waiting_since: float | None = None
    _task: asyncio.Task[Any] | None = field(default_factory=asyncio.current_task)
    _cause: Exception | None = None

    @property
    def cause(self) -> Exception | None:
        """Why the server itself ended the call, if it did."""
        return self._cause

    def end_by(self, cause: Exception) -> None:
        """End the call, which then fails by the cause."""
        if self._cause is None and self._task is not None:
            self._cause = cause
            self._task.cancel()


CURRENT: ContextVar[Call] = ContextVar("call")
CALLER: ContextVar[str] = ContextVar("caller")
"""Who proved to be calling, once that is known: the name of a token, or of a certificate."""


def note(**fields: object) -> None:
    """Add fields to the current call's log line."""
    call = CURRENT.get(None)
    if call is not None:
        call.fields.update(fields)


def account() -> Account:
    """Return the account of the current call; outside of calls, one that nobody reads."""
    call = CURRENT.get(None)
    return Account() if call is None else call.account


def caller_of(peer: str) -> str:
    """Return who calls: the name that was proven, else the host that the call comes from.

    Parameters
    ----------
    peer : str
        What gRPC calls the other end of the connection. A connection's port says nothing of its caller, and is cut off.
    """
    proven = CALLER.get("")
    if proven:
        return proven
    return peer.rpartition(":")[0] if peer.startswith(("ipv4:", "ipv6:")) else peer


def request_id(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return the caller's request id if it is sane, else a new one."""
    for name, value in metadata:
        if name == REQUEST_ID_HEADER and isinstance(value, str) and _SANE.match(value):
            return value
    return secrets.token_hex(8)


def trace_context(metadata: Iterable[tuple[str, str | bytes]]) -> TraceContext:
    """Return the trace context that the caller sent, if it is well formed; what is not is passed over, as the standard demands."""
    parent = state = ""
    for name, value in metadata:
        if name == "traceparent" and isinstance(value, str) and _TRACE_PARENT.fullmatch(value):
            parent = value
        elif name == "tracestate" and isinstance(value, str) and len(value) <= _MOST_TRACE_STATE:
            state = value
    return TraceContext(parent, state) if parent else NO_TRACE
