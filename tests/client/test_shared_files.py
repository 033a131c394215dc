"""Rows that go by files by themselves: when they do, that the answer is the same, and that nothing is left behind, whatever happens."""

import asyncio
import errno
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import querist
from querist import _file_ring, _sharing
from querist._claimed_files import ClaimedFile
from querist._file_ring import RING_BYTES
from querist._options import Options
from querist._shared_directory import NotSharedError, SharedDirectory
from querist._sharing import Sharing
from querist.errors import DeadlineExceededError, InvalidRequestError
from querist.v1 import system_service_pb2
from querist_server.engine.errors import EngineError
from querist_server.service.errors import RetryLater
from querist_server.service.local_files import LocalFiles
from querist_server.service.shared_directory import SharedDirectory as Offered
from results import facts
from server_process import ServerProcess
from serving import serving

ROWS = np.random.default_rng(3).dirichlet(np.ones(10), 300_000).astype(np.float32)
"""12 MB: more than all files of a call hold, so that some are written anew."""
ASKED = {"strategy": "margin", "count": 50, "seed": 1}


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


@pytest.fixture
def address(directory, tmp_path):
    with serving(tmp_path, local_tensor_directory=directory, addresses=(f"unix:{tmp_path}/q.sock",)) as server:
        yield server.address


@pytest.fixture
def reads(monkeypatch):
    """The bytes that the server has read from files, one number for each tensor."""
    found: list[int] = []
    read = LocalFiles.read

    def seen(self, file, size, field):
        content = read(self, file, size, field)
        found.append(size)
        return content

    monkeypatch.setattr(LocalFiles, "read", seen)
    return found


def tensors(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("*.tensor")]


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "querist.client"]


@pytest.fixture(scope="module")
def expected():
    with querist.local() as plain:
        return facts(plain.select(ROWS, **ASKED))


def test_large_arrays_go_by_files_and_small_ones_do_not(address, directory, reads, expected):
    with querist.connect(address) as client:
        client.select(ROWS[:1000], **ASKED)
        assert reads == []
        assert facts(client.select(ROWS, **ASKED)) == expected
        assert sum(reads) == ROWS.nbytes
        assert facts(client.select(ROWS, progress=lambda _: None, **ASKED)) == expected
        assert sum(reads) == 2 * ROWS.nbytes
    assert tensors(directory) == []


def test_the_asynchronous_client_too(address, directory, reads, expected):
    async def both() -> list:
        async with querist.aio.connect(address) as client:
            return await asyncio.gather(client.select(ROWS, **ASKED), client.select(ROWS, **ASKED))

    assert [facts(batch) for batch in asyncio.run(both())] == [expected, expected]
    assert sum(reads) == 2 * ROWS.nbytes
    assert tensors(directory) == []


def test_batches_that_can_be_sent_again_go_by_files_and_others_do_not(address, reads, expected):
    class Loader:
        def __iter__(self):
            return iter(np.split(ROWS, 4))

    with querist.connect(address) as client:
        assert facts(client.select(iter(np.split(ROWS, 4)), **ASKED)) == expected
        assert reads == []
        assert facts(client.select(Loader(), **ASKED)) == expected
        assert sum(reads) == ROWS.nbytes


def test_over_loopback_too_but_not_if_told_not_to(directory, tmp_path, reads, expected):
    with serving(tmp_path, local_tensor_directory=directory) as server:
        with querist.connect(server.address, shared_directory=False) as client:
            assert facts(client.select(ROWS, **ASKED)) == expected
        assert reads == []
        with querist.connect(server.address) as client:
            assert facts(client.select(ROWS, **ASKED)) == expected
        assert sum(reads) == ROWS.nbytes


def test_a_server_that_offers_nothing_gets_bytes(tmp_path, expected, caplog):
    with serving(tmp_path) as server, querist.connect(server.address) as client:
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert warned(caplog) == []


def test_the_directory_may_be_elsewhere_for_the_client(address, directory, tmp_path, reads, expected, caplog):
    """As in containers: the server has its handle, and what it calls the directory is nothing here."""
    directory.rename(tmp_path / "mounted")
    with querist.connect(address) as client:
        assert facts(client.select(ROWS, **ASKED)) == expected
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert reads == []
    (said,) = warned(caplog)
    assert f"{directory} cannot be opened" in said
    assert "shared_directory=" in said
    with querist.connect(address, shared_directory=tmp_path / "mounted") as client:
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert sum(reads) == ROWS.nbytes
    assert tensors(tmp_path / "mounted") == []


