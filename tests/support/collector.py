"""An OpenTelemetry collector that keeps what it gets."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans over gRPC."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self._arrived = threading.Condition()
        self._server = grpc.server(ThreadPoolExecutor(1))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(self, request: Any, context: Any) -> Any:
        with self._arrived:
            for group in request.resource_spans:
                self.resources.append(attributes(group.resource))
                for scope in group.scope_spans:
                    self.spans += scope.spans
            self._arrived.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def call(self, request_id: str) -> Span:
        """Wait for the span of a call by its request id, and return it."""
        deadline = time.monotonic() + 30
        with self._arrived:
            while not (found := [span for span in self.spans if attributes(span).get("querist.request_id") == request_id]):
                assert self._arrived.wait(deadline - time.monotonic()), f"no span of {request_id} among {len(self.spans)}"
            return found[0]

    def below(self, span: Span) -> dict[str, Span]:
        """Return the spans directly below one, by name."""
        return {each.name: each for each in self.spans if each.parent_span_id == span.span_id}

    def stop(self) -> None:
        self._server.stop(None)


def attributes(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes}
