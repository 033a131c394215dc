"""The directory that a server shares: how callers find out that they see it, what is removed there, and when a file may be written anew."""

import os
import subprocess
import sys
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
from querist import _claimed_files, codec
from querist._claimed_files import ClaimedFile, remove_leftovers
from querist.v1 import pool_pb2, system_service_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub
from querist_server.service import shared_directory
from querist_server.service.local_files import LocalFiles
from server_process import ServerProcess
from serving import serving

OLD = (1, 1)
"""Times of a file that was made long ago."""


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


@pytest.fixture
def handle(directory):
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    yield opened
    os.close(opened)


def info_of(address: str) -> system_service_pb2.GetServerInfoResponse:
    with grpc.insecure_channel(address) as channel:
        return SystemServiceStub(channel).GetServerInfo(system_service_pb2.GetServerInfoRequest(), timeout=20)


def test_the_marker_is_what_the_server_says_and_nobody_else_may_read_it(directory, tmp_path):
    with serving(tmp_path, local_tensor_directory=directory) as server:
        offered = info_of(server.address).local_directory
        assert Path(offered.path) == directory
        marker = directory / offered.marker
        assert marker.read_text() == offered.marker_content
        assert marker.stat().st_mode & 0o777 == 0o640
        assert len(offered.marker_content) == 64
        with serving(tmp_path, local_tensor_directory=directory) as second:
            other = info_of(second.address).local_directory
            assert (other.marker, other.marker_content) != (offered.marker, offered.marker_content)
        assert marker.exists()


def test_a_server_takes_its_marker_away_and_that_of_a_dead_one(directory, tmp_path):
    def markers() -> set[str]:
        return {path.name for path in directory.glob("*.marker")}

    first = ServerProcess(tmp_path, local_tensor_directory=str(directory))
    (left,) = markers()
    first.process.kill()
    first.process.wait(20)
    first.stop()
    assert markers() == {left}
    os.utime(directory / left, OLD)
    second = ServerProcess(tmp_path, local_tensor_directory=str(directory))
    end = time.monotonic() + 20
    while left in markers():
        assert time.monotonic() < end, "the marker of a dead server is still there"
        time.sleep(0.05)
    assert len(markers()) == 1
    assert second.stop() == 0
    assert markers() == set()


def test_without_a_directory_nothing_is_offered(tmp_path):
    with serving(tmp_path) as server:
        assert not info_of(server.address).HasField("local_directory")


def test_a_directory_that_cannot_be_written_is_not_offered_but_read(directory, tmp_path, monkeypatch):
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(shared_directory, "ClaimedFile", read_only)
    (directory / "rows").write_bytes(np.array([[0.5, 0.5]]).tobytes())
    with serving(tmp_path, local_tensor_directory=directory) as server:
        info = info_of(server.address)
        assert not info.HasField("local_directory")
        assert "local_files" in info.features
        tensor = tensor_pb2.Tensor(dtype=2, shape=[1, 2], file=tensor_pb2.LocalFile(name="rows"))
        request = pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=1), pool=pool_pb2.Pool(probabilities=tensor))
        with grpc.insecure_channel(server.address) as channel:
            assert list(SelectionServiceStub(channel).Select(request, timeout=20).selected.indices) == [0]


def test_the_server_says_what_time_it_is(tmp_path):
    with serving(tmp_path) as server:
        before = time.time()
        told = info_of(server.address).time
        assert before - 0.001 <= told.seconds + told.nanos / 1e9 <= time.time() + 0.001


def aged(directory: Path, file: ClaimedFile) -> Path:
    os.utime(directory / file.name, OLD)
    return directory / file.name


def abandoned(directory: Path, handle: int, kind: str = "tensor") -> Path:
    """Make a file as a process leaves it that is killed."""
    file = ClaimedFile(handle, kind)
    os.close(file._handle)
    return aged(directory, file)


