"""The model store on disks that fill up, fail, vanish and come back, beside other servers, and killed at any moment."""

import contextlib
import errno
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from querist_server.engine.errors import Cancelled, EngineError
from querist_server.runners import disk, upload
from querist_server.runners.store import ModelInfo, ModelStore

ROOM = 10**8
UPLOADER = Path(__file__).with_name("uploader.py")


def put(store: ModelStore, content: bytes, chunk: int = 2**16) -> tuple[ModelInfo, bool]:
    with store.upload(hashlib.sha256(content).hexdigest()) as arriving:
        for start in range(0, len(content), chunk):
            arriving.write(content[start : start + chunk])
        return store.keep(arriving, ModelInfo(arriving.digest, arriving.size, 1.5, (), ()))


def reason(*arguments) -> str:
    with pytest.raises(EngineError) as caught:
        arguments[0](*arguments[1:])
    return caught.value.reason


def leftovers(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.suffix not in (".onnx", ".json") and path.name != disk.LOCK}


def check_intact(directory: Path) -> set[str]:
    """Return what is stored, all of it whole."""
    store = ModelStore(directory, ROOM, ROOM)
    stored = {info.digest for info in store.page("", 10**6)}
    for digest in stored:
        assert hashlib.sha256(store.content(digest)).hexdigest() == digest
    assert leftovers(directory) == set()
    assert {path.stem for path in directory.iterdir() if path.name != disk.LOCK} == stored
    return stored


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_leave_what_was_acknowledged_and_nothing_half(tmp_path, seed):
    moments = random.Random(seed)
    directory = tmp_path / "models"
    directory.mkdir()
    kept: set[str] = set()
    interrupted = 0
    for _ in range(12):
        child = subprocess.Popen([sys.executable, UPLOADER, directory, str(moments.random())], stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "ready .\n"
        time.sleep(moments.uniform(0, 0.15))
        child.kill()
        said = [line.split() for line in child.communicate()[0].splitlines() if line.endswith(".")]  # not one that was cut
        interrupted += bool(leftovers(directory)) or len(list(directory.glob("*.onnx"))) != len(list(directory.glob("*.json")))
        begun = {digest for what, digest, _ in said if what == "deleting"}
        kept = (kept | {digest for what, digest, _ in said if what == "kept"}) - begun
        done = {digest for what, digest, _ in said if what == "deleted"}
        stored = check_intact(directory)
        assert kept <= stored
        assert not done & stored
    assert interrupted  # otherwise the kills came too late to show anything


@contextmanager
def small_disk(path: Path, size: str = "1m"):
    path.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting a file system is not permitted here: {made.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_a_disk_that_is_full_and_then_is_not(tmp_path):
    with small_disk(tmp_path / "disk") as place:
        store = ModelStore(place / "models", ROOM, ROOM)
        first, _ = put(store, os.urandom(400_000))
        assert reason(put, store, os.urandom(900_000)) == "MODEL_STORE_FULL"
        assert leftovers(place / "models") == set()
        (place / "ballast").write_bytes(bytes(500_000))
        assert reason(put, store, os.urandom(400_000)) == "MODEL_STORE_FULL"
        assert not put(store, store.content(first.digest))[1]  # what is there takes no place when it comes again
        store.delete(first.digest)
        assert put(store, os.urandom(400_000))[1]
        (place / "ballast").unlink()
        assert put(store, os.urandom(400_000))[1]
        assert len(check_intact(place / "models")) == 2


def test_a_disk_that_is_read_only_and_then_is_not(tmp_path):
    with small_disk(tmp_path / "disk") as place:
        content = os.urandom(1000)
        digest = put(ModelStore(place / "models", ROOM, ROOM), content)[0].digest
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        store = ModelStore(place / "models", ROOM, ROOM)
        assert store.content(digest) == content
        assert reason(put, store, b"new") == "MODEL_STORE_UNAVAILABLE"
        assert reason(store.delete, digest) == "MODEL_STORE_UNAVAILABLE"
        assert store.get(digest).size_bytes == 1000
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
        assert put(store, b"new")[1]
        store.delete(digest)
        assert len(check_intact(place / "models")) == 1


STEPS = ["mkdir", "mkstemp", "write", "fsync", "replace"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EMFILE, errno.ENOENT])
def test_every_refusal_of_the_disk_is_typed_and_leaves_nothing(tmp_path, monkeypatch, step, number):
    directory = tmp_path / "models"
    store = ModelStore(directory, ROOM, ROOM)
    before = put(store, b"before")[0].digest
    holder = {"mkdir": Path, "replace": Path, "mkstemp": upload.tempfile, "write": upload.os, "fsync": upload.os}[step]
    real, calls = getattr(holder, step), []

    def refuse(*arguments, **named):
        calls.append(step)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(holder, step, refuse)
        expected = "MODEL_STORE_FULL" if number in (errno.ENOSPC, errno.EDQUOT) else "MODEL_STORE_UNAVAILABLE"
        assert reason(put, store, b"after") == expected
    assert calls
    assert getattr(holder, step) is real
    assert check_intact(directory) == {before}
    assert put(store, b"after")[1]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("which", [2, 3])
def test_a_disk_that_fails_after_the_model_has_its_name_takes_it_back(tmp_path, monkeypatch, number, which):
    store, count, real = ModelStore(tmp_path, ROOM, ROOM), [], os.fsync

    def fail_late(descriptor):
        count.append(descriptor)
        if len(count) == which:  # 1: the model; 2: what is known of it; 3: the directory
            raise OSError(number, "no")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_late)
        assert reason(put, store, b"content").startswith("MODEL_STORE_")
    assert check_intact(tmp_path) == set()
    assert put(store, b"content")[1]


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EMFILE])
def test_a_disk_that_cannot_be_read_hides_nothing_and_is_typed(tmp_path, monkeypatch, number):
    digest = put(ModelStore(tmp_path, ROOM, ROOM), b"content")[0].digest
    store = ModelStore(tmp_path, ROOM, ROOM)

    def refuse(*arguments, **named):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        for name in ("read_bytes", "stat", "iterdir"):
            patch.setattr(Path, name, refuse)
        assert store.get(digest).digest == digest
        assert reason(store.content, digest) == "MODEL_STORE_UNAVAILABLE"
        assert reason(store.page, "", 5) == "MODEL_STORE_UNAVAILABLE"
        blind = ModelStore(tmp_path, ROOM, ROOM)  # a server starts nevertheless
        assert reason(blind.get, digest) == "MODEL_STORE_UNAVAILABLE"
    assert blind.content(digest) == store.content(digest) == b"content"


