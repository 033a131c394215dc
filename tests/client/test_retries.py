"""Retries against a server that fails as often as it is told."""

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
import querist
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import selection_service_pb2_grpc as rpc

LARGE = np.full((700_000, 2), 0.5, np.float32)  # 5.6 MB
SMALL = np.full((10, 2), 0.5)


class Flaky(rpc.SelectionServiceServicer):
    def __init__(self):
        self.failures, self.calls, self.rows, self.code, self.wait = 0, 0, [], grpc.StatusCode.UNAVAILABLE, None

    def _fail(self, context):
        self.calls += 1
        if self.calls > self.failures:
            return
        trailers = ()
        if self.wait is not None:
            details = []
            for detail in (
                error_details_pb2.ErrorInfo(reason="SERVER_OVERLOADED", domain="querist"),
                error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(nanos=int(self.wait * 1e9))),
            ):
                packed = any_pb2.Any()
                packed.Pack(detail)
                details.append(packed)
            trailers = (("grpc-status-details-bin", status_pb2.Status(details=details).SerializeToString()),)
        context.set_trailing_metadata(trailers)
        context.abort(self.code, "not now")

    def Select(self, request, context):
        self._fail(context)
        return pb.SelectResponse(selected=pb.Selected(indices=[1], scores=[1.0], priorities=[1.0]))

    def SelectStream(self, request_iterator, context):
        rows = sum(message.block.rows.probabilities.shape[0] for message in request_iterator if message.HasField("block"))
        self.rows.append(rows)
        self._fail(context)
        yield pb.SelectStreamResponse(result=pb.SelectResponse(selected=pb.Selected(indices=[1], scores=[1.0], priorities=[1.0])))


@pytest.fixture
def flaky(tmp_path):
    servicer = Flaky()
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 64 * 2**20)])
    rpc.add_SelectionServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield servicer
    server.stop(None).wait()


def test_a_large_stream_is_sent_again_whole(flaky):
    flaky.failures = 2
    heard = []
    with querist.connect(flaky.address, on_retry=lambda number, error, delay: heard.append((number, error.code))) as client:
        assert client.select(LARGE, strategy="margin", count=1).indices.tolist() == [1]
    assert flaky.rows == [len(LARGE)] * 3
    assert heard == [(1, "UNAVAILABLE"), (2, "UNAVAILABLE")]


def test_a_small_call_is_retried(flaky):
    flaky.failures = 3
    with querist.connect(flaky.address) as client:
        assert client.select(SMALL, strategy="margin", count=1).indices.tolist() == [1]
    assert flaky.calls == 4


def test_retries_can_be_switched_off(flaky):
    flaky.failures = 1
    with querist.connect(flaky.address, retries=0) as client, pytest.raises(querist.errors.ServerUnavailableError):
        client.select(SMALL, strategy="margin", count=1)
    assert flaky.calls == 1


def test_they_end_after_the_given_number(flaky):
    flaky.failures = 10
    with querist.connect(flaky.address, retries=2) as client, pytest.raises(querist.errors.ServerUnavailableError):
        client.select(SMALL, strategy="margin", count=1)
    assert flaky.calls == 3


def test_the_servers_wish_is_obeyed(flaky):
    flaky.failures, flaky.code, flaky.wait = 1, grpc.StatusCode.RESOURCE_EXHAUSTED, 0.7
    started = time.monotonic()
    with querist.connect(flaky.address) as client:
        client.select(SMALL, strategy="margin", count=1)
    assert time.monotonic() - started >= 0.7


@pytest.mark.parametrize("code", [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_other_errors_are_not_tried_again(flaky, code):
    flaky.failures, flaky.code = 1, code
    with querist.connect(flaky.address) as client, pytest.raises(querist.QueristError):
        client.select(SMALL, strategy="margin", count=1)
    assert flaky.calls == 1


def test_an_iterator_that_was_begun_is_not_sent_again_but_a_list_of_batches_is(flaky):
    class Loader:
        def __iter__(self):
            return iter([SMALL, SMALL])

    flaky.failures = 1
    with querist.connect(flaky.address) as client:
        with pytest.raises(querist.errors.ServerUnavailableError, match="read only once"):
            client.select(iter([SMALL, SMALL]), strategy="margin", count=1)
        flaky.calls = 0
        assert client.select(Loader(), strategy="margin", count=1).indices.tolist() == [1]
    assert flaky.rows == [20, 20, 20]


def test_all_attempts_share_one_deadline(flaky):
    flaky.failures = 100
    started = time.monotonic()
    with querist.connect(flaky.address, retries=100) as client, pytest.raises(querist.QueristError):
        client.select(SMALL, strategy="margin", count=1, timeout=1.0)
    assert time.monotonic() - started < 1.5


async def test_the_asynchronous_client_retries_alike(flaky):
    flaky.failures = 2
    async with querist.aio.connect(flaky.address) as client:
        assert (await client.select(LARGE, strategy="margin", count=1)).indices.tolist() == [1]
    assert flaky.rows == [len(LARGE)] * 3


def test_nobody_there_is_unavailable(tmp_path):
    with querist.connect(f"unix:{tmp_path / 'none.sock'}", retries=0) as client, pytest.raises(querist.errors.ServerUnavailableError):
        client.info()
