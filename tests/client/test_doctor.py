"""``querist doctor`` and ``querist bench``: what they find of servers that are well, busy, wrong, guarded or not there."""

import json
import socket
import time
from contextlib import closing

import onnx
import pytest
import querist
from authority import Authority, Pair, put
from querist import _bench_command, _examination, _probing, _self_test, _tiny_model, cli
from querist.errors import DeadlineExceededError, ServerOverloadedError
from querist_server.engine.scores.margin import Margin
from querist_server.service.system import SystemServicer
from serving import serving


@pytest.fixture
def quick(monkeypatch):
    """Let little be sent, and for a short time."""
    monkeypatch.setattr(_examination, "SPEED_SECONDS", 0.4)
    monkeypatch.setattr(_bench_command, "POOL_BYTES", 4 * 10**6)
    monkeypatch.setattr(_bench_command, "ROWS", 300)


def doctor(capsys, *arguments: object) -> tuple[int, dict[str, dict]]:
    """Return the exit status, and the findings by name."""
    status = cli.main(["doctor", *map(str, arguments), "--json"])
    written = json.loads(capsys.readouterr().out)
    assert written["healthy"] == (status == 0)
    return status, {finding["name"]: finding for finding in written["findings"]}


@pytest.fixture
def neighbour(tmp_path):
    (tmp_path / "shared").mkdir()
    address = f"unix:{tmp_path}/q.sock"
    with serving(tmp_path, addresses=(address,), local_tensor_directory=tmp_path / "shared", uploads="on") as server:
        yield server


def test_a_server_that_is_well(neighbour, tmp_path, capsys, quick):
    status, found = doctor(capsys, neighbour.address)
    assert status == 0
    assert {name: finding["verdict"] for name, finding in found.items() if finding["verdict"] != "ok"} == {}
    assert {*found} == {
        "connection", "version", "round trip", "clock", "limits", "features", "encryption", "token", "speed", "local files",
        "self-test, one message", "self-test, stream", "self-test, model",
    }  # fmt: skip
    assert abs(found["clock"]["figures"]["seconds"]) < 5
    assert 0 < found["round trip"]["figures"]["median_ms"] <= found["round trip"]["figures"]["worst_ms"]
    assert found["limits"]["figures"]["max_rows"] == neighbour.settings.max_rows
    assert found["speed"]["figures"]["mb_per_s"] > 0
    assert str(tmp_path / "shared") in found["local files"]["text"]
    assert [path.suffix for path in (tmp_path / "shared").iterdir()] == [".marker"]


