"""What the client shows to a server and demands of it, and how it takes renewed files in."""

import asyncio
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import querist
from authority import Authority, Pair, put
from querist import cli, errors
from querist.errors import AuthenticationError, InvalidRequestError, PermissionDeniedError
from serving import serving

ROWS = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])
NAMES = ("localhost", "127.0.0.1")


@pytest.fixture
def secured(tmp_path):
    """A server with mutual TLS and tokens, and the options of a client that it lets in."""
    authority = Authority()
    put(tmp_path / "ca.pem", authority.pem)
    server, caller = Pair(tmp_path, "server", authority, *NAMES), Pair(tmp_path, "caller", authority, "caller.example.org")
    put(tmp_path / "tokens", "alice first-s3cret\n")
    put(tmp_path / "token", "first-s3cret\n")
    files = {"tls_certificate": server.certificate, "tls_private_key": server.key, "tls_client_ca": tmp_path / "ca.pem"}
    with serving(tmp_path, **files, token_file=tmp_path / "tokens") as running:
        running.authority, running.pairs = authority, (server, caller)
        running.client_options = {
            "tls": querist.Tls(tmp_path / "ca.pem", caller.certificate, caller.key),
            "token_file": tmp_path / "token",
            "retries": 0,
        }
        yield running


class Gate:
    """Rows of a stream that waits in the middle."""

    def __init__(self):
        self.reached, self.open = threading.Event(), threading.Event()

    def __iter__(self):
        yield ROWS
        self.reached.set()
        assert self.open.wait(60)
        yield ROWS


def renew_all(server, directory, token):
    """Renew everything as an operator does who leaves no overlap."""
    authority = Authority()
    put(directory / "ca.pem", authority.pem)
    server.pairs[0].renew(authority, *NAMES)
    server.pairs[1].renew(authority, "caller.example.org")
    put(directory / "tokens", f"alice {token}\n")
    put(directory / "token", token)


def until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_closed(channel):
    try:
        channel.unary_unary("/a.B/C")(b"", timeout=5)
    except ValueError:  # what gRPC says of a closed channel
        return True
    except grpc.RpcError:
        return False


def streams(secured) -> bool:
    """Tell whether the server has let a stream in."""
    return any(call.method.endswith("/SelectStream") for call in tuple(secured.server.interceptor.open))


def test_a_stream_finishes_on_its_old_connection_while_new_calls_take_a_new_one(secured, tmp_path):
    gate, results = Gate(), []
    with querist.connect(secured.address, **secured.client_options) as client:
        thread = threading.Thread(target=lambda: results.append(client.select(gate, strategy="margin", count=2)))
        thread.start()
        assert gate.reached.wait(60)
        old = client._channel._link
        until(lambda: streams(secured))  # rows are asked for before the call begins, and before it is let in
        renew_all(secured, tmp_path, "second-s3cret")
        assert client.select(ROWS, strategy="margin", count=1).indices.tolist() == [1]
        assert client._channel._link is not old
        assert client._channel._old == {old}
        assert old.calls == 1
        gate.open.set()
        thread.join(60)
        assert results[0].indices.tolist() == [1, 4]
        until(lambda: not old.calls and not client._channel._old)  # a thread of gRPC's tells that a stream has ended
        assert client._channel._link.calls == 0
        until(lambda: is_closed(old.channel))


def test_closing_a_client_ends_what_runs_on_old_connections_too(secured, tmp_path):
    gate, ends = Gate(), []

    def select(client):
        with pytest.raises(querist.QueristError) as ended:
            client.select(gate, strategy="margin", count=2)
        ends.append(ended.value.code)

    with querist.connect(secured.address, **secured.client_options) as client:
        thread = threading.Thread(target=select, args=(client,))
        thread.start()
        assert gate.reached.wait(60)
        until(lambda: streams(secured))  # before, it might come with what is no longer in force
        renew_all(secured, tmp_path, "second-s3cret")
        assert client.info().limits
    thread.join(60)
    gate.open.set()
    assert ends == ["CANCELLED"]


async def test_the_asynchronous_client_does_the_same(secured, tmp_path):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def rows():
        yield ROWS
        reached.set()
        await go_on.wait()
        yield ROWS

    async with querist.aio.connect(secured.address, **secured.client_options) as client:
        stream = asyncio.create_task(client.select(rows(), strategy="margin", count=2))
        await asyncio.wait_for(reached.wait(), 60)
        while not streams(secured):  # rows are asked for before the call begins, and before it is let in
            await asyncio.sleep(0.01)
        old = client._channel._link
        renew_all(secured, tmp_path, "second-s3cret")
        assert (await client.select(ROWS, strategy="margin", count=1)).indices.tolist() == [1]
        assert client._channel._old == {old}
        assert old.calls == 1
        go_on.set()
        assert (await stream).indices.tolist() == [1, 4]
        for _ in range(500):
            if not client._channel._old:
                break
            await asyncio.sleep(0.02)
        assert old.calls == 0
        await asyncio.gather(*client._channel._closing)
        with pytest.raises(grpc.aio.UsageError):
            await old.channel.unary_unary("/a.B/C")(b"", timeout=1)


def test_a_token_that_was_renewed_between_reading_and_calling_is_tried_once_more(secured, tmp_path, monkeypatch):
    with querist.connect(secured.address, **secured.client_options) as client:
        assert client.info().limits
        channel, real, seen = client._channel, client._channel.version, []

        def version():
            seen.append(None)
            if len(seen) == 3:  # the first attempt has failed by now
                put(tmp_path / "token", "second-s3cret")
            return real()

        put(tmp_path / "tokens", "alice second-s3cret\n")
        monkeypatch.setattr(channel, "version", version)
        assert client.info().limits
        put(tmp_path / "tokens", "alice third-s3cret\n")
        with pytest.raises(AuthenticationError) as refused:  # nothing new to show
            client.info()
    assert refused.value.reason == "CREDENTIALS_INVALID"
    assert not isinstance(refused.value, errors.ServerError)