def test_a_limit_on_file_sizes_is_typed(tmp_path):
    store = ModelStore(tmp_path, ROOM, ROOM)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # Python ignores the signal that comes with it
    try:
        assert reason(put, store, os.urandom(200_000)) == "MODEL_STORE_UNAVAILABLE"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert check_intact(tmp_path) == set()
    assert put(store, os.urandom(200_000))[1]


def test_real_exhaustion_of_file_descriptors_is_typed_and_passes(tmp_path):
    store = ModelStore(tmp_path, ROOM, ROOM)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        answers = [reason(put, store, b"content"), reason(store.get, "0" * 64)]
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answers == ["MODEL_STORE_UNAVAILABLE"] * 2
    assert put(store, b"content")[1]


def test_a_directory_that_is_removed_while_the_server_runs(tmp_path):
    directory = tmp_path / "models"
    store = ModelStore(directory, ROOM, ROOM)
    digest = put(store, b"content")[0].digest
    with store.upload() as arriving:
        arriving.write(b"more")
        directory.rename(tmp_path / "away")
        assert reason(store.get, digest) == reason(store.content, digest) == reason(store.delete, digest) == "MODEL_NOT_FOUND"
        assert store.page("", 5) == []
        assert reason(store.keep, arriving, ModelInfo(arriving.digest, 4, 1.5, (), ())) == "MODEL_STORE_UNAVAILABLE"
    assert put(store, b"other")[1]
    assert len(check_intact(directory)) == 1
    (tmp_path / "away" / f"{digest}.onnx").rename(directory / f"{digest}.onnx")
    (tmp_path / "away" / f"{digest}.json").rename(directory / f"{digest}.json")
    assert store.content(digest) == b"content"


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied"])
def test_bytes_that_changed_on_disk_are_refused_and_can_be_uploaded_again(tmp_path, damage):
    store = ModelStore(tmp_path, ROOM, ROOM)
    content = os.urandom(1000)
    digest = put(store, content)[0].digest
    bad = {"flipped": bytes([content[0] ^ 1]) + content[1:], "cut": content[:-1], "emptied": b""}[damage]
    (tmp_path / f"{digest}.onnx").write_bytes(bad)
    assert reason(store.content, digest) == "MODEL_NOT_FOUND"
    assert reason(store.get, digest) == "MODEL_NOT_FOUND"
    assert put(store, content)[1]
    assert check_intact(tmp_path) == {digest}