def test_a_directory_that_only_looks_the_same_is_not_used(directory, tmp_path):
    with pytest.raises(NotSharedError, match="cannot be opened"):
        SharedDirectory(directory, offer(directory))
    made = Offered(directory, handle := os.open(directory, os.O_RDONLY))
    os.close(handle)
    SharedDirectory(directory, made.offer)
    (tmp_path / "other").mkdir()
    with pytest.raises(NotSharedError, match="marker cannot be opened"):
        SharedDirectory(tmp_path / "other", made.offer)
    for content in ("", made.offer.marker_content[:-1], made.offer.marker_content + "\n", "x" * 64):
        (tmp_path / "other" / made.offer.marker).write_text(content)
        with pytest.raises(NotSharedError, match="is not the server's"):
            SharedDirectory(tmp_path / "other", made.offer)
    (tmp_path / "other" / made.offer.marker).unlink()
    (tmp_path / "other" / made.offer.marker).symlink_to(directory / made.offer.marker)
    with pytest.raises(NotSharedError, match="cannot be opened"):
        SharedDirectory(tmp_path / "other", made.offer)
    (tmp_path / "other" / made.offer.marker).unlink()
    os.mkfifo(tmp_path / "other" / made.offer.marker)
    with pytest.raises(NotSharedError, match="is not the server's"):
        SharedDirectory(tmp_path / "other", made.offer)


def offer(directory: Path, marker: str = f"querist-{'0' * 32}.marker", content: str = "x") -> system_service_pb2.LocalDirectory:
    return system_service_pb2.LocalDirectory(path=str(directory), marker=marker, marker_content=content)


@pytest.mark.parametrize("marker", ["hostname", "../etc/passwd", "", "querist-0.marker", f"querist-{'0' * 32}.tensor"])
def test_no_server_makes_a_client_look_into_other_files(directory, marker):
    (directory / "hostname").write_text("x")
    with pytest.raises(NotSharedError, match="no name of a marker"):
        SharedDirectory(directory, offer(directory, marker))


@pytest.mark.parametrize("address", ["querist.example.org:443", "10.0.0.1:50051", "dns:///querist:1"])
def test_what_a_far_server_offers_is_not_looked_at(directory, address, monkeypatch):
    monkeypatch.setattr(_sharing.Sharing, "_look", lambda *_: pytest.fail("it was looked at"))
    Sharing(Options(address, None, 0, None)).settle(system_service_pb2.GetServerInfoResponse(local_directory=offer(directory)))


def test_shared_directory_is_a_path_or_false():
    with pytest.raises(InvalidRequestError) as caught:
        querist.connect("localhost:1", shared_directory=True)
    assert caught.value.field == "shared_directory"


def test_a_full_directory_costs_speed_and_no_call(address, directory, reads, expected, monkeypatch, caplog):
    """The third write finds no room: what is written goes by files, the rest as bytes, in the same call."""
    pwrite, written = os.pwrite, []

    def nearly_full(*arguments):
        if len(written) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(pwrite(*arguments))
        return written[-1]

    with querist.connect(address) as client:
        client.select(ROWS[:1000], **ASKED)
        monkeypatch.setattr(os, "pwrite", nearly_full)
        for _ in range(3):
            assert facts(client.select(ROWS, **ASKED)) == expected
    assert sum(reads) == sum(written) < ROWS.nbytes
    assert warned(caplog) == [f"tensors are sent as bytes, not as files: {directory} cannot be written: No space left on device"]
    assert tensors(directory) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system that is full soon")
def test_a_file_system_that_is_really_full(tmp_path, directory, reads, expected, caplog):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", directory], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        with serving(tmp_path, local_tensor_directory=directory) as server, querist.connect(server.address) as client:
            for _ in range(2):
                assert facts(client.select(ROWS, **ASKED)) == expected
            assert 0 < sum(reads) < 2 * ROWS.nbytes
            assert len(warned(caplog)) == 1
            assert tensors(directory) == []
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def test_a_directory_that_is_lost_costs_no_call(address, directory, reads, expected, caplog):
    with querist.connect(address) as client:
        client.select(ROWS, **ASKED)
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
        reads.clear()
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert reads == []
    assert "cannot be written: No such file or directory" in warned(caplog)[0]


