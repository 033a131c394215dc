"""Traces: spans at a collector, below the caller's own, down to the process that runs a model."""

import json
import time

import grpc
import numpy as np
import pytest
import querist
from collector import Collector, attributes
from onnx_models import X, linear
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.service import calls
from server_process import ServerProcess

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SELECT = "querist.v1.SelectionService/Select"
REQUEST = pb.SelectRequest(
    header=pb.SelectHeader(strategy="margin", count=2), pool=pool_pb2.Pool(probabilities=codec.encode(np.full((7, 2), 0.5)))
)


@pytest.fixture(scope="module")
def collector():
    found = Collector()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, collector):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        patch.setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=trainer-0")
        running = ServerProcess(tmp_path_factory.mktemp("server"), uploads="on")
    yield running
    assert running.stop() == 0


@pytest.fixture
def stub(server):
    with grpc.insecure_channel(server.address) as channel:
        yield SelectionServiceStub(channel)


def test_a_call_is_a_span_below_its_callers_with_its_stages_below(stub, collector):
    metadata = [("x-request-id", "good"), ("traceparent", TRACEPARENT), ("tracestate", "rojo=1")]
    response = stub.Select(REQUEST, metadata=metadata, timeout=30)
    span = collector.call("good")
    assert (span.name, span.kind) == (SELECT, span.SPAN_KIND_SERVER)
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.trace_state) == (TRACE, PARENT, "rojo=1")
    told = attributes(span)
    assert told["querist.selection_id"] == response.selection_id
    assert {name: told[name] for name in ("rpc.system", "rpc.service", "rpc.method", "rpc.grpc.status_code")} == {
        "rpc.system": "grpc", "rpc.service": "querist.v1.SelectionService", "rpc.method": "Select", "rpc.grpc.status_code": 0,
    }  # fmt: skip
    assert (told["querist.strategy"], told["querist.rows"]) == ("margin", 7)
    stages = collector.below(span)
    assert stages.keys() == {"decode", "score", "choose"}
    for stage in stages.values():
        assert span.start_time_unix_nano <= stage.start_time_unix_nano <= stage.end_time_unix_nano <= span.end_time_unix_nano
    assert stages["decode"].start_time_unix_nano <= stages["score"].start_time_unix_nano <= stages["choose"].start_time_unix_nano
    assert abs(span.end_time_unix_nano / 1e9 - time.time()) < 60
    timings = {timing.stage: timing.seconds for timing in response.timings}
    assert attributes(stages["score"])["querist.busy_seconds"] == timings[pb.STAGE_SCORE]
    assert collector.resources[0]["service.name"] == "querist"
    assert collector.resources[0]["k8s.pod.name"] == "trainer-0"


def test_a_callers_fault_is_told_and_is_no_error_of_the_server(stub, collector):
    with pytest.raises(grpc.RpcError):
        stub.Select(pb.SelectRequest(), metadata=[("x-request-id", "bad")], timeout=30)
    span = collector.call("bad")
    assert span.trace_id.hex() != TRACE
    assert not span.parent_span_id
    assert attributes(span)["querist.reason"] == "FIELD_MISSING"
    assert attributes(span)["rpc.grpc.status_code"] == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert span.status.code == span.status.STATUS_CODE_UNSET


def test_the_trace_goes_on_into_the_process_that_runs_a_model(server, stub, collector):
    rows = np.tile(X, (60, 1))  # 9,000: three batches
    with querist.connect(server.address) as q:
        digest = q.upload_model(linear()).digest
    request = pb.SelectRequest(header=pb.SelectHeader(strategy="entropy", count=3))
    request.header.models.add(digest=digest)
    request.pool.model_inputs.add(name="x", tensor=codec.encode(rows))
    stub.Select(request, metadata=[("x-request-id", "model"), ("traceparent", TRACEPARENT)], timeout=60)
    inference = collector.below(collector.call("model"))["infer"]
    assert attributes(inference)["querist.model_runs"] == 3
    runs = [span for span in collector.spans if span.parent_span_id == inference.span_id]
    assert {run.trace_id.hex() for run in runs} == {TRACE}
    assert [attributes(run)["querist.rows"] for run in runs] == [4096, 4096, 808]
    for run in runs:
        assert attributes(run)["querist.model"] == digest
        assert 0 < attributes(run)["querist.process_seconds"] <= (run.end_time_unix_nano - run.start_time_unix_nano) / 1e9 + 1e-6


def test_a_stream_is_a_span_too(stub, collector):
    messages = [pb.SelectStreamRequest(header=REQUEST.header), pb.SelectStreamRequest(block=pb.RowBlock(rows=REQUEST.pool))]
    list(stub.SelectStream(iter(messages), metadata=[("x-request-id", "stream")], timeout=30))
    span = collector.call("stream")
    assert collector.below(span).keys() == {"decode", "score", "choose"}
    assert attributes(span)["querist.rows"] == 7


def test_a_method_that_a_caller_made_up_gives_no_name(server, collector):
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")(
            b"\xff", metadata=[("x-request-id", "other")], timeout=5
        )
    assert collector.call("other").name == "other"


def test_log_lines_name_the_trace(server, stub, collector):
    stub.Select(REQUEST, metadata=[("x-request-id", "ours")], timeout=30)
    stub.Select(REQUEST, metadata=[("x-request-id", "theirs"), ("traceparent", TRACEPARENT)], timeout=30)
    spans = {name: collector.call(name) for name in ("ours", "theirs")}
    lines = {line["request_id"]: line for line in map(json.loads, list(server.last_words)) if line["message"] == "call"}
    assert lines["ours"]["trace_id"] == spans["ours"].trace_id.hex()
    assert lines["theirs"]["traceparent"] == TRACEPARENT


def test_a_collector_that_is_away_costs_no_call_and_no_clean_end(tmp_path, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    running = ServerProcess(tmp_path)
    with grpc.insecure_channel(running.address) as channel:
        for _ in range(20):
            SelectionServiceStub(channel).Select(REQUEST, timeout=30)
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("metadata", "parent"),
    [
        ([("traceparent", TRACEPARENT)], TRACEPARENT),
        ([("traceparent", TRACEPARENT.upper())], ""),
        ([("traceparent", f"ff-{TRACE}-{PARENT}-01")], ""),
        ([("traceparent", f"00-{'0' * 32}-{PARENT}-01")], ""),
        ([("traceparent", f"00-{TRACE}-{'0' * 16}-01")], ""),
        ([("traceparent", f"{TRACEPARENT}\n")], ""),
        ([("traceparent", b"binary")], ""),
        ([("tracestate", "a=b")], ""),
        ([], ""),
    ],
)
def test_only_a_trace_context_that_is_well_formed_counts(metadata, parent):
    assert calls.trace_context(metadata).parent == parent


def test_the_state_of_a_trace_is_kept_if_it_is_short():
    assert calls.trace_context([("traceparent", TRACEPARENT), ("tracestate", "a=b")]).state == "a=b"
    assert calls.trace_context([("traceparent", TRACEPARENT), ("tracestate", "a" * 513)]).state == ""