def test_two_servers_see_what_the_other_does(tmp_path):
    one, two = ModelStore(tmp_path, ROOM, ROOM), ModelStore(tmp_path, ROOM, ROOM)
    digest = put(one, b"content")[0].digest
    assert two.content(digest) == b"content"
    assert [info.digest for info in two.page("", 5)] == [digest]
    assert not put(two, b"content")[1]
    two.delete(digest)
    assert reason(one.get, digest) == reason(one.content, digest) == reason(one.delete, digest) == "MODEL_NOT_FOUND"
    assert one.page("", 5) == []
    assert put(one, b"content")[1]


def test_a_starting_server_leaves_the_upload_of_a_living_one_alone(tmp_path):
    with ModelStore(tmp_path, ROOM, ROOM).upload() as arriving:
        arriving.write(b"first half, ")
        (tmp_path / f"{upload.PARTIAL}dead").write_bytes(b"of a server that died")
        second = ModelStore(tmp_path, ROOM, ROOM)
        assert len(leftovers(tmp_path)) == 1
        arriving.write(b"second half")
        info = second.keep(arriving, ModelInfo(arriving.digest, arriving.size, 1.5, (), ()))[0]
    assert second.content(info.digest) == b"first half, second half"


def test_uploads_under_way_count_as_stored(tmp_path):
    store = ModelStore(tmp_path, 100, 100)
    with store.upload() as first, store.upload() as second:
        first.write(bytes(60))
        second.write(bytes(40))
        assert reason(first.write, b"x") == "MODEL_STORE_FULL"
        second.close()
        first.write(b"x")
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 61
    other = ModelStore(tmp_path, 100, 100)
    digest = put(store, os.urandom(90))[0].digest
    assert reason(put, other, os.urandom(20)) == "MODEL_STORE_FULL"
    other.delete(digest)
    assert put(store, os.urandom(90))[1]  # it knew of the first, and looks again


def test_many_at_once_never_take_more_than_there_is(tmp_path):
    store = ModelStore(tmp_path, 1_000_000, 1_000_000)
    answers, sizes, done = [], [], threading.Event()

    def watch():
        before = None
        while not done.is_set():
            seen = look()
            if seen == before:  # nothing changed from one look to the next, so the sizes are those of one moment
                sizes.append(sum(size for _, size in seen.values()))
            before = seen

    def look():
        found = {}
        for entry in os.scandir(tmp_path):
            with contextlib.suppress(FileNotFoundError):
                if not entry.name.endswith(".json"):  # which are some hundred bytes beside each model
                    found[entry.inode()] = (entry.name, entry.stat().st_size)
        return found

    def call():
        try:
            put(store, os.urandom(200_000), chunk=10_000)
            answers.append("kept")
        except EngineError as error:
            answers.append(error.reason)

    watcher = threading.Thread(target=watch)
    callers = [threading.Thread(target=call) for _ in range(12)]
    for thread in (watcher, *callers):
        thread.start()
    for thread in callers:
        thread.join()
    done.set()
    watcher.join()
    assert len(sizes) > 5
    assert 200_000 < max(sizes) <= 1_000_000 + 1_000  # a description on its way has the name of an upload
    assert set(answers) <= {"kept", "MODEL_STORE_FULL"}
    assert len(check_intact(tmp_path)) == answers.count("kept") <= 5


def test_what_was_closed_takes_nothing_more_and_leaves_nothing(tmp_path):
    store = ModelStore(tmp_path, ROOM, ROOM)
    with store.upload() as arriving:
        arriving.write(b"half")
    with pytest.raises(Cancelled):
        arriving.write(b"more")
    assert leftovers(tmp_path) == set()


def test_a_server_that_stands_still_while_it_changes_the_directory_holds_others_up_for_a_while_only(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "LOCK_SECONDS", 0.2)
    store = ModelStore(tmp_path, ROOM, ROOM)
    digest = put(store, b"content")[0].digest
    script = (
        "import sys, time; from pathlib import Path; from querist_server.runners.disk import changing\n"
        "with changing(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        assert reason(put, store, b"more") == "MODEL_STORE_UNAVAILABLE"
        assert ModelStore(tmp_path, ROOM, ROOM).content(digest) == b"content"
    finally:
        holder.kill()
        holder.communicate()
    assert put(store, b"more")[1]