def test_files_that_the_server_may_not_read_cost_no_call(address, directory, expected, monkeypatch, caplog):
    """For instance if it runs as another user. It is told once, and no file is tried again."""
    tried = []

    def forbidden(self, file, size, field):
        tried.append(file.name)
        raise EngineError("LOCAL_FILE_INVALID", f"the file {file.name} cannot be opened: Permission denied", field=field)

    monkeypatch.setattr(LocalFiles, "read", forbidden)
    with querist.connect(address) as client:
        for _ in range(2):
            assert facts(client.select(ROWS, **ASKED)) == expected
    assert len(tried) == 1
    assert len(warned(caplog)) == 1
    assert "Permission denied" in warned(caplog)[0]
    assert tensors(directory) == []


def test_a_retry_begins_with_files_of_its_own(address, directory, reads, expected, monkeypatch):
    read, names = LocalFiles.read, []

    def interrupted(self, file, size, field):
        names.append(file.name)
        if len(names) == 2:
            raise RetryLater("SERVER_OVERLOADED", "not now", 0.01, "workers")
        return read(self, file, size, field)

    monkeypatch.setattr(LocalFiles, "read", interrupted)
    retried = []
    with querist.connect(address, on_retry=lambda *arguments: retried.append(arguments)) as client:
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert len(retried) == 1
    assert set(names[:2]).isdisjoint(names[2:])
    assert tensors(directory) == []


def wrong(rows: np.ndarray) -> np.ndarray:
    spoilt = rows.copy()
    spoilt[150_000, 0] = np.nan
    return spoilt


def test_an_error_names_its_row_and_leaves_nothing(address, directory, reads):
    with querist.connect(address) as client, pytest.raises(InvalidRequestError) as caught:
        client.select(wrong(ROWS), ids=[f"row {number}" for number in range(len(ROWS))], **ASKED)
    assert (caught.value.reason, caught.value.row, caught.value.id) == ("VALUE_NOT_FINITE", 150_000, "row 150000")
    assert reads
    assert tensors(directory) == []