def test_a_half_written_file_is_not_used(secured, tmp_path, caplog):
    caplog.set_level(logging.WARNING, logger="querist.client")
    with querist.connect(secured.address, **secured.client_options) as client:
        assert client.info().limits
        certificate, key = secured.authority.issue("caller.example.org")
        put(secured.pairs[1].certificate, certificate)
        put(tmp_path / "token", "")
        assert client.info().limits
        first = client._channel._link
        put(secured.pairs[1].key, key)
        assert client.info().limits
        assert client._channel._link is not first
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("address", "options", "field"),
    [
        ("example.org:1", {"token": "s3cret"}, "token"),
        ("192.0.2.1:1", {"token_file": "f"}, "token_file"),
        ("dns:///example.org:1", {"token": "s3cret"}, "token"),
        ("dns://127.0.0.1/example.org:1", {"token": "s3cret"}, "token"),
        ("localhost.example.org:1", {"token": "s3cret"}, "token"),
        ("xds:///localhost:1", {"token": "s3cret"}, "token"),
        ("ipv4:192.0.2.1:1", {"token": "s3cret"}, "token"),
        ("localhost:1", {"token": "s3cret", "token_file": "f"}, "token"),
        ("localhost:1", {"token": "s3cret with spaces"}, "token"),
        ("localhost:1", {"token": ""}, "token"),
        ("localhost:1", {"token": "s3cret\r\nx: y"}, "token"),
        ("unix:/tmp/q.sock", {"tls": True}, "tls"),
    ],
)
@pytest.mark.parametrize("connect", [querist.connect, querist.aio.connect])
def test_what_would_be_unsafe_is_refused_before_anything_is_sent(address, options, field, connect):
    with pytest.raises(InvalidRequestError) as refused:
        connect(address, **options)
    assert refused.value.field == field
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["localhost:1", "127.0.0.1:1", "[::1]:1", "127.1.2.3:1", "unix:/tmp/q.sock", "dns:///localhost:1", "ipv4:127.0.0.1:1"]
)
def test_to_this_machine_a_token_may_travel_unencrypted(address):
    querist.connect(address, token="s3cret").close()


def test_a_certificate_without_its_key_is_refused():
    with pytest.raises(InvalidRequestError, match="both or neither"):
        querist.Tls(certificate="a.pem")


def test_files_that_are_not_there_are_named(tmp_path):
    for options, field in (({"tls": querist.Tls(tmp_path / "no.pem")}, "tls"), ({"token_file": tmp_path / "no"}, "token_file")):
        with querist.connect("localhost:1", **options) as client, pytest.raises(InvalidRequestError, match="cannot be read") as refused:
            client.info()
        assert refused.value.field == field


def test_a_client_is_pickled_with_what_it_needs_and_shows_no_secrets(secured):
    options = {**secured.client_options, "token_file": None, "token": "first-s3cret"}
    with querist.connect(secured.address, **options) as client:
        assert client.info().limits
        assert "s3cret" not in repr(client) + repr(client._options) + repr(client._channel._shown)
        with pickle.loads(pickle.dumps(client)) as copy:
            assert copy.info().limits
    with querist.connect(secured.address, **secured.client_options) as client:
        assert b"s3cret" not in pickle.dumps(client)
        with pickle.loads(pickle.dumps(client)) as copy:
            assert copy.info().limits


def _ask(client, pipe):
    pipe.send(client.info().api_version)


def test_a_client_works_after_a_fork_and_so_does_its_parent(secured):
    """In a process of its own: gRPC skips its fork handlers while other threads call into it, as those of the server here do."""
    told = pickle.dumps((secured.address, secured.client_options))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, __file__], input=told, capture_output=True, timeout=200, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode()


def _fork(address, options):
    with querist.connect(address, **options) as client:
        assert client.info().limits
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_ask, args=(client, there))
        process.start()
        assert here.poll(60)
        assert here.recv() == "querist.v1"
        process.join(60)
        assert client.info().limits


def test_of_who_is_known_but_not_allowed(tmp_path):
    with serving(tmp_path, uploads="off") as server, querist.connect(server.address) as client:
        with pytest.raises(PermissionDeniedError) as denied:
            client.upload_model(b"no matter what")
        assert denied.value.reason == "UPLOADS_DISABLED"


def test_the_command_shows_what_it_is_given(secured, tmp_path, capsys):
    files = [
        "--tls-ca",
        str(tmp_path / "ca.pem"),
        "--tls-certificate",
        str(tmp_path / "caller.pem"),
        "--tls-key",
        str(tmp_path / "caller.key"),
    ]
    command = ["info", "--address", secured.address]
    assert cli.main([*command, *files, "--token-file", str(tmp_path / "token")]) == 0
    assert cli.main([*command, *files]) == 1
    assert "valid token is needed" in capsys.readouterr().err
    assert cli.main([*command, *files[:4], "--token-file", str(tmp_path / "token")]) == 1
    assert "both or neither" in capsys.readouterr().err
    assert cli.main(["info", "--tls"]) == 1
    assert "--address" in capsys.readouterr().err


if __name__ == "__main__":
    _fork(*pickle.load(sys.stdin.buffer))
