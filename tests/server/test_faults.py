"""A server as a process, and what it outlives."""

import contextlib
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import onnx_models
import pytest
import querist
from querist import _uploads
from querist.errors import DeadlineExceededError, ModelWorkerDiedError, NotFoundError, QueristError, ServerUnavailableError
from querist.v1.model_service_pb2_grpc import ModelServiceStub
from serving import serving

ROOT = Path(__file__).parents[2]
POOL = np.random.default_rng(0).dirichlet(np.ones(3), 50)
INPUTS = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)


def start(home: Path, program: tuple[str, ...] = ("-m", "querist_server"), **named) -> subprocess.Popen:
    command = [sys.executable, *program, "serve", "--address", address_of(home), "--model-directory", str(home / "models")]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **{"stderr": subprocess.DEVNULL, **named})


def address_of(home: Path) -> str:
    return f"unix:{home / 'socket' / 'q.sock'}"


def answering(home: Path) -> None:
    with querist.connect(address_of(home)) as client:
        for _ in range(600):
            with contextlib.suppress(QueristError):
                client.info(timeout=5)
                return
            time.sleep(0.1)
    pytest.fail("the server does not answer")


JUMPING = """
import random, sys, time
true = time.time
time.time = lambda: true() + random.choice([-1e9, -3600, -1, 1, 3600, 1e9])
from querist_server.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def unread(tmp_path_factory):
    """A server whose standard error nobody reads, and whose wall clock jumps whenever it is looked at."""
    home = tmp_path_factory.mktemp("unread")
    (home / "socket").mkdir()
    process = start(home, ("-c", JUMPING), stderr=subprocess.PIPE)
    answering(home)
    yield process, home
    process.kill()
    process.communicate()


def test_log_lines_that_nobody_reads_hold_no_call_up(unread):
    process, home = unread
    with querist.connect(address_of(home), retries=0) as client:
        for _ in range(800):  # some 150 bytes each, of which a pipe takes 64 KiB
            client.info(timeout=30)
    assert process.poll() is None


def test_a_wall_clock_that_jumps_changes_no_call(unread):
    _, home = unread
    with querist.connect(address_of(home)) as client:
        alone = client.select(POOL, strategy="margin", count=5, seed=1).indices.tolist()
        digest = client.upload_model(onnx_models.linear()).digest
        for _ in range(10):
            assert client.select(POOL, strategy="margin", count=5, seed=1).indices.tolist() == alone
            assert len(client.select(models=[digest], model_inputs=INPUTS, strategy="margin", count=5).indices) == 5
        client.delete_model(digest)
        with pytest.raises(NotFoundError):
            client.get_model(digest)


def test_without_file_descriptors_calls_go_on_and_all_else_is_typed_until_there_are_some_again(unread):
    process, home = unread
    path = str(home / "socket" / "q.sock")
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    crowd = []
    with querist.connect(address_of(home), retries=0) as known:
        right = known.select(POOL, strategy="margin", count=5, seed=1)
        used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 1, hard))
        try:
            for _ in range(20):
                crowd.append(socket.socket(socket.AF_UNIX))
                crowd[-1].connect(path)
            time.sleep(0.3)
            for _ in range(20):
                assert known.select(POOL, strategy="margin", count=5, seed=1).indices.tolist() == right.indices.tolist()
            with pytest.raises(QueristError) as caught:
                known.upload_model(onnx_models.linear(7), timeout=10)
            assert caught.value.reason in ("MODEL_STORE_UNAVAILABLE", "MODEL_WORKER_DIED")
            waiting = (ServerUnavailableError, DeadlineExceededError)  # unless a descriptor has just become free
            with querist.connect(address_of(home), retries=0) as late, contextlib.suppress(*waiting):
                late.info(timeout=2)
        finally:
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (hard, hard))
            for each in crowd:
                each.close()
        assert known.upload_model(onnx_models.linear(7)).class_labels is not None
    with querist.connect(address_of(home), retries=8) as late:
        assert late.select(POOL, strategy="margin", count=5, seed=1).indices.tolist() == right.indices.tolist()
    assert process.poll() is None


def test_a_server_that_stands_still_costs_a_call_its_deadline_and_no_more(unread):
    process, home = unread
    with querist.connect(address_of(home), retries=0) as client:
        right = client.select(POOL, strategy="margin", count=5, seed=1)
        process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(DeadlineExceededError):
                client.select(POOL, strategy="margin", count=5, seed=1, timeout=0.5)
        finally:
            process.send_signal(signal.SIGCONT)
        assert client.select(POOL, strategy="margin", count=5, seed=1).indices.tolist() == right.indices.tolist()


def halves(onnx: bytes, begun: threading.Event, go_on: threading.Event):
    header, *_ = _uploads.upload_messages(onnx)
    yield header
    yield _chunk(onnx[: len(onnx) // 2])
    begun.set()
    go_on.wait(60)
    yield _chunk(onnx[len(onnx) // 2 :])


def _chunk(content: bytes):
    return _uploads.model_service_pb2.UploadModelRequest(chunk=content)


@contextlib.contextmanager
def half_uploaded(home: Path, onnx: bytes):
    """Send half a model, and give what lets the other half go and the reply that will come."""
    begun, go_on = threading.Event(), threading.Event()
    with grpc.insecure_channel(address_of(home), [("grpc.default_authority", "localhost")]) as channel:
        reply = ModelServiceStub(channel).UploadModel.future(halves(onnx, begun, go_on), timeout=100)
        assert begun.wait(60)
        for _ in range(600):
            if any(path.name.startswith(".partial-") for path in (home / "models").glob(".*")):
                break
            time.sleep(0.05)
        yield go_on, reply
        go_on.set()


def test_killed_in_the_middle_of_an_upload_the_next_server_has_nothing_of_it_and_takes_it(tmp_path):
    (tmp_path / "socket").mkdir()
    onnx = onnx_models.linear(6)
    for _ in range(2):
        process = start(tmp_path)
        answering(tmp_path)
        with half_uploaded(tmp_path, onnx) as (_, reply):
            process.kill()
            assert reply.exception(30) is not None
        process.wait()
    process = start(tmp_path)
    try:
        answering(tmp_path)
        assert not [path for path in (tmp_path / "models").iterdir() if path.name != ".lock"]
        with querist.connect(address_of(tmp_path)) as client:
            assert client.list_models() == []
            digest = client.upload_model(onnx).digest
        # a stop in the middle of an upload lets it finish, and a socket whose directory has gone keeps nobody from stopping
        with half_uploaded(tmp_path, onnx_models.linear(5)) as (go_on, reply):
            (tmp_path / "socket").rename(tmp_path / "elsewhere")
            process.terminate()
            time.sleep(0.3)
            go_on.set()
            assert reply.result(60).created
        assert process.wait(60) == 0
        assert digest in {path.stem for path in (tmp_path / "models").glob("*.onnx")}
        assert len(list((tmp_path / "models").glob("*.onnx"))) == 2
    finally:
        process.kill()
        process.wait()


def test_selections_whose_model_process_is_killed_are_right_or_typed_and_mostly_right(tmp_path):
    heard = []
    with (
        serving(tmp_path) as server,
        querist.connect(server.address, on_retry=lambda number, error, delay: heard.append(error.reason)) as client,
    ):
        digest = client.upload_model(onnx_models.linear()).digest

        def ask():
            return client.select(models=[digest], model_inputs=INPUTS, strategy="margin", count=5, seed=1).indices.tolist()

        right, over, draws = ask(), threading.Event(), random.Random(0)

        def kill():
            while not over.is_set():
                for pid in server.server.model_processes.pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(draws.uniform(0.3, 1.5))

        killer = threading.Thread(target=kill)
        killer.start()
        answers = []
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and not ("MODEL_WORKER_DIED" in heard and "right" in answers and len(answers) >= 10):
                try:
                    assert ask() == right
                    answers.append("right")
                except ModelWorkerDiedError:
                    answers.append("died twice")
        finally:
            over.set()
            killer.join()
        assert "right" in answers
        assert "MODEL_WORKER_DIED" in heard
        assert ask() == right


def test_only_times_that_are_told_and_ages_of_files_ask_the_wall_clock():
    asking = [
        (path.relative_to(ROOT).as_posix(), line.strip())
        for package in ("client/querist", "server/querist_server")
        for path in (ROOT / package).rglob("*.py")
        if "/v1/" not in path.as_posix() and "/demo/" not in path.as_posix()
        for line in path.read_text().splitlines()
        if any(name in line for name in ("time.time()", "time.time_ns()", "datetime.now(", "datetime.utcnow("))
    ]
    told = {
        "client/querist/_examination.py",  # how far the clocks of client and server are apart
        "server/querist_server/service/models.py",  # the time of an upload
        "server/querist_server/service/selection_log.py",  # the time of a line
        "server/querist_server/tracing.py",  # the times of a span
    }
    assert {name for name, _ in asking} == told | {"client/querist/_claimed_files.py", "client/querist/_watched.py"}
    assert len(asking) == 6
