"""What callers do to connections: bombs, thousands of idle ones, and ends in the middle."""

import resource
import socket

import grpc
import numpy as np
import pytest
import querist
from half_sent import HalfSent
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from server_process import ServerProcess

IDLE = 2000


@pytest.fixture
def server(tmp_path):
    server = ServerProcess(tmp_path)
    yield server
    assert server.stop() == 0
    assert not server.defects


def answers(server: ServerProcess) -> bool:
    with querist.connect(server.address) as client:
        return client.select(np.full((3, 2), 0.5), strategy="margin", count=1).indices.tolist() == [0]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_message_that_expands_beyond_the_limit_is_refused_and_takes_no_memory(server, streamed):
    """64 MB of zeros are 64 KB on the wire."""
    pool = pool_pb2.Pool(probabilities=codec.encode(np.zeros((8_000_000, 2), np.float32)))
    header = pb.SelectHeader(strategy="margin", count=1)
    options = [("grpc.max_send_message_length", -1)]
    before = server.resident
    with grpc.insecure_channel(server.address, options, compression=grpc.Compression.Gzip) as channel:
        stub = SelectionServiceStub(channel)
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                if streamed:
                    messages = [pb.SelectStreamRequest(header=header), pb.SelectStreamRequest(block=pb.RowBlock(rows=pool))]
                    list(stub.SelectStream(iter(messages), timeout=60))
                else:
                    stub.Select(pb.SelectRequest(header=header, pool=pool), timeout=60)
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.resident - before < 64 * 2**20
    assert answers(server)


def test_thousands_of_idle_connections_hold_nobody_up(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(IDLE, (hard if hard != resource.RLIM_INFINITY else 2**20) - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most + 200), hard))
    host, _, port = server.address.rpartition(":")
    before = server.resident
    idle = [socket.create_connection((host, int(port)), 30) for _ in range(most)]
    try:
        assert answers(server)
        assert server.resident - before < most * 200_000
    finally:
        for each in idle:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answers(server)


def test_connections_that_end_in_the_middle_of_a_message_leave_nothing_behind(server):
    for size in (0, 3, 100_000):
        for _ in range(10):
            caller = HalfSent(server.address)
            caller.send(caller.begin(200_000), size)
            caller.close()
    assert answers(server)
