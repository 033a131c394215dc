"""Spans of calls for OpenTelemetry: the call, its stages below it, and the runs of models below theirs.

Where they go, how many and under which name is said by the standard's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`,
`OTEL_SERVICE_NAME` and so on), which the SDK reads by itself. Spans are made once a call has ended, from its account, and sent by a thread
of the SDK; a collector that is away costs spans and no call.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

import grpc
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from querist._version import __version__

from querist_server.service.account import Account
from querist_server.service.calls import Call, TraceContext
from querist_server.service.observing import Outcome

LAST_SECONDS = 2.0
"""How long the end of the server waits for the last spans to be taken."""
OTHER = "other"
"""What stands for all methods that are not Querist's own: their names are whatever callers make up."""
_OWN_FAULTS = ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
"""Codes by which a server's span counts as failed, by the standard; all others are its callers' affair."""


class Tracing:
    """Hears of calls, and makes spans of them.

    Parameters
    ----------
    methods : mapping of str to str
        Querist's own methods, by their full names.
    """

    def __init__(self, methods: Mapping[str, str]) -> None:
        self._methods = methods
        ours = Resource({SERVICE_NAME: "querist", SERVICE_VERSION: __version__})
        self._provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("querist", __version__)
        self._propagator = TraceContextTextMapPropagator()
        theirs = logging.getLogger("opentelemetry")  # in lines like all others, and only what was lost: it speaks of each attempt
        theirs.handlers, theirs.propagate = logging.getLogger("querist").handlers, False
        theirs.setLevel(logging.ERROR)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Make the spans of a call, and note the trace in its log line."""
        clock = _Clock()
        own = call.method in self._methods
        began = clock.now - outcome.seconds
        span = self._tracer.start_span(
            call.method[1:] if own else OTHER,
            self._parent(call.trace),
            SpanKind.SERVER,
            _of_call(call, outcome, own=own),
            start_time=clock.wall(began),
        )
        if span.is_recording():
            self._stages(span, call.account, clock)
            if outcome.code in _OWN_FAULTS:
                span.set_status(Status(StatusCode.ERROR, outcome.reason))
            if not call.trace.parent:  # else the line has it already
                call.fields["trace_id"] = format_trace_id(span.get_span_context().trace_id)
        span.end(clock.wall(clock.now))

    def close(self) -> None:
        """Send what waits, though not for ever."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(LAST_SECONDS)

    def _parent(self, context: TraceContext) -> Context:
        carrier = {"traceparent": context.parent, "tracestate": context.state} if context.parent else {}
        return self._propagator.extract(carrier, Context())

    def _stages(self, call: Span, account: Account, clock: _Clock) -> None:
        within = set_span_in_context(call, Context())
        for name, stage in account.stages.by_name.items():
            if stage.began is None or stage.ended is None:
                continue
            span = self._tracer.start_span(
                name.lower(), within, attributes={"querist.busy_seconds": stage.seconds}, start_time=clock.wall(stage.began)
            )
            if name == "INFER":
                self._runs(span, account, clock)
            span.end(clock.wall(stage.ended))

    def _runs(self, inference: Span, account: Account, clock: _Clock) -> None:
        within = set_span_in_context(inference, Context())
        inference.set_attribute("querist.model_runs", account.model_runs_total)
        for run in account.model_runs:
            attributes: dict[str, AttributeValue] = {"querist.model": run.digest, "querist.rows": run.rows}
            if run.process_seconds is not None:
                attributes["querist.process_seconds"] = run.process_seconds
            span = self._tracer.start_span("model", within, SpanKind.INTERNAL, attributes, start_time=clock.wall(run.began))
            span.end(clock.wall(run.ended))


class _Clock:
    """Turns times of the performance counter, which never jumps, into nanoseconds of the wall clock."""

    def __init__(self) -> None:
        self.now = time.perf_counter()
        self._offset = time.time_ns() - int(self.now * 1e9)

    def wall(self, moment: float) -> int:
        """Return a moment in nanoseconds since 1970."""
        return int(moment * 1e9) + self._offset


def _of_call(call: Call, outcome: Outcome, *, own: bool) -> dict[str, AttributeValue]:
    account = call.account
    service, _, method = call.method[1:].rpartition("/")
    found: dict[str, AttributeValue] = {"rpc.system": "grpc", "rpc.grpc.status_code": grpc.StatusCode[outcome.code].value[0]}
    if own:
        found |= {"rpc.service": service, "rpc.method": method}
    known: dict[str, AttributeValue] = {
        "request_id": call.request_id, "reason": outcome.reason, "limit": outcome.limit, "strategy": account.strategy,
        "rows": account.rows, "bytes": account.bytes, "verdict": account.verdict, "queue_seconds": account.queued,
        "selection_id": "" if account.answered is None else account.answered.selection_id,
    }  # fmt: skip
    return found | {f"querist.{name}": value for name, value in known.items() if value}
