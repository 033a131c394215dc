"""The listener for probes: what a kubelet would see."""

import asyncio
import os
import signal
import socket
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
from querist.v1 import pool_pb2, system_service_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub
from querist_server import probes
from server_process import ServerProcess
from serving import serving

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def asked(address: str, service: str, timeout: float = 5.0) -> int:
    with grpc.insecure_channel(address) as channel:
        return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout).status


def test_a_draining_server_is_alive_but_not_ready(tmp_path):
    server = ServerProcess(tmp_path, health_address="127.0.0.1:0", addresses=[f"unix:{tmp_path / 'q.sock'}"], drain_seconds=20)
    health = server.began["health"]
    assert [asked(health, name) for name in ("", "liveness", "readiness", "startup")] == [SERVING] * 4
    stop = threading.Event()

    def rows():
        yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
        stop.wait(30)
        yield pb.SelectStreamRequest(block=pb.RowBlock(rows=pool_pb2.Pool(probabilities=codec.encode(np.full((3, 2), 0.5)))))

    with grpc.insecure_channel(server.address, [("grpc.default_authority", "localhost")]) as channel:
        events = SelectionServiceStub(channel).SelectStream(rows(), timeout=60)
        while asked(health, "readiness") == SERVING:  # until the call has arrived is no matter: the drain waits for it
            if server.process.poll() is None and not stop.is_set():
                time.sleep(0.5)
                server.process.send_signal(signal.SIGTERM)
        assert [asked(health, name) for name in ("", "liveness", "readiness", "startup")] == [NOT_SERVING, SERVING, NOT_SERVING, SERVING]
        stop.set()
        assert [event for event in events if event.HasField("result")]
    assert server.stop() == 0


def test_liveness_fails_when_the_process_is_stuck_and_comes_back(tmp_path):
    server = ServerProcess(tmp_path, health_address="127.0.0.1:0")
    try:
        os.kill(server.pid, signal.SIGSTOP)
        with pytest.raises(grpc.RpcError) as caught:
            asked(server.began["health"], "liveness", timeout=1)
        assert caught.value.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE)
        os.kill(server.pid, signal.SIGCONT)
        assert asked(server.began["health"], "liveness", timeout=30) == SERVING
    finally:
        os.kill(server.pid, signal.SIGCONT)
        server.stop()


def test_it_needs_no_token_and_serves_nothing_else(tmp_path):
    (tmp_path / "tokens").write_text("somebody secret-word\n")
    with serving(tmp_path, health_address="127.0.0.1:0", token_file=tmp_path / "tokens") as server:
        health = server.server.instruments.addresses["health"]
        assert asked(health, "readiness") == SERVING
        with pytest.raises(grpc.RpcError) as caught:
            asked(health, "somebody's guess")
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        with grpc.insecure_channel(health) as channel, pytest.raises(grpc.RpcError) as caught:
            SystemServiceStub(channel).GetServerInfo(system_service_pb2.GetServerInfoRequest(), timeout=5)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_readiness_goes_when_memory_is_short_for_long_and_comes_back(monkeypatch):
    monkeypatch.setattr(probes, "LOOK_SECONDS", 0.01)
    short = [0.0]
    found = probes.Probes("127.0.0.1:0", lambda: short[0])
    await found.start()
    async with grpc.aio.insecure_channel(found.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def ready() -> int:
            return (await stub.Check(health_pb2.HealthCheckRequest(service="readiness"))).status

        async def becomes(status: int) -> None:
            while await ready() != status:
                await asyncio.sleep(0.01)

        assert await ready() == NOT_SERVING
        await found.tell(serving=True)
        assert await ready() == SERVING
        short[0] = probes.SHORT_SECONDS - 0.1
        await asyncio.sleep(0.1)
        assert await ready() == SERVING
        short[0] = probes.SHORT_SECONDS + 0.1
        await asyncio.wait_for(becomes(NOT_SERVING), 10)
        assert (await stub.Check(health_pb2.HealthCheckRequest(service="liveness"))).status == SERVING
        short[0] = 0.0
        await asyncio.wait_for(becomes(SERVING), 10)
    await found.stop()


@pytest.mark.parametrize("setting", ["--health-address", "--metrics-address"])
def test_an_address_in_use_is_a_line_and_the_socket_is_left(tmp_path, setting):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        command = [sys.executable, "-m", "querist_server", "serve", "--address", f"unix:{tmp_path / 'q.sock'}", setting, address]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert f"querist: cannot listen on {address}" in ended.stderr
    assert not (tmp_path / "q.sock").exists()


def test_a_private_server_does_not_take_the_addresses_of_another(tmp_path, monkeypatch):
    with serving(tmp_path, health_address="127.0.0.1:0") as first:
        monkeypatch.setenv("QUERIST_HEALTH_ADDRESS", first.server.instruments.addresses["health"])
        monkeypatch.setenv("QUERIST_METRICS_ADDRESS", first.address)
        with querist.local() as q:
            assert q.info().api_version == "querist.v1"