def test_only_what_nobody_holds_is_removed(directory, handle):
    held, left, young = ClaimedFile(handle, "tensor"), abandoned(directory, handle), ClaimedFile(handle, "tensor")
    marker = abandoned(directory, handle, "marker")
    os.close(young._handle)
    aged(directory, held)
    assert remove_leftovers(handle) == 2
    assert (directory / held.name).exists()
    assert (directory / young.name).exists()
    assert not left.exists()
    assert not marker.exists()
    held.remove()
    assert remove_leftovers(handle) == 0


def test_other_files_are_never_removed(directory, handle, tmp_path):
    name = f"querist-{'0' * 32}.tensor"
    others = [directory / other for other in ("rows.npy", f"{name}.bak", f"x{name}", "querist-00.tensor", f"querist-{'G' * 32}.tensor")]
    for path in others:
        path.write_bytes(b"mine")
        os.utime(path, OLD)
    (tmp_path / "secret").write_bytes(b"secret")
    os.utime(tmp_path / "secret", OLD)
    (directory / name).symlink_to("../secret")
    os.mkfifo(directory / f"querist-{'1' * 32}.tensor")
    (directory / f"querist-{'2' * 32}.tensor").mkdir()
    before = sorted(directory.iterdir())
    assert remove_leftovers(handle) == 0
    assert sorted(directory.iterdir()) == before
    assert (tmp_path / "secret").exists()


HOLDING = """
import os, sys, time
from querist._claimed_files import ClaimedFile
directory = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
file = ClaimedFile(directory, "tensor")
os.utime(file.name, (1, 1), dir_fd=directory)
print(flush=True)
time.sleep(60)
"""


def test_the_lock_goes_with_the_process(directory, handle):
    """Another process takes a file, is killed, and then the file is left behind; not a moment before."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(directory)], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert remove_leftovers(handle) == 0
        holder.kill()
        holder.wait(20)
        assert remove_leftovers(handle) == 1
    assert list(directory.iterdir()) == []


def test_a_file_system_without_locks_keeps_no_file(directory, handle, monkeypatch):
    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(_claimed_files.fcntl, "flock", no_locks)
    with pytest.raises(OSError, match="not supported"):
        ClaimedFile(handle, "tensor")
    assert list(directory.iterdir()) == []


def test_tidying_says_what_it_did_and_survives_a_lost_directory(directory, handle, caplog):
    caplog.set_level("INFO")
    shared = LocalFiles(directory).shared()
    abandoned(directory, handle)
    shared.tidy()
    assert caplog.records[-1].fields == {"files": 1}
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    shared.tidy()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("by_file", [True, False])
def test_the_stream_says_up_to_which_row_files_have_been_read(directory, tmp_path, by_file):
    """Each block's file is written anew only when the server says so; the answer must be that of the rows, not of what was written last."""
    rows = np.random.default_rng(5).dirichlet(np.ones(3), 400)
    blocks = np.split(rows, 8)

    def messages():
        yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=400))
        for number, block in enumerate(blocks):
            tensor = codec.encode(block)
            if by_file:
                while told[-1] < 50 * number:
                    time.sleep(0.001)
                (directory / "slot").write_bytes(tensor.data)
                tensor.file.name = "slot"
            yield pb.SelectStreamRequest(block=pb.RowBlock(first_row=50 * number, rows=pool_pb2.Pool(probabilities=tensor)))

    told = [0]
    with serving(tmp_path, local_tensor_directory=directory) as server, grpc.insecure_channel(server.address) as channel:
        for event in SelectionServiceStub(channel).SelectStream(messages(), timeout=30):
            if event.HasField("files_read"):
                told.append(event.files_read.rows)
    top_two = np.sort(rows, axis=1)[:, -2:]
    expected = 1 - (top_two[:, 1] - top_two[:, 0])
    np.testing.assert_allclose(event.result.selected.scores, np.sort(expected)[::-1], rtol=1e-12)
    assert told == ([0, *range(50, 401, 50)] if by_file else [0])
