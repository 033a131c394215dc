"""``querist check-config``: what it says is what a server then does."""

import os
import socket

import pytest
from authority import Authority, Pair
from querist_server import cli, quota


@pytest.fixture
def checked(capsys, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("QUERIST_", "OTEL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QUERIST_MODEL_DIRECTORY", str(tmp_path / "models"))

    def check(*arguments: str, **environment: str) -> tuple[int, list[str]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        status = cli.main(["check-config", *arguments])
        return status, capsys.readouterr().out.splitlines()

    return check


def wrong(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("WRONG")]


def test_defaults_are_fine_and_said_in_words(checked, tmp_path):
    status, lines = checked()
    assert status == 0
    assert lines[0] == "ok    listens on 127.0.0.1:50051, which this machine alone can reach, without TLS"
    assert any(f"computes {quota.usable_cpus()} selections at a time" in line for line in lines)
    assert any("uploads are taken" in line for line in lines)
    assert not (tmp_path / "models").exists()


def test_nothing_listens_while_it_looks(checked):
    with socket.socket() as holder:  # a running server's address is no fault of its settings
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        assert checked("--address", f"127.0.0.1:{holder.getsockname()[1]}")[0] == 0


def test_a_whole_secure_server(checked, tmp_path):
    pair = Pair(tmp_path, "server", Authority(), "localhost")
    (tmp_path / "tokens").write_text("trainer some-secret\n")
    status, lines = checked(
        "--address", "0.0.0.0:50051", "--tls-certificate", str(pair.certificate), "--tls-private-key", str(pair.key),
        "--token-file", str(tmp_path / "tokens"), "--health-address", "0.0.0.0:50052", "--metrics-address", "0.0.0.0:50053",
        "--selection-log", str(tmp_path / "log"),
    )  # fmt: skip
    assert (status, wrong(lines)) == (0, [])
    text = "\n".join(lines)
    for said in ("0.0.0.0:50051, with TLS", "callers show a token", "fit each other", "tells health on 0.0.0.0:50052",
                 "tells metrics (/metrics) on 0.0.0.0:50053", "selections are written to", "uploads are refused"):  # fmt: skip
        assert said in text
    assert "some-secret" not in text
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "0.0.0.0:1"], "0.0.0.0:1 can be reached from other machines and nothing is encrypted"),
        (["--address", "no.such.host.invalid:1"], ""),
        (["--address", "unix:/no/such/directory/q.sock"], "the directory /no/such/directory is not there"),
        (["--token-file", "/no/such/file"], "token_file /no/such/file cannot be read"),
        (["--tls-certificate", "/no/such/file", "--tls-private-key", "/no/such/file"], "/no/such/file"),
        (["--selection-log", "/no/such/directory/log"], "selection_log /no/such/directory/log cannot be written"),
        (["--health-address", "here"], "health_address"),
        (["--workers", "0"], "workers"),
    ],
)
def test_what_would_not_work_is_named(checked, arguments, said):
    status, lines = checked(*arguments)
    assert status == 1
    (line,) = wrong(lines)
    assert said in line


def test_settings_of_the_environment_count_and_unknown_ones_are_named(checked):
    status, lines = checked(QUERIST_METRICS_ADDRES="127.0.0.1:1")
    assert status == 1
    assert "did you mean QUERIST_METRICS_ADDRESS" in lines[0]


def test_a_directory_that_is_none(checked, tmp_path):
    status, lines = checked(QUERIST_LOCAL_TENSOR_DIRECTORY=str(tmp_path / "none"))
    assert status == 1
    assert str(tmp_path / "none") in wrong(lines)[0]


def test_an_insecure_public_address_and_too_many_workers_are_notes(checked):
    status, lines = checked("--address", "0.0.0.0:1", "--insecure", "--workers", "200")
    assert status == 0
    notes = [line for line in lines if line.startswith("note")]
    assert any("nothing is encrypted" in line for line in notes)
    assert any("200 selections at a time" in line for line in notes)
    assert any("whoever reaches 0.0.0.0:1 may call" in line for line in notes)


def test_traces_without_their_packages_are_a_note(checked, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "querist_server.tracing", None)
    status, lines = checked(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4317")
    assert status == 0
    assert any("pip install 'querist[otel]'" in line for line in lines)