def test_in_words(neighbour, capsys, quick):
    assert cli.main(["doctor", neighbour.address]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ok      connection: {neighbour.address} answers"
    assert all(line.startswith(("ok      ", "note    ", "FAILED  ", "        -> ")) for line in lines)


def test_nobody_there(capsys):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    status, found = doctor(capsys, address)
    assert status == 1
    assert [finding["verdict"] for finding in found.values()] == ["FAILED"]
    assert "is the server running" in found["connection"]["advice"]


def test_somebody_else_there(capsys, monkeypatch):
    """Something takes the connection and says nothing, or the server's own words are refused."""
    monkeypatch.setattr(cli, "_EXAMINED_SECONDS", 1.0)
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        status, found = doctor(capsys, f"127.0.0.1:{silent.getsockname()[1]}")
    assert status == 1
    assert found["connection"]["advice"]


def test_behind_tls_and_tokens(tmp_path, capsys, quick):
    authority = Authority()
    put(tmp_path / "ca.pem", authority.pem)
    put(tmp_path / "tokens", "alice first-s3cret\n")
    put(tmp_path / "token", "first-s3cret\n")
    server = Pair(tmp_path, "server", authority, "localhost")
    secured = {"tls_certificate": server.certificate, "tls_private_key": server.key, "token_file": tmp_path / "tokens"}
    with serving(tmp_path, addresses=("localhost:0",), **secured) as running:
        ca = ("--tls-ca", tmp_path / "ca.pem")
        status, found = doctor(capsys, running.address, *ca, "--token-file", tmp_path / "token")
        assert status == 0
        assert found["encryption"]["text"].startswith("TLS; checked the server's certificate")
        assert found["token"]["text"] == "shown, and not refused"
        status, found = doctor(capsys, running.address, *ca)
        assert status == 1
        assert "--token-file" in found["connection"]["advice"]
        status, found = doctor(capsys, running.address)
        assert status == 1
        assert "--tls" in found["connection"]["advice"]


@pytest.mark.parametrize(
    ("address", "verdict"), [("unix:/x", "ok"), ("127.0.0.1:1", "ok"), ("localhost:1", "ok"), ("querist.example.org:1", "note")]
)
def test_what_is_not_encrypted(address, verdict):
    with querist.connect(address) as client:
        assert _examination._encryption(client).verdict == verdict
        assert _examination._token(client).verdict == verdict


def test_a_clock_that_is_wrong_and_a_server_that_tells_no_time(tmp_path, monkeypatch):
    answer = SystemServicer.GetServerInfo

    async def ahead(self, request, context):
        told = await answer(self, request, context)
        told.time.seconds += 3600
        return told

    async def without(self, request, context):
        told = await answer(self, request, context)
        told.ClearField("time")
        return told

    for replacement, word in ((ahead, "ahead"), (without, "does not tell")):
        monkeypatch.setattr(SystemServicer, "GetServerInfo", replacement)  # before the server binds it
        with serving(tmp_path) as server, querist.connect(server.address) as client:
            clock = list(_examination._round_trip(client))[-1]
        assert (clock.name, clock.verdict) == ("clock", "note")
        assert word in clock.text


def test_a_server_that_computes_wrongly(neighbour, capsys, monkeypatch, quick):
    measure = Margin.measure
    monkeypatch.setattr(Margin, "measure", lambda self, block, context: -measure(self, block, context))
    status, found = doctor(capsys, neighbour.address)
    assert status == 1
    assert found["self-test, one message"]["verdict"] == "FAILED"
    assert "margin chose" in found["self-test, one message"]["text"]
    assert found["self-test, stream"]["verdict"] == "ok"


@pytest.mark.parametrize("off", [2e-5, 1e-3])
def test_scores_that_are_a_little_off_are_seen(client, monkeypatch, off):
    assert _self_test.unary(client) == ""
    right = _self_test._margins
    monkeypatch.setattr(_self_test, "_margins", lambda probabilities: right(probabilities) + off)
    assert "are off by up to" in _self_test.unary(client)


def test_models_that_may_not_be_sent_are_no_failure(tmp_path, capsys, quick):
    for settings in ({"uploads": "off"}, {"allowed_models": ("0" * 64,)}):
        with serving(tmp_path, **settings) as server:
            status, found = doctor(capsys, server.address)
            assert status == 0
            assert found["self-test, model"]["verdict"] == "note"


def test_the_tiny_model_is_what_it_is_called():
    """Written by hand here, and read by ONNX's own library."""
    model = onnx.load_from_string(_tiny_model.softmax_model())
    onnx.checker.check_model(model, full_check=True)
    (node,) = model.graph.node
    assert node.op_type == "Softmax"
    assert [(node.input[0], node.output[0])] == [(_tiny_model.INPUT, _tiny_model.OUTPUT)]
    shape = model.graph.output[0].type.tensor_type.shape.dim
    assert (shape[0].dim_param, shape[1].dim_value) == ("N", _tiny_model.CLASSES)


def test_local_files_that_do_not_work(neighbour, tmp_path, capsys, quick):
    (tmp_path / "elsewhere").mkdir()
    status, found = doctor(capsys, neighbour.address, "--shared-directory", tmp_path / "elsewhere")
    assert status == 1
    assert found["local files"]["verdict"] == "FAILED"
    assert "--shared-directory" in found["local files"]["advice"]
    (tmp_path / "shared").rename(tmp_path / "moved")
    status, found = doctor(capsys, neighbour.address)
    assert status == 0
    assert found["local files"]["verdict"] == "note"


def test_without_local_files(tmp_path, capsys, quick):
    with serving(tmp_path) as server:
        status, found = doctor(capsys, server.address)
    assert status == 0
    assert found["local files"]["verdict"] == "note"
    assert "QUERIST_LOCAL_TENSOR_DIRECTORY" in found["local files"]["advice"]


def test_a_busy_server_is_let_alone(neighbour, capsys, monkeypatch):
    def busy(*_, **__):
        raise ServerOverloadedError("64 selections wait", retry_after=0.01)

    monkeypatch.setattr(querist.Client, "select", busy)
    status, found = doctor(capsys, neighbour.address)
    assert status == 0
    assert {name for name, finding in found.items() if finding["verdict"] == "note"} == {
        "self-test, one message", "self-test, stream", "self-test, model", "speed",
    }  # fmt: skip
    assert cli.main(["bench", neighbour.address, "--seconds", "0.1"]) == 1
    assert "busy" in capsys.readouterr().err


def test_rows_to_measure_with_are_rows_that_are_taken(client):
    for size in (1, 40, 10**6, 4_999_960):
        rows = _probing.rows_of(size)
        assert max(size - 40, 0) < rows.nbytes <= max(size, 40)
        client.select(rows, strategy="margin", count=1)


def test_calls_are_repeated_once_at_least_and_for_a_bounded_time():
    assert len(_probing.repeated(lambda: time.sleep(0.05), 0.0, 5)) == 1
    assert len(_probing.repeated(lambda: None, 5.0, 5)) == 5
    started = time.monotonic()
    assert 1 <= len(_probing.repeated(lambda: time.sleep(0.1), 0.35, 100)) <= 3
    assert time.monotonic() - started < 5


def test_bench_says_all_that_it_measures(neighbour, capsys, quick):
    assert cli.main(["bench", neighbour.address, "--seconds", "0.2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [calls["callers"] for calls in found["small_calls"]] == [1, 8, 32]
    for calls in found["small_calls"]:
        assert calls["calls"] > 0
        assert calls["p50_ms"] <= calls["p99_ms"]
        assert calls["per_second"] > 0
    assert [pool["way"] for pool in found["pools"]] == ["bytes", "files"]
    assert [strategy["strategy"] for strategy in found["strategies"]] == list(_bench_command.STRATEGIES)
    assert found["stopped"] == ""


def test_bench_in_words(client, capsys, quick):
    assert cli.main(["bench", client.address, "--seconds", "0.1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 + 1 + len(_bench_command.STRATEGIES)
    assert lines[0].startswith("small calls,  1 callers: ")
    assert lines[3].startswith("4 MB pool as bytes: ")


def test_bench_goes_on_after_a_strategy_that_takes_too_long(client, capsys, quick, monkeypatch):
    select = querist.Client.select

    def slow(self, *arguments, **named):
        if named["strategy"] == "k_center":
            raise DeadlineExceededError("the time for this call is over")
        return select(self, *arguments, **named)

    monkeypatch.setattr(querist.Client, "select", slow)
    assert cli.main(["bench", client.address, "--seconds", "0.1"]) == 0
    lines = {line.split(",")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["k_center"].endswith(": more than 10 s")
    assert lines["k_means"].endswith(")")


def test_bench_refuses_no_time(client, capsys):
    assert cli.main(["bench", client.address, "--seconds", "0"]) == 1
    assert "--seconds is 0" in capsys.readouterr().err