def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the server stop at its second file, until the event is set."""
    read, go, seen = LocalFiles.read, threading.Event(), []

    def waiting(self, file, size, field):
        seen.append(file)
        if len(seen) > 1:
            go.wait(30)
        return read(self, file, size, field)

    monkeypatch.setattr(LocalFiles, "read", waiting)
    return go


def test_a_deadline_leaves_nothing(address, directory, monkeypatch):
    with querist.connect(address) as client:
        client.select(ROWS, **ASKED)
        go = slow(monkeypatch)
        with pytest.raises(DeadlineExceededError):
            client.select(ROWS, timeout=0.5, **ASKED)
        assert tensors(directory) == []
        go.set()


def test_an_interrupt_leaves_nothing(address, directory, monkeypatch):
    """What the keyboard raises comes where the client waits for the server."""
    ring_read = _file_ring.Ring.read

    def interrupted(self, rows):
        ring_read(self, rows)
        assert tensors(directory)
        raise KeyboardInterrupt

    monkeypatch.setattr(_file_ring.Ring, "read", interrupted)
    with querist.connect(address) as client, pytest.raises(KeyboardInterrupt):
        client.select(ROWS, **ASKED)
    assert tensors(directory) == []


async def test_a_cancelled_call_leaves_nothing(address, directory, monkeypatch):
    go = slow(monkeypatch)
    async with querist.aio.connect(address) as client:
        call = asyncio.ensure_future(client.select(ROWS, **ASKED))
        while not tensors(directory):
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert tensors(directory) == []
        go.set()


def test_what_goes_wrong_in_a_batch_is_raised_and_leaves_nothing(address, directory):
    class Broken:
        def __iter__(self):
            yield ROWS
            raise KeyError("mine")

    with querist.connect(address) as client, pytest.raises(KeyError, match="mine"):
        client.select(Broken(), **ASKED)
    assert tensors(directory) == []


STUCK = """
import sys, time
import numpy as np, querist
from querist import _file_ring
_file_ring.Ring.read = lambda *_: print(flush=True)  # the server's word is not heard: no file is ever free again
rows = np.full((2_000_000, 10), 0.1, np.float32)
querist.connect(sys.argv[1], timeout=None).select(rows, strategy="margin", count=5)
"""


def test_what_a_killed_client_left_is_removed_by_the_next_one(address, directory, reads, expected):
    with subprocess.Popen([sys.executable, "-c", STUCK, address], stdout=subprocess.PIPE) as stuck:
        stuck.stdout.readline()
        while len(reads) < _file_ring.SLOTS:  # nothing is read any more once all files have been
            time.sleep(0.01)
        held = tensors(directory)
        assert len(held) == _file_ring.SLOTS
        for name in held:
            os.utime(directory / name, (1, 1))
        with querist.connect(address) as client:
            assert facts(client.select(ROWS, **ASKED)) == expected
        assert set(held) <= set(tensors(directory)), "files of a living client were removed"
        stuck.kill()
        stuck.wait(20)
    left = tensors(directory)
    assert left
    for name in left:
        os.utime(directory / name, (1, 1))
    with querist.connect(address) as client:
        assert facts(client.select(ROWS, **ASKED)) == expected
    assert tensors(directory) == []


def test_a_mapped_array_is_never_loaded_whole_and_little_lies_in_the_directory(address, directory, tmp_path, reads, monkeypatch):
    rows = np.tile(ROWS, (8, 1))
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    lying = []
    ring_read = _file_ring.Ring.read

    def looked(self, done):
        lying.append(sum(path.stat().st_size for path in directory.glob("*.tensor")))
        ring_read(self, done)

    monkeypatch.setattr(_file_ring.Ring, "read", looked)
    with querist.connect(address) as client:
        whole = facts(client.select(rows, **ASKED))
        tracemalloc.start()
        try:
            assert facts(client.select(mapped, **ASKED)) == whole
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sum(reads) == 2 * rows.nbytes
    assert most < rows.nbytes / 2, "client and server together held half of the pool"
    assert 0 < max(lying) <= RING_BYTES * 1.01


def test_other_forms_of_memory_go_by_files_as_they_are(address, reads):
    """Members first, parts, another byte order, columns that are no neighbours: the same bits as bytes."""
    rng = np.random.default_rng(9)
    committee = np.moveaxis(rng.dirichlet(np.ones(4), (60_000, 3)).astype(np.float32), 1, 0)
    counts = rng.integers(0, 5, 60_000)
    cases = (
        {"committee": committee, "strategy": "bald"},
        {"parts": {"counts": counts, "probabilities": rng.dirichlet(np.ones(3), counts.sum())}, "strategy": "parts_margin"},
        {"probabilities": ROWS.astype(">f4"), "keys": rng.permutation(len(ROWS)), "strategy": "margin"},
        {"probabilities": np.asfortranarray(ROWS), "strategy": "entropy", "return_scores": True},
        {"embeddings": rng.normal(size=(40_000, 64))[:, ::2].astype(np.float32), "strategy": "k_center"},
    )
    with querist.connect(address) as client, querist.connect(address, shared_directory=False) as plain:
        for case in cases:
            reads.clear()
            by_files = client.select(count=20, seed=1, **case)
            assert sum(reads) > 10**6, case["strategy"]
            sent = plain.select(count=20, seed=1, **case)
            assert facts(by_files) == facts(sent)
            if sent.all_scores is not None:
                assert by_files.all_scores.tobytes() == sent.all_scores.tobytes()


def test_a_campaign_goes_on_by_files(address, tmp_path, reads):
    ids = np.arange(len(ROWS)) * 3
    with querist.connect(address) as client:
        campaign = querist.Campaign(tmp_path / "c.campaign", labelled=10)
        for _ in range(2):
            batch = campaign.select(client, ROWS, ids=ids, strategy="margin", count=5)
            campaign.record(dict.fromkeys(batch.ids, 0))
    assert sum(reads) > ROWS.nbytes
    assert len(campaign.labels) == 10
    assert all(label % 3 == 0 for label in campaign.labels)


def test_many_threads_share_a_client(address, directory, reads, expected):
    found = []
    with querist.connect(address) as client:
        threads = [threading.Thread(target=lambda: found.append(facts(client.select(ROWS, **ASKED)))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert found == [expected] * 4
    assert tensors(directory) == []


def test_a_pickled_client_looks_for_itself(address, reads, expected):
    with querist.connect(address) as client:
        client.select(ROWS, **ASKED)
        with pickle.loads(pickle.dumps(client)) as copy:
            reads.clear()
            assert facts(copy.select(ROWS, **ASKED)) == expected
            assert sum(reads) == ROWS.nbytes


def test_nothing_is_left_open(address, expected):
    def handles() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with querist.connect(address) as client:
        client.select(ROWS, **ASKED)
        before = handles()
        for _ in range(3):
            client.select(ROWS, **ASKED)
        end = time.monotonic() + 10
        while handles() > before and time.monotonic() < end:
            time.sleep(0.05)
        assert handles() <= before


@pytest.mark.parametrize(("same_user", "same_group", "mode"), [(True, True, 0o600), (False, True, 0o640), (False, False, 0o600)])
def test_who_may_read_a_file(directory, monkeypatch, same_user, same_group, mode):
    """The server's user by itself; else its group, if the file is the group's, as in volumes with an fsGroup."""
    made = Offered(directory, handle := os.open(directory, os.O_RDONLY))
    os.close(handle)
    shared = SharedDirectory(directory, made.offer)
    if not same_user:
        monkeypatch.setattr(os, "geteuid", lambda: 4_242)
    if not same_group:
        monkeypatch.setattr(ClaimedFile, "group", property(lambda _: 4_242))
    before = os.umask(0o077)
    try:
        file = shared.new_file()
    finally:
        os.umask(before)
    assert (directory / file.name).stat().st_mode & 0o777 == mode
    file.remove()


AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
import numpy as np
from querist import _shared_directory
from querist.v1 import system_service_pb2, tensor_pb2
from querist_server.service.local_files import LocalFiles

def become(user):
    os.setgroups([4_300])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)

directory, (told, tell), (heard, hear) = Path(sys.argv[1]), os.pipe(), os.pipe()
if os.fork() == 0:
    become(4_201)
    os.umask(0o077)
    offered = system_service_pb2.LocalDirectory.FromString(os.read(told, 4096))
    seen = _shared_directory.SharedDirectory(directory, offered)
    file = seen.new_file()
    file.write(np.arange(100, dtype=np.uint8), 0)
    os.write(hear, file.name.encode())
    os.read(told, 1)
    file.remove()
    os._exit(0)
os.close(told)
os.close(hear)
become(4_202)
files = LocalFiles(directory, 1000)
shared = files.shared()
os.write(tell, shared.offer.SerializeToString())
name = os.read(heard, 4096).decode()
assert files.read(tensor_pb2.LocalFile(name=name), 100, "").tolist() == list(range(100))
os.write(tell, b"x")
assert os.waitpid(-1, 0)[1] == 0
print(sorted(path.suffix for path in directory.iterdir()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_two_users_share_a_volume_of_their_common_group():
    """As in a pod whose containers run as different users, with an fsGroup: the volume is the group's, and sets it for new files."""
    with tempfile.TemporaryDirectory(dir="/tmp") as volume:
        os.chown(volume, 0, 4_300)
        Path(volume).chmod(0o2770)
        shared = subprocess.run([sys.executable, "-c", AS_ANOTHER_USER, volume], capture_output=True, text=True, check=False, timeout=60)
        assert (shared.stdout, shared.stderr) == ("['.marker']\n", "")
        assert shared.returncode == 0


def test_a_server_that_is_killed_and_started_again_costs_no_call(directory, tmp_path, expected, monkeypatch):
    settings = {"addresses": [f"unix:{tmp_path}/q.sock"], "local_tensor_directory": str(directory)}
    servers = [ServerProcess(tmp_path, **settings)]
    ring_read = _file_ring.Ring.read

    def killing(self, rows):
        ring_read(self, rows)
        if len(servers) == 1:
            servers[0].process.kill()
            servers[0].stop()
            servers.append(ServerProcess(tmp_path, **settings))

    monkeypatch.setattr(_file_ring.Ring, "read", killing)
    try:
        with querist.connect(servers[0].address, retries=10) as client:
            assert facts(client.select(ROWS, **ASKED)) == expected
            assert client._sharing.directory is not None
        assert len(servers) == 2
        assert tensors(directory) == []
    finally:
        servers[-1].stop()
