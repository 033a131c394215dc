"""Tensors that are files: what is read, what is refused, and files that change under the reader's hands."""

import os
import socket
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
from engine import columns_for
from messages import request_of
from querist import codec
from querist.v1 import advice_pb2, annotation_service_pb2, pool_pb2, system_service_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.annotation_service_pb2_grpc import AnnotationServiceStub
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.presets import PRESETS
from querist_server.service import local_files
from querist_server.service.decode import decode_pool
from querist_server.service.errors import RetryLater
from querist_server.service.local_files import LocalFiles, _tensors
from querist_server.settings import Settings, SettingsError, load
from serving import serving

BYTES = bytes(range(100))
LIMIT = 2**20


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "sound").write_bytes(BYTES)
    (tmp_path / "secret").write_bytes(b"s" * 100)
    return tmp_path / "shared"


def read(directory: Path, name: str, size: int = 10, offset: int = 0) -> bytes:
    file = tensor_pb2.LocalFile(name=name, offset=offset)
    return LocalFiles(directory, LIMIT).read(file, size, "pool.probabilities.file").tobytes()


def refused(directory: Path, name: str, size: int = 10, offset: int = 0) -> str:
    files, file = LocalFiles(directory, LIMIT), tensor_pb2.LocalFile(name=name, offset=offset)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(EngineError) as caught:
        files.read(file, size, "pool.probabilities.file")
    assert len(list(Path("/proc/self/fd").iterdir())) <= before, "a handle is left open"
    assert caught.value.reason == "LOCAL_FILE_INVALID"
    assert str(directory.parent) not in str(caught.value), "an error must not tell where the directory is"
    assert caught.value.field.startswith("pool.probabilities.file")
    return str(caught.value)


@pytest.mark.parametrize(("size", "offset"), [(100, 0), (10, 0), (1, 99), (0, 100), (0, 0)])
def test_what_is_within_a_file_is_read(directory, size, offset):
    assert read(directory, "sound", size, offset) == BYTES[offset : offset + size]


def test_large_files_are_read_in_pieces(directory, monkeypatch):
    monkeypatch.setattr(local_files, "_MOST_AT_ONCE", 7)
    assert read(directory, "sound", 95, 3) == BYTES[3:98]


@pytest.mark.parametrize(
    ("size", "offset"), [(101, 0), (1, 100), (0, 101), (10, 91), (10, 2**63 - 1), (10, 2**63 - 10), (1, -1), (100, -(2**63))]
)
def test_what_is_not_within_a_file_is_refused(directory, size, offset):
    refused(directory, "sound", size, offset)


