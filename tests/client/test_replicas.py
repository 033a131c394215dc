"""Several servers behind one address."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import querist
from querist.v1 import system_service_pb2
from querist.v1 import system_service_pb2_grpc as rpc


class Named(rpc.SystemServiceServicer):
    """Says its name as its version."""

    def __init__(self, name: str) -> None:
        self._name = name

    def GetServerInfo(self, request, context):
        return system_service_pb2.GetServerInfoResponse(version=self._name)


@pytest.fixture
def replicas():
    servers, ports = [], []
    for name in "abc":
        server = grpc.server(ThreadPoolExecutor(2))
        rpc.add_SystemServiceServicer_to_server(Named(name), server)
        ports.append(server.add_insecure_port("127.0.0.1:0"))
        server.start()
        servers.append(server)
    yield servers, "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    for server in servers:
        server.stop(None).wait()


def test_calls_take_turns_among_the_servers_of_an_address(replicas):
    _, address = replicas
    with querist.connect(address) as client:
        seen = set()
        while len(seen) < 3:  # the connections to the others are made while calls go to the first
            seen.add(client.info().version)
        assert [len({client.info().version for _ in range(3)}) for _ in range(5)] == [3] * 5


async def test_calls_of_the_asynchronous_client_do_too(replicas):
    _, address = replicas
    async with querist.aio.connect(address) as client:
        seen = set()
        while len(seen) < 3:
            seen.add((await client.info()).version)


def test_servers_that_go_are_left_out_without_an_error(replicas):
    servers, address = replicas
    with querist.connect(address) as client:
        assert client.info().version in {"a", "b", "c"}
        servers[0].stop(None).wait()
        servers[1].stop(None).wait()
        assert [client.info().version for _ in range(20)] == ["c"] * 20
