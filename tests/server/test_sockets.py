"""Unix sockets: who may connect, dead ones, live ones, and whose they are."""

import os
import socket
import stat
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from querist_server.listening import ListenError
from querist_server.sockets import UnixSocket


class Servers:
    """Listen as gRPC does, which deletes the socket that is at a path before it binds there."""

    def __init__(self):
        self.stack = ExitStack()
        self.modes = []
        self.listeners = []

    def bind(self, path: Path):
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
        listener = self.stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        self.modes.append(path.lstat().st_mode & 0o777)
        listener.listen()
        self.listeners.append(listener)


@pytest.fixture
def servers():
    made = Servers()
    with made.stack:
        yield made


def answers(path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666, 0o777])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_permissions_are_as_asked_from_the_first_moment(tmp_path, servers, mode, umask):
    before = os.umask(umask)
    try:
        UnixSocket(tmp_path / "q.sock", mode, servers.bind)
        assert os.umask(umask) == umask  # what it was before
    finally:
        os.umask(before)
    assert servers.modes == [mode]
    assert (tmp_path / "q.sock").stat().st_mode & 0o777 == mode
    assert [path.name for path in tmp_path.iterdir()] == ["q.sock"]


def test_a_dead_socket_is_replaced_and_a_live_one_is_not(tmp_path, servers):
    path = tmp_path / "q.sock"
    UnixSocket(path, 0o600, servers.bind)
    with pytest.raises(ListenError, match="another server listens"):
        UnixSocket(path, 0o600, servers.bind)
    assert answers(path)
    servers.listeners[0].close()
    assert path.exists()
    UnixSocket(path, 0o600, servers.bind)
    assert answers(path)


def test_of_many_that_find_a_dead_socket_exactly_one_gets_it(tmp_path, servers):
    path = tmp_path / "q.sock"
    UnixSocket(path, 0o600, servers.bind)
    for _ in range(10):
        servers.listeners[-1].close()
        line = threading.Barrier(8)
        got, refused = [], []

        def start(line=line, got=got, refused=refused):
            line.wait()
            try:
                got.append(UnixSocket(path, 0o600, servers.bind))
            except ListenError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=start) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1
        assert all("another server listens" in message for message in refused)
        assert answers(path)


@pytest.mark.parametrize("kind", ["file", "directory", "link to a file", "link to a dead socket", "link to nothing", "pipe"])
def test_whatever_is_no_socket_is_left_alone(tmp_path, servers, kind):
    path, other = tmp_path / "q.sock", tmp_path / "other"
    if kind == "file":
        path.write_text("precious")
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
        if kind == "link to a file":
            other.write_text("precious")
        if kind == "link to a dead socket":
            servers.bind(other)
            servers.listeners[0].close()
    before = {entry.name: entry.lstat().st_ino for entry in tmp_path.iterdir()}
    with pytest.raises(ListenError, match="is no socket"):
        UnixSocket(path, 0o600, servers.bind)
    assert {entry.name: entry.lstat().st_ino for entry in tmp_path.iterdir()} == before


def test_at_the_end_only_the_own_socket_is_removed(tmp_path, servers):
    path = tmp_path / "q.sock"
    first = UnixSocket(path, 0o600, servers.bind)
    servers.listeners[0].close()  # it drains, and listens no more
    second = UnixSocket(path, 0o600, servers.bind)
    first.remove()
    assert answers(path)
    second.remove()
    assert not path.exists()
    second.remove()  # safe to repeat


def test_a_server_of_another_kind_that_comes_in_between_keeps_its_socket(tmp_path, servers):
    path = tmp_path / "q.sock"

    def bind(private):
        servers.bind(private)
        servers.bind(path)

    with pytest.raises(ListenError, match="cannot listen on"):
        UnixSocket(path, 0o600, bind)
    assert answers(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["q.sock"]


def test_a_directory_that_is_not_there_is_named(tmp_path, servers):
    with pytest.raises(ListenError, match=r"cannot listen in .*nowhere: No such file"):
        UnixSocket(tmp_path / "nowhere" / "q.sock", 0o600, servers.bind)