NAMES = (
    "", ".", "..", "../secret", "/etc/passwd", "sub/sound", "./sound", "sound/", "sound/..", "-sound", ".sound", "_sound", "so\0und",
    "sound\0", "sound\n", "so und", "söund", "sound\u202e", "s" * 129, "sound\\", "~", "%2e%2e%2fsecret", "\U0001f600",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_no_plain_names_never_reach_the_system(directory, name, monkeypatch):
    files = LocalFiles(directory, LIMIT)
    monkeypatch.setattr(local_files.os, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(EngineError, match="allowed are 1 to 128"):
        files.read(tensor_pb2.LocalFile(name=name), 1, "file")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's path must be short
        try:
            bound.bind(path.name)
        finally:
            os.chdir(before)


KINDS = {
    "link to a file outside": lambda path: path.symlink_to("../secret"),
    "link to a file inside": lambda path: path.symlink_to("sound"),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "hard link": lambda path: os.link(path.parent.parent / "secret", path),
    "directory": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "socket": _socket,
    "nothing": lambda path: None,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_plain_file_is_refused_at_once(directory, kind):
    KINDS[kind](directory / "x")
    refused(directory, "x", size=0)
    refused(directory, "x")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices, and root reads everything")
def test_devices_are_refused(directory):
    try:
        os.mknod(directory / "x", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container may not make devices")
    refused(directory, "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read_are_refused(directory):
    (directory / "sound").chmod(0)
    refused(directory, "sound")


def test_a_file_of_two_names_is_refused_by_both(directory):
    os.link(directory / "sound", directory / "again")
    assert "2 names" in refused(directory, "sound")
    assert "2 names" in refused(directory, "again")


def test_a_sparse_file_of_a_terabyte_asks_for_no_memory(directory, monkeypatch):
    with (directory / "huge").open("wb") as file:
        file.truncate(2**40)
    monkeypatch.setattr(local_files.np, "empty", lambda *_: pytest.fail("memory was asked for"))
    with pytest.raises(LimitError) as caught:
        read(directory, "huge", 2**40)
    assert (caught.value.limit, caught.value.allowed) == ("max_kept_bytes", LIMIT)
    with pytest.raises(LimitError):
        read(directory, "sound", LIMIT + 1)


def test_the_directory_is_opened_once_and_is_no_link(directory, tmp_path):
    files = LocalFiles(directory, LIMIT)
    directory.rename(tmp_path / "elsewhere")
    assert files.read(tensor_pb2.LocalFile(name="sound"), 3, "file").tobytes() == BYTES[:3]
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "link", tmp_path / "nothing", tmp_path / "secret"):
        with pytest.raises(OSError, match=path.name):
            LocalFiles(path, LIMIT)


def test_what_was_read_is_a_copy_that_nobody_changes(directory):
    content = LocalFiles(directory, LIMIT).read(tensor_pb2.LocalFile(name="sound"), 100, "file")
    (directory / "sound").write_bytes(b"x" * 100)
    assert content.tobytes() == BYTES
    with pytest.raises(ValueError, match="read-only"):
        content[0] = 1


CHANGES = {
    "shortened": lambda path: os.truncate(path, 50),
    "shortened and grown again": lambda path: (os.truncate(path, 50), os.truncate(path, 100)),
    "grown": lambda path: os.truncate(path, 200),
    "written": lambda path: path.write_bytes(BYTES),
    "removed": lambda path: path.unlink(),
    "replaced": lambda path: ((path.parent / "new").write_bytes(b"n" * 100), (path.parent / "new").replace(path)),
    "linked": lambda path: os.link(path, path.parent / "second"),
    "written, and its time set back": lambda path: (path.write_bytes(b"w" * 100), os.utime(path, (1, 1))),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("when", ["before the first byte", "after the last byte"])
def test_a_file_that_changes_while_it_is_read_is_refused(directory, change, when, monkeypatch):
    path = directory / "sound"
    os.utime(path, (1, 1))
    time.sleep(0.02)  # longer than the tick of the clock by which files are stamped
    preadv = os.preadv

    def changed(*arguments: object) -> int:
        if when == "before the first byte":
            CHANGES[change](path)
            return preadv(*arguments)
        read = preadv(*arguments)
        CHANGES[change](path)
        return read

    monkeypatch.setattr(local_files.os, "preadv", changed)
    assert "changed while it was read" in refused(directory, "sound", 100)


def outcome_of(directory: Path, size: int, versions: list[bytes]) -> str:
    try:
        content = read(directory, "racing", size)
    except EngineError as error:
        return error.reason
    assert content in versions
    return "read"


def test_a_file_that_another_thread_keeps_changing(directory):
    """Either all of one version comes back or the file is refused, and the process lives: a map would have killed it."""
    path, size = directory / "racing", 2**18
    versions = [bytes([value]) * size for value in (1, 2)]
    path.write_bytes(versions[0])
    stop = threading.Event()

    def change() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            match turn % 4:
                case 0:
                    os.truncate(path, size // 3)
                case 1:
                    (directory / "new").write_bytes(versions[0])
                    (directory / "new").replace(path)
                case 2:
                    with path.open("ab") as file:
                        file.write(b"more")
                case _:
                    (directory / "new").write_bytes(versions[1])
                    (directory / "new").replace(path)

    changer = threading.Thread(target=change)
    changer.start()
    outcomes = dict.fromkeys(("read", "LOCAL_FILE_INVALID"), 0)
    try:
        for _ in range(2000):
            outcomes[outcome_of(directory, size, versions)] += 1
    finally:
        stop.set()
        changer.join()
    assert outcomes["LOCAL_FILE_INVALID"]


def test_no_handles_left_is_no_fault_of_the_caller(directory, monkeypatch):
    files = LocalFiles(directory, LIMIT)

    def full(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(local_files.os, "open", full)
    with pytest.raises(RetryLater):
        files.read(tensor_pb2.LocalFile(name="sound"), 1, "file")


def test_without_a_directory_files_are_refused_and_say_so():
    pool = pool_pb2.Pool(probabilities=tensor_pb2.Tensor(dtype=1, shape=[1, 2], file=tensor_pb2.LocalFile(name="sound")))
    with pytest.raises(EngineError) as caught:
        decode_pool(pool)
    assert (caught.value.reason, caught.value.field) == ("LOCAL_FILES_DISABLED", "probabilities.file")
    assert LocalFiles(None).held_by(pool) == pool.ByteSize()


def test_what_a_message_will_hold_is_known_before_it_is_read(directory):
    files = LocalFiles(directory, LIMIT)
    of_file = tensor_pb2.Tensor(dtype=2, shape=[30, 40], file=tensor_pb2.LocalFile(name="sound"))
    request = pb.SelectRequest()
    request.header.cost_matrix.CopyFrom(of_file)
    request.pool.committee.probabilities.CopyFrom(of_file)
    request.pool.parts.committee.votes.CopyFrom(of_file)
    request.pool.model_inputs.add(name="x", tensor=of_file)
    request.side.labelled.embeddings.CopyFrom(of_file)
    request.pool.keys.CopyFrom(codec.encode(np.arange(1000)))
    assert files.held_by(request) == request.ByteSize() + 5 * 30 * 40 * 8
    request.pool.costs.CopyFrom(tensor_pb2.Tensor(dtype=2, shape=[2**62, 2**62, 2**62], file=tensor_pb2.LocalFile(name="sound")))
    with pytest.raises(LimitError):
        files.held_by(request)
    for shape, dtype in (([-1, 3], 2), ([1] * 9, 2), ([3], 0), ([3], 99), ([2**62, 0], 2)):
        request.pool.costs.CopyFrom(tensor_pb2.Tensor(dtype=dtype, shape=shape, file=tensor_pb2.LocalFile(name="sound")))
        assert files.held_by(request) == request.ByteSize() + 5 * 30 * 40 * 8


def test_files_are_for_neighbours(directory):
    for address in ("127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/x"):
        Settings(addresses=(address,), local_tensor_directory=directory)
    for address in ("0.0.0.0:1", "[::]:1", "10.0.0.1:1", "querist.example:1"):
        with pytest.raises(SettingsError, match="local_tensor_directory"):
            load({"addresses": ("unix:/x", address), "local_tensor_directory": directory, "insecure": True}, {})


def by_file(message: object, directory: Path) -> None:
    """Move the elements of each tensor of a message to a file."""
    for index, tensor in enumerate(_tensors(message)):
        name = f"tensor-{index}"
        (directory / name).write_bytes(b"x" * index + tensor.data + b"y")
        tensor.file.CopyFrom(tensor_pb2.LocalFile(name=name, offset=index))


@pytest.fixture
def channel(directory, tmp_path):
    with (
        serving(tmp_path, local_tensor_directory=directory, max_kept_bytes=2**24) as server,
        grpc.insecure_channel(server.address) as opened,
    ):
        yield opened


@pytest.mark.parametrize("preset", ["badge", "bald", "k_center", "expected_cost", "flqmi", "parts_margin"])
def test_a_request_by_file_has_the_same_answer_to_the_bit(directory, channel, rng, preset):
    columns, task = columns_for(PRESETS[preset].plan.needs, rng, 50)
    plain = request_of({**columns, "keys": np.arange(50)}, task, strategy=preset, count=7, seed=1)
    filed = pb.SelectRequest.FromString(plain.SerializeToString())
    by_file(filed, directory)
    assert filed.ByteSize() < plain.ByteSize()
    stub = SelectionServiceStub(channel)
    expected = stub.Select(plain, timeout=20)
    messages = [
        pb.SelectStreamRequest(header=filed.header),
        pb.SelectStreamRequest(side=filed.side),
        pb.SelectStreamRequest(block=pb.RowBlock(rows=filed.pool)),
    ]
    for found in (stub.Select(filed, timeout=20), list(stub.SelectStream(iter(messages), timeout=20))[-1].result):
        assert found.selected == expected.selected
        assert found.statistics == expected.statistics


def test_advice_and_assessments_by_file(directory, channel):
    request = pb.AdviseStopRequest(campaign=advice_pb2.CampaignRound(labelled=9, campaign="c"))
    request.side.stop_set.classes.CopyFrom(codec.encode(np.arange(40) % 3))
    expected = SelectionServiceStub(channel).AdviseStop(request, timeout=20)
    by_file(request, directory)
    assert SelectionServiceStub(channel).AdviseStop(request, timeout=20) == expected

    answers = annotation_service_pb2.AnswerBlock()
    for name, values in (("instances", np.arange(30) // 3), ("annotators", np.arange(30) % 3), ("labels", np.arange(30) // 6 % 2)):
        getattr(answers, name).CopyFrom(codec.encode(values))
    header = annotation_service_pb2.AssessAnnotationsRequest(header=annotation_service_pb2.AssessHeader(class_count=2, seed=1))
    stub = AnnotationServiceStub(channel)
    expected = list(stub.AssessAnnotations(iter([header, annotation_service_pb2.AssessAnnotationsRequest(answers=answers)]), timeout=20))
    by_file(answers, directory)
    found = list(stub.AssessAnnotations(iter([header, annotation_service_pb2.AssessAnnotationsRequest(answers=answers)]), timeout=20))
    assert found == expected


def test_the_server_says_whether_it_reads_files(channel, tmp_path):
    assert "local_files" in SystemServiceStub(channel).GetServerInfo(system_service_pb2.GetServerInfoRequest(), timeout=20).features
    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as plain:
        assert "local_files" not in SystemServiceStub(plain).GetServerInfo(system_service_pb2.GetServerInfoRequest(), timeout=20).features


def test_files_count_where_memory_is_admitted(directory, tmp_path):
    """Few bytes on the wire that stand for many in a file are refused before anything is read."""
    with (directory / "huge").open("wb") as file:
        file.truncate(2**30)
    request = pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=1))
    request.pool.probabilities.CopyFrom(tensor_pb2.Tensor(dtype=2, shape=[2**17, 2], file=tensor_pb2.LocalFile(name="huge")))
    with (
        serving(tmp_path, local_tensor_directory=directory, max_in_flight_bytes=2**20) as server,
        grpc.insecure_channel(server.address) as opened,
        pytest.raises(grpc.RpcError) as caught,
    ):
        SelectionServiceStub(opened).Select(request, timeout=20)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_directory_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="local_tensor_directory"), serving(tmp_path, local_tensor_directory=tmp_path / "nothing"):
        pass
