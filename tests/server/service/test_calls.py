"""What surrounds every call: one log line, a request id, and errors that any peer can read."""

import logging
import threading

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from querist import codec
from querist.v1 import pool_pb2, system_service_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub
from querist_server.service.local_files import LocalFiles
from querist_server.service.selection import is_simple
from querist_server.service.work import SelectionWork
from querist_server.telemetry import CALLS
from serving import serving

POOL = pool_pb2.Pool(probabilities=codec.encode(np.full((7, 2), 0.5)))
HEADER = pb.SelectHeader(strategy="margin", count=2)
REQUEST = pb.SelectRequest(header=HEADER, pool=POOL)


class Lines(logging.Handler):
    """Keeps the fields of log lines."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[dict] = []
        self.arrived = threading.Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:
        self.fields.append(record.fields)
        self.arrived.release()

    def next(self) -> dict:
        assert self.arrived.acquire(timeout=10)
        return self.fields[-1]


@pytest.fixture
def lines():
    handler, level = Lines(), CALLS.level
    CALLS.addHandler(handler)
    CALLS.setLevel("INFO")
    yield handler
    CALLS.removeHandler(handler)
    CALLS.setLevel(level)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel


def details_of(error: grpc.RpcError) -> dict[str, bytes]:
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    return {detail.type_url.rpartition(".")[2]: detail.value for detail in status.details}


def test_a_call_is_one_line(channel, lines):
    response = SelectionServiceStub(channel).Select(REQUEST)
    fields = lines.next()
    assert len(lines.fields) == 1
    assert (fields["method"], fields["code"]) == ("/querist.v1.SelectionService/Select", "OK")
    assert (fields["strategy"], fields["rows"], fields["count"]) == ("margin", 7, 2)
    assert fields["bytes"] == REQUEST.ByteSize()
    assert fields["selection_id"] == response.selection_id
    assert fields["peer"].startswith("ipv4:127.0.0.1:")
    assert 0 < fields["seconds"] < 10
    assert "reason" not in fields


def test_a_stream_is_one_line_too(channel, lines):
    messages = [pb.SelectStreamRequest(header=HEADER)]
    messages += [pb.SelectStreamRequest(block=pb.RowBlock(first_row=7 * i, rows=POOL)) for i in range(3)]
    *_, last = SelectionServiceStub(channel).SelectStream(iter(messages))
    fields = lines.next()
    assert len(lines.fields) == 1
    assert (fields["code"], fields["rows"], fields["selection_id"]) == ("OK", 21, last.result.selection_id)
    assert fields["bytes"] == sum(message.ByteSize() for message in messages[1:])


def test_a_caller_that_hangs_up_with_its_result_in_hand_was_answered(channel, lines):
    messages = [pb.SelectStreamRequest(header=HEADER), pb.SelectStreamRequest(block=pb.RowBlock(rows=POOL))]
    for _ in range(30):
        call = SelectionServiceStub(channel).SelectStream(iter(messages))
        while not next(call).HasField("result"):
            pass
        call.cancel()
        assert lines.next()["code"] == "OK"


def test_a_refused_call_is_one_line_with_its_reason(channel, lines):
    with pytest.raises(grpc.RpcError):
        SelectionServiceStub(channel).Select(pb.SelectRequest(header=pb.SelectHeader(strategy="margins", count=1)))
    fields = lines.next()
    assert len(lines.fields) == 1
    assert (fields["code"], fields["reason"]) == ("INVALID_ARGUMENT", "STRATEGY_UNKNOWN")
    assert "margins" in fields["error"]


def test_a_cancelled_call_is_one_line(channel, lines):
    gate = threading.Event()

    def messages():
        yield pb.SelectStreamRequest(header=HEADER)
        gate.wait(20)

    call = SelectionServiceStub(channel).SelectStream(messages())
    with pytest.raises(grpc.FutureTimeoutError):
        call.result(0.3)
    call.cancel()
    assert lines.next()["code"] == "CANCELLED"
    gate.set()
    assert len(lines.fields) == 1


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-1.2_3:4", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ('"quoted"', False), ("", False)]
)
def test_a_sane_request_id_is_kept_in_the_log_and_in_errors(channel, lines, sent, kept):
    with pytest.raises(grpc.RpcError) as caught:
        SelectionServiceStub(channel).Select(pb.SelectRequest(), metadata=[("x-request-id", sent)])
    logged = lines.next()["request_id"]
    assert (logged == sent) is kept
    assert dict(caught.value.trailing_metadata())["x-request-id"] == logged
    assert len(logged) == 16 or kept


def test_two_calls_have_two_ids(channel, lines):
    for _ in range(2):
        SystemServiceStub(channel).GetServerInfo(system_service_pb2.GetServerInfoRequest())
        lines.next()
    first, second = (fields["request_id"] for fields in lines.fields)
    assert first != second


def test_a_server_that_is_about_to_stop_says_so_with_a_time_to_come_back(server, channel, lines):
    server.server.interceptor.draining = True
    try:
        with pytest.raises(grpc.RpcError) as caught:
            SelectionServiceStub(channel).Select(REQUEST)
    finally:
        server.server.interceptor.draining = False
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    details = details_of(caught.value)
    assert error_details_pb2.ErrorInfo.FromString(details["ErrorInfo"]).reason == "SERVER_DRAINING"
    assert error_details_pb2.RetryInfo.FromString(details["RetryInfo"]).retry_delay.ToMilliseconds() > 0
    assert lines.next()["reason"] == "SERVER_DRAINING"


@pytest.mark.parametrize("letter", ["n", "\u00e9", "\U0001f600", "\0"])
def test_errors_about_endless_names_still_arrive(channel, letter):
    """Regression test: peers drop trailers above 8 KiB, and what is outside ASCII takes three times its bytes there."""
    pool = pool_pb2.Pool()
    pool.model_inputs.add(name=letter * 100_000, tensor=codec.encode(np.float64(1)))
    with pytest.raises(grpc.RpcError) as caught:
        SelectionServiceStub(channel).Select(pb.SelectRequest(header=HEADER, pool=pool))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    info = error_details_pb2.ErrorInfo.FromString(details_of(caught.value)["ErrorInfo"])
    assert info.reason == "SHAPE_INVALID"
    assert info.metadata["field"].startswith(f"pool.model_inputs[{letter}")
    assert info.metadata["field"].endswith("...")
    assert len(dict(caught.value.trailing_metadata())["grpc-status-details-bin"]) < 4096


def test_a_response_that_fits_no_message_is_refused_with_the_way_out(tmp_path):
    with serving(tmp_path, max_message_bytes=2**16) as server, grpc.insecure_channel(server.address) as channel:
        request = pb.SelectRequest(header=pb.SelectHeader(strategy="random", rank_all=True))
        request.pool.excluded.CopyFrom(codec.encode(np.zeros(5_000, bool)))
        with pytest.raises(grpc.RpcError) as caught:
            SelectionServiceStub(channel).Select(request)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        info = error_details_pb2.ErrorInfo.FromString(details_of(caught.value)["ErrorInfo"])
        assert (info.reason, info.metadata["limit"]) == ("LIMIT_EXCEEDED", "max_message_bytes")
        assert "SelectStream" in caught.value.details()


def test_a_plan_that_would_hold_too_much_is_refused_with_the_way_out(tmp_path):
    with serving(tmp_path, max_kept_bytes=2**20) as server, grpc.insecure_channel(server.address) as channel:
        request = pb.SelectRequest(header=pb.SelectHeader(strategy="random", rank_all=True))
        request.pool.excluded.CopyFrom(codec.encode(np.zeros(200_000, bool)))
        with pytest.raises(grpc.RpcError) as caught:
            SelectionServiceStub(channel).Select(request)
        info = error_details_pb2.ErrorInfo.FromString(details_of(caught.value)["ErrorInfo"])
        assert (info.reason, info.metadata) == ("LIMIT_EXCEEDED", {"limit": "max_kept_bytes", "allowed": str(2**20)})
        assert "prefilter" in caught.value.details()


def test_the_line_of_a_selection_says_where_the_time_went_and_whose_trace_it_is(channel, lines):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    request = pb.SelectRequest(header=HEADER, pool=POOL)
    request.header.campaign.labelled = 10
    response = SelectionServiceStub(channel).Select(request, metadata=[("traceparent", parent)])
    fields = lines.next()
    assert (fields["traceparent"], fields["verdict"]) == (parent, "INCONCLUSIVE")
    assert (fields["selection_id"], fields["strategy"], fields["rows"]) == (response.selection_id, "margin", 7)
    spent = {name: fields[f"{name}_seconds"] for name in ("decode", "score", "choose")}
    assert all(seconds > 0 for seconds in spent.values())
    assert sum(spent.values()) < fields["seconds"]
    assert not {"infer_seconds", "queue_seconds", "reason", "limit"} & fields.keys()


def test_the_line_of_a_refused_call_names_the_limit(tmp_path, lines):
    with serving(tmp_path, max_rows=5) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError):
            SelectionServiceStub(channel).Select(REQUEST)
        assert (lines.next()["reason"], lines.fields[-1]["limit"]) == ("LIMIT_EXCEEDED", "max_rows")


def test_a_call_that_waited_for_a_worker_says_how_long(tmp_path, lines):
    rows = np.random.default_rng(0).random((20_000, 64))
    slow = pb.SelectRequest(header=pb.SelectHeader(strategy="lcmd", count=2000))
    slow.pool.embeddings.CopyFrom(codec.encode(rows))
    with serving(tmp_path, workers=1, max_message_bytes=2**26) as server, grpc.insecure_channel(server.address) as channel:
        stub = SelectionServiceStub(channel)
        first = stub.Select.future(slow)
        while not server.server.workers.running:
            pass
        larger = pb.SelectRequest(header=pb.SelectHeader(strategy="caller", count=2))  # than what is answered where it is read
        larger.pool.scores.CopyFrom(codec.encode(rows[:, 0]))
        stub.Select(larger)
        assert 0 < lines.next()["queue_seconds"] <= lines.fields[-1]["seconds"]
        first.cancel()


@pytest.mark.parametrize(
    ("more", "at_once"),
    [
        ({}, True),
        ({"random_share": 0.5, "seed": 3, "exclude_indices": [1]}, True),
        ({"plan": {"score": {"margin": {}}, "choice": {"top": {}}}}, False),
        ({"campaign": {}}, False),
        ({"pre_annotation": {}}, False),
        ({"models": [{"digest": "x"}]}, False),
    ],
)
def test_only_simple_requests_are_answered_where_they_are_read(more, at_once):
    header = pb.SelectHeader(**{"strategy": "margin", "count": 2, **more})
    assert is_simple(header) == at_once


@pytest.mark.parametrize("strategy", ["margin", "k_center"])
def test_a_choice_that_takes_long_leaves_the_thread_that_reads(monkeypatch, tmp_path, strategy):
    threads = []
    finish = SelectionWork.finish
    monkeypatch.setattr(SelectionWork, "finish", lambda work: threads.append(threading.current_thread().name) or finish(work))
    request = pb.SelectRequest(header=pb.SelectHeader(strategy=strategy, count=2), pool=POOL)
    request.pool.embeddings.CopyFrom(codec.encode(np.arange(14.0).reshape(7, 2)))
    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        SelectionServiceStub(channel).Select(request)
    assert [name.startswith("querist-worker") for name in threads] == [strategy == "k_center"]


def test_no_file_is_read_by_the_thread_that_reads_messages(monkeypatch, tmp_path):
    threads = []
    read = LocalFiles.read
    monkeypatch.setattr(LocalFiles, "read", lambda *asked: threads.append(threading.current_thread().name) or read(*asked))
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "few").write_bytes(np.full((7, 2), 0.5).tobytes())
    request = pb.SelectRequest(header=HEADER)
    request.pool.probabilities.CopyFrom(tensor_pb2.Tensor(dtype="DATA_TYPE_FLOAT64", shape=[7, 2], file={"name": "few"}))
    with serving(tmp_path, local_tensor_directory=shared) as server, grpc.insecure_channel(server.address) as channel:
        SelectionServiceStub(channel).Select(request)
    assert [name.startswith("querist-worker") for name in threads] == [True]
