"""Idle calls are ended, and memory that nobody counts does not run over."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
import querist
from google.rpc import error_details_pb2, status_pb2
from half_sent import HalfSent
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.service.errors import RetryLater
from querist_server.service.watch import Watch
from serving import serving


class Open:
    """An open call, as the watch sees it."""

    def __init__(self, began: float, waiting_since: float | None) -> None:
        self.began, self.waiting_since = began, waiting_since
        self.cause: Exception | None = None

    def end_by(self, cause: Exception) -> None:
        self.cause = cause


def watch_of(calls: list[Open], resident: int, **rest: float) -> Watch:
    return Watch(calls, ceiling=1000, most_each=50, max_idle_seconds=rest.get("max_idle_seconds", 1e9), resident=lambda: resident)


def until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def reason_of(error: grpc.RpcError) -> str:
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason


def test_while_memory_is_short_only_silent_calls_are_ended():
    calls = [Open(1, 5.9), Open(2, 1.0), Open(3, None)]
    watch_of(calls, resident=900).look(6)
    assert [call.began for call in calls if call.cause] == [2]


def test_while_memory_is_short_no_call_begins_but_a_first_one():
    calls = [Open(0, None), Open(1, None)]
    watch = watch_of(calls, resident=900)
    watch.check()
    watch.look(0)
    with pytest.raises(RetryLater):
        watch.check()
    assert not any(call.cause for call in calls)
    del calls[1]
    watch.check()


def test_it_is_known_for_how_long_memory_has_been_short(monkeypatch):
    resident = [900]
    watch = Watch([], ceiling=1000, most_each=50, max_idle_seconds=1e9, resident=lambda: resident[0])
    assert watch.short_seconds() == 0
    for moment in (10.0, 11.0, 14.5):
        watch.look(moment)
        monkeypatch.setattr(time, "monotonic", lambda moment=moment: moment)
        assert watch.short_seconds() == moment - 10
    resident[0] = 800
    watch.look(15.0)
    assert watch.short_seconds() == 0


def test_room_is_made_by_ending_the_newest_calls_that_wait_for_their_caller():
    calls = [Open(1, 5.0), Open(2, None), Open(3, 5.0), Open(4, 5.0), Open(5, 5.0)]
    watch = watch_of(calls, resident=960)  # 110 above where calls begin again: three messages of 50
    watch.look(6)
    assert [call.began for call in calls if call.cause] == [3, 4, 5]


def test_idle_calls_are_ended_and_working_ones_are_not():
    calls = [Open(0, 0.0), Open(0, None), Open(0, 95.0)]
    watch = watch_of(calls, resident=1, max_idle_seconds=10)
    watch.look(100)
    assert [call.cause is not None for call in calls] == [True, False, False]


def test_a_stream_that_sends_nothing_ends_by_name(tmp_path):
    stop = threading.Event()

    def idle():
        yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
        stop.wait(60)

    with serving(tmp_path, max_idle_seconds=0.5) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            list(SelectionServiceStub(channel).SelectStream(idle(), timeout=60))
        stop.set()
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert reason_of(caught.value) == "STREAM_IDLE"
        until(lambda: not server.server.interceptor.open)


def test_a_message_of_which_only_a_part_comes_ends_by_name(tmp_path):
    with serving(tmp_path, max_idle_seconds=0.5) as server:
        caller = HalfSent(server.address)
        stream = caller.begin(1000)
        caller.send(stream, 500)
        while "grpc-status" not in caller.trailers.get(stream, {}):
            assert caller.receive(30), "the server said nothing"
        assert caller.trailers[stream]["grpc-status"] == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0])
        caller.close()


def test_messages_that_stop_in_the_middle_do_not_fill_the_memory(tmp_path):
    """100 calls send 15 MB of 16 each: 1.5 GB that nobody counts. The server stays below its ceiling, and answers others."""
    ceiling = 500 * 2**20
    command = [sys.executable, "-m", "querist_server", "serve", "--address", "127.0.0.1:0", "--log-format", "json"]
    settings = {"QUERIST_MAX_MEMORY_BYTES": str(ceiling), "QUERIST_MODEL_DIRECTORY": str(tmp_path / "models")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **settings})
    try:
        address = json.loads(process.stderr.readline())["addresses"]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        highest, callers = 0, []
        with querist.connect(address, retries=30) as client:
            for number in range(100):
                if number % 20 == 0:
                    callers.append(HalfSent(address))
                callers[-1].send(callers[-1].begin(16 * 2**20 - 1), 15 * 2**20)
                highest = max(highest, resident(process.pid))
                if number % 25 == 24:
                    assert client.select(np.full((3, 2), 0.5), strategy="margin", count=1).indices.tolist() == [0]
        assert highest < ceiling
        assert sum("grpc-status" in trailers for caller in callers for trailers in caller.trailers.values()) > 0
        for caller in callers:
            caller.close()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_more_open_calls_than_allowed_are_overload(tmp_path):
    stop = threading.Event()

    def idle():
        yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
        stop.wait(60)

    with serving(tmp_path, max_calls=3) as server, grpc.insecure_channel(server.address) as channel:
        calls = [SelectionServiceStub(channel).SelectStream(idle()) for _ in range(3)]
        until(lambda: len(server.server.interceptor.open) == 3)
        with querist.connect(server.address, retries=0) as client, pytest.raises(querist.errors.ServerOverloadedError) as caught:
            client.select(np.full((3, 2), 0.5), strategy="margin", count=1)
        assert "3 may be" in str(caught.value)
        stop.set()
        for call in calls:
            call.cancel()
