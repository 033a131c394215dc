"""A server as a process: how it starts, drains and stops."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import IO

import grpc
import numpy as np
import pytest
import querist
from authority import Authority, Pair
from grpc_health.v1 import health_pb2, health_pb2_grpc
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def start(*arguments: str, stdin: int | IO = subprocess.PIPE, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "querist_server", "serve", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdin=stdin, text=True, env={**os.environ, **environment})


@pytest.fixture
def running(tmp_path):
    address = f"unix:{tmp_path / 'q.sock'}"
    process = start("--address", address, "--model-directory", str(tmp_path / "models"), "--workers", "1")
    with querist.connect(address) as client:
        for _ in range(300):
            try:
                client.info(timeout=1)
                break
            except querist.QueristError:
                time.sleep(0.1)
    yield process, address
    process.kill()
    process.communicate()


def slow_rows(stop: threading.Event):
    """Give blocks until told to stop."""
    yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
    first = 0
    rows = np.full((1000, 2), 0.5)
    while not stop.is_set():
        yield pb.SelectStreamRequest(block=pb.RowBlock(first_row=first, rows=pool_pb2.Pool(probabilities=codec.encode(rows))))
        first += len(rows)
        time.sleep(0.01)


def test_sigterm_lets_a_running_call_finish_refuses_new_ones_and_exits_0(running):
    process, address = running
    stop = threading.Event()
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="querist.v1.SelectionService"))
        assert next(watch).status == SERVING
        events = SelectionServiceStub(channel).SelectStream(slow_rows(stop), timeout=60)
        next(events)
        process.send_signal(signal.SIGTERM)
        assert next(watch).status == NOT_SERVING
        time.sleep(0.5)
        with querist.connect(address, retries=0) as late, pytest.raises(querist.errors.ServerUnavailableError):
            late.info(timeout=5)
        stop.set()
        result = next(event for event in events if event.HasField("result")).result
        assert result.statistics.rows >= 1000
    assert process.wait(20) == 0
    log = process.stderr.read()
    assert "message=stopping running=1" in log
    assert "code=OK" in log


@pytest.mark.parametrize("seconds", ["0.5", "60"])
def test_calls_that_outlast_the_drain_are_cancelled_and_watches_of_the_health_hold_nothing_up(tmp_path, seconds):
    address = f"unix:{tmp_path / 'q.sock'}"
    process = start("--address", address, QUERIST_DRAIN_SECONDS=seconds)
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=60)
        assert next(watch).status == SERVING
        if seconds == "0.5":
            events = SelectionServiceStub(channel).SelectStream(slow_rows(threading.Event()), timeout=60)
            next(events)
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - started < 10
    process.communicate()


@pytest.mark.parametrize("kind", ["pipe", "null", "file"])
def test_a_private_server_stops_when_standard_input_ends_whatever_that_is(tmp_path, kind):
    (tmp_path / "input").write_text("some words\n")
    with (tmp_path / "input").open() as file:
        process = start(
            "--until-stdin-closes",
            "--address",
            f"unix:{tmp_path / 'q.sock'}",
            stdin={"pipe": subprocess.PIPE, "null": subprocess.DEVNULL, "file": file}[kind],
        )
        if kind == "pipe":
            process.stdin.close()
        assert process.wait(20) == 0
        process.stderr.close()


def test_settings_that_cannot_be_read_are_a_line_and_not_a_traceback():
    process = start(QUERIST_ADDRESSES="localhost:0")
    assert process.wait(20) == 2
    (line,) = process.communicate()[1].splitlines()
    assert line.startswith("querist: ")
    assert "addresses" in line
    assert "JSON" in line


def test_a_second_server_on_the_same_socket_is_refused_and_a_stale_socket_is_taken_over(running, tmp_path):
    process, address = running
    second = start("--address", address)
    assert second.wait(20) == 2
    assert "another server listens" in second.communicate()[1]
    process.kill()
    process.wait()
    assert (tmp_path / "q.sock").exists()
    third = start("--address", address)
    try:
        with querist.connect(address, retries=30) as client:
            assert client.info().api_version == "querist.v1"
    finally:
        third.terminate()
        third.communicate(timeout=20)


def test_the_socket_is_its_owners_alone(running, tmp_path):
    assert (tmp_path / "q.sock").stat().st_mode & 0o077 == 0


def test_a_server_that_drains_leaves_the_socket_to_its_successor(running, tmp_path):
    process, address = running
    stop = threading.Event()
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        events = SelectionServiceStub(channel).SelectStream(slow_rows(stop), timeout=60)
        next(events)
        process.send_signal(signal.SIGTERM)
        while "message=stopping" not in process.stderr.readline():
            pass
        successor = start("--address", address)
        try:
            with querist.connect(address, retries=30) as client:
                for _ in range(100):
                    try:
                        client.info()
                        break
                    except querist.QueristError:
                        time.sleep(0.1)
                stop.set()
                assert [event for event in events if event.HasField("result")]
                assert process.wait(20) == 0
                assert client.info().api_version == "querist.v1"
            with querist.connect(address) as late:
                assert late.info().api_version == "querist.v1"
        finally:
            successor.terminate()
            successor.communicate(timeout=20)
    assert not (tmp_path / "q.sock").exists()


def test_a_key_that_does_not_fit_is_a_line_and_not_a_traceback(tmp_path):
    pair = Pair(tmp_path, "server", Authority(), "localhost")
    pair.key.write_bytes(Authority().issue("localhost")[1])
    process = start("--address", "127.0.0.1:0", "--tls-certificate", str(pair.certificate), "--tls-private-key", str(pair.key))
    assert process.wait(60) == 2
    (line,) = process.communicate()[1].splitlines()
    assert line.startswith("querist: tls_private_key")


def test_a_port_in_use_is_refused():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        process = start("--address", f"127.0.0.1:{holder.getsockname()[1]}")
        assert process.wait(20) == 2
        assert "cannot listen on" in process.communicate()[1]


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:1"])
def test_a_public_address_needs_a_word(address):
    process = start("--address", address)
    assert process.wait(20) == 2
    assert "say --insecure" in process.communicate()[1]


def test_a_private_server_dies_with_its_parent(tmp_path):
    script = """
import querist, time, os
q = querist.local()
print(q._server.pid, q.address, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid, address = parent.stdout.readline().split()
    parent.kill()
    parent.communicate()
    for _ in range(100):
        try:
            with querist.connect(address, retries=0) as client:
                client.info(timeout=0.5)
            time.sleep(0.1)
        except querist.QueristError:
            return
    pytest.fail(f"the server {pid} outlived its parent")
