"""What happens while all workers are busy: health answers, overload is said at once, cancelled work stops."""

import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import querist
from grpc_health.v1 import health_pb2, health_pb2_grpc
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.engine.scores.margin import Margin
from serving import serving


@pytest.fixture
def gate(monkeypatch):
    """Lets tests hold every block of `margin` until the gate opens."""
    opened = threading.Event()
    measure = Margin.measure

    def held(self, block, context):
        opened.wait(60)
        return measure(self, block, context)

    monkeypatch.setattr(Margin, "measure", held)
    yield opened
    opened.set()


def request(rows: int = 5_000) -> pb.SelectRequest:
    """Return a request that is too large to be answered where it is read, unless it is for fewer rows."""
    probabilities = codec.encode(np.full((rows, 2), 0.5, np.float32))
    return pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=1), pool=pool_pb2.Pool(probabilities=probabilities))


def wait_for(condition, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_health_answers_within_100_ms_while_all_workers_are_busy():
    busy = pb.SelectRequest(
        header=pb.SelectHeader(strategy="lcmd", count=3000),
        pool=pool_pb2.Pool(embeddings=codec.encode(np.random.default_rng(0).random((15_000, 64), np.float32))),
    )
    with querist.local(workers=2) as client, grpc.insecure_channel(client.address, [("grpc.default_authority", "localhost")]) as channel:
        stub, health = SelectionServiceStub(channel), health_pb2_grpc.HealthStub(channel)
        calls = [stub.Select.future(busy, timeout=100) for _ in range(4)]
        time.sleep(0.5)
        waits = []
        for _ in range(100):
            started = time.perf_counter()
            health.Check(health_pb2.HealthCheckRequest(), timeout=5)
            waits.append(time.perf_counter() - started)
            time.sleep(0.01)
        assert sum(call.done() for call in calls) <= 2, "the workers were not busy to the end"
        for call in calls:
            call.cancel()
    assert sorted(waits)[-2] < 0.1  # one stall may be the machine's own


def test_overload_is_said_at_once_with_a_time_to_come_back(tmp_path, gate):
    with serving(tmp_path, workers=1, max_waiting=2) as server, grpc.insecure_channel(server.address) as channel:
        stub = SelectionServiceStub(channel)
        calls = [stub.Select.future(request(), timeout=60) for _ in range(3)]
        wait_for(lambda: server.server.workers.unfinished == 3)
        started = time.monotonic()
        with querist.connect(server.address, retries=0) as client, pytest.raises(querist.errors.ServerOverloadedError) as caught:
            client.select(np.full((3, 2), 0.5), strategy="margin", count=1)
        assert time.monotonic() - started < 1
        assert caught.value.reason == "SERVER_OVERLOADED"
        assert caught.value.retry_after > 0
        gate.set()
        assert all(call.result().selected.indices == [0] for call in calls)
        assert server.server.workers.bytes_held == 0


def test_more_bytes_than_the_server_holds_are_overload(tmp_path):
    with serving(tmp_path, max_in_flight_bytes=2**20) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            SelectionServiceStub(channel).Select(request(200_000), timeout=20)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert server.server.workers.bytes_held == 0


def test_bytes_that_wait_in_streams_are_counted_and_given_back(tmp_path, gate):
    with serving(tmp_path, workers=1, max_in_flight_bytes=4 * 2**20) as server, grpc.insecure_channel(server.address) as channel:

        def messages():
            yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
            for block in range(8):
                yield pb.SelectStreamRequest(block=pb.RowBlock(first_row=100_000 * block, rows=request(100_000).pool))

        calls = [SelectionServiceStub(channel).SelectStream(messages(), timeout=60) for _ in range(3)]
        wait_for(lambda: server.server.workers.bytes_held > 2 * 2**20)
        assert server.server.workers.bytes_held <= 3 * 2**20  # a quarter is left to other callers
        gate.set()
        ends = [call.code().name for call in calls]
        assert set(ends) <= {"OK", "RESOURCE_EXHAUSTED"}
        assert "RESOURCE_EXHAUSTED" in ends
        wait_for(lambda: server.server.workers.bytes_held == 0)


def test_cancelling_a_call_frees_its_worker_within_one_block(tmp_path, monkeypatch):
    blocks = []
    measure = Margin.measure

    def slow(self, block, context):
        blocks.append(block.first_row)
        time.sleep(0.05)
        return measure(self, block, context)

    monkeypatch.setattr(Margin, "measure", slow)
    with serving(tmp_path, workers=1) as server, grpc.insecure_channel(server.address) as channel:
        call = SelectionServiceStub(channel).Select.future(request(1_900_000), timeout=60)
        wait_for(lambda: len(blocks) >= 3)
        call.cancel()
        at_cancel = len(blocks)
        wait_for(lambda: server.server.workers.unfinished == 0)
        assert len(blocks) <= at_cancel + 2  # the one that ran, and one that may have begun while the cancellation travelled
        assert at_cancel < 100


def test_an_expired_deadline_frees_its_worker_too(tmp_path, gate):
    with serving(tmp_path, workers=1) as server, querist.connect(server.address, retries=0) as client:
        with pytest.raises(querist.errors.DeadlineExceededError):
            client.select(np.full((300_000, 2), 0.5, np.float32), strategy="margin", count=1, timeout=0.3)
        gate.set()
        wait_for(lambda: server.server.workers.unfinished == 0)


def test_idle_streams_hold_no_worker(tmp_path):
    with serving(tmp_path, workers=1, max_waiting=40) as server, grpc.insecure_channel(server.address) as channel:
        stop = threading.Event()

        def idle():
            yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
            stop.wait(30)

        calls = [SelectionServiceStub(channel).SelectStream(idle()) for _ in range(20)]
        wait_for(lambda: len(server.server.interceptor.open) == 20 and not server.server.workers.unfinished)  # their headers are read
        with querist.connect(server.address, retries=0) as client:
            assert client.select(np.full((3, 2), 0.5), strategy="margin", count=1).indices.tolist() == [0]
        stop.set()
        for call in calls:
            call.cancel()


def test_a_defect_is_internal_with_an_id_and_without_its_words(tmp_path, monkeypatch):
    def broken(self, block, context):
        raise RuntimeError("secret")

    monkeypatch.setattr(Margin, "measure", broken)
    with serving(tmp_path) as server, querist.connect(server.address, retries=0) as client:
        with pytest.raises(querist.errors.ServerError) as caught:
            client.select(np.full((3, 2), 0.5), strategy="margin", count=1)
        assert caught.value.reason == "INTERNAL"
        assert len(caught.value.request_id) == 16
        assert "secret" not in str(caught.value)


def test_reflection_lists_the_services(tmp_path):
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        names = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    assert {"querist.v1.SelectionService", "querist.v1.ModelService", "querist.v1.SystemService", "grpc.health.v1.Health"} <= names


def test_streams_that_break_off_leave_the_server_alive(tmp_path):
    """Regression test: a cancelled call's context must not be touched any more."""
    address = f"unix:{tmp_path / 'q.sock'}"
    process = subprocess.Popen([sys.executable, "-m", "querist_server", "serve", "--address", address], stderr=subprocess.DEVNULL)

    def broken():
        yield np.full((3000, 4), 0.25)
        raise KeyError("mine")

    try:
        with querist.connect(address, retries=30) as client:
            client.info()
            for _ in range(150):
                with pytest.raises(KeyError):
                    client.select(broken(), strategy="margin", count=1)
            client.info()
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20)
