"""``querist simulate``."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from querist import cli
from sklearn.datasets import load_iris

X, Y = load_iris(return_X_y=True)
SHORT = ["--model", "sklearn.naive_bayes.GaussianNB", "--strategies", "margin", "--rounds", "2", "--batch", "5", "--processes", "1"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "flowers.csv"
    rows = (",".join(map(str, (*row, number, kind))) for number, (row, kind) in enumerate(zip(X, Y, strict=True)))
    path.write_text("\n".join(["a,b,c,d,number,kind", *rows]) + "\n")
    return path


def run(client, *arguments: object) -> int:
    return cli.main(["simulate", *map(str, arguments), "--address", client.address])


def test_a_table_is_replayed_and_all_is_written(client, table, tmp_path, capsys):
    output = tmp_path / "out"
    asked = (table, "--label", "kind", "--ids", "number", *SHORT, "--seeds", 3, "--targets", 0.9, 0.8, "--output", output)
    assert run(client, *asked) == 0
    shown = capsys.readouterr().out
    assert "GaussianNB" in shown
    assert " 80%  margin" in shown
    assert "here" in shown.splitlines()[-3]
    assert {path.name for path in output.iterdir()} == {"runs.jsonl", "curves.csv", "learning-curves.png", "report.html"}
    about = json.loads((output / "runs.jsonl").read_text().splitlines()[0])["about"]
    assert about["settings"]["rounds"] == 2
    before = (output / "runs.jsonl").stat().st_mtime_ns
    assert run(client, *asked) == 0
    assert (output / "runs.jsonl").stat().st_mtime_ns == before
    assert capsys.readouterr().out.split("seconds. In")[0].rsplit("\n", 1)[0] == shown.split("seconds. In")[0].rsplit("\n", 1)[0]


def test_parameters_of_the_model_and_prices(client, table, tmp_path, capsys):
    prices = ["--label-cost", 1, "--error-cost", 2, "--predictions", 1000, "--currency", "EUR"]
    asked = [table, "--label", "kind", *SHORT, "--seeds", 1, "--set", "var_smoothing=0.5", *prices, "--output", tmp_path / "out"]
    assert run(client, *asked) == 0
    shown = capsys.readouterr().out
    assert "GaussianNB(var_smoothing=0.5)" in shown
    assert "a label costs EUR 1, an error EUR 2, and 1,000 predictions" in shown


def test_the_same_arrays_give_the_same_as_the_table(client, table, tmp_path):
    np.savez(tmp_path / "flowers.npz", X=X, kind=Y)
    for name in ("flowers.csv", "flowers.npz"):
        more = ["--ids", "number"] if name.endswith("csv") else []
        asked = [tmp_path / name, "--label", "kind", *more, *SHORT, "--seeds", 1, "--output", tmp_path / name[-3:]]
        assert run(client, *asked) == 0
    assert (tmp_path / "csv" / "curves.csv").read_text() == (tmp_path / "npz" / "curves.csv").read_text()
    assert (tmp_path / "csv" / "runs.jsonl").read_text() == (tmp_path / "npz" / "runs.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--label is missing"),
        (["--label", "species"], "has no 'species'; it has a, b, c, d, number, kind"),
        (["--label", "kind", "--set", "alpha"], "--set is 'alpha'; it must be NAME=VALUE"),
        (["--label", "kind", "--rounds", "40"], "40 rounds of 10 are 400 instances"),
        (["--label", "kind", "--seeds", "0"], "seeds is 0"),
        (["--label", "kind", "--processes", "0"], "processes is 0"),
        (["--label", "a"], "labels are numbers such as"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(client, table, capsys, tmp_path, arguments, words):
    assert run(client, table, *arguments, "--output", tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("querist: ")
    assert words in said[0]


def test_digits_take_no_columns(client, capsys, tmp_path):
    assert run(client, "digits", "--label", "y", "--output", tmp_path) == 1
    assert "are for files, not for digits" in capsys.readouterr().err


def test_a_missing_package_is_named_with_its_extra(client, table, monkeypatch, capsys):
    here = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "sklearn" else here(name, *rest))
    assert run(client, table, "--label", "kind") == 1
    assert capsys.readouterr().err == "querist: simulate needs more packages: pip install 'querist[demo]'\n"


@pytest.mark.skipif(os.name != "posix", reason="a terminal's interruption is a signal to all processes of a group")
def test_ctrl_c_leaves_what_is_done_and_the_same_command_goes_on(client, table, tmp_path):
    """As a terminal does it: every process of the command gets the signal."""
    output = tmp_path / "out"
    arguments = ["simulate", str(table), "--label", "kind", "--ids", "number", *SHORT[:-1], "2", "--output", str(output)]
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # what runs in the background ignores it
    command = [sys.executable, "-c", f"{heard}; import sys; from querist.cli import main; sys.exit(main(sys.argv[1:]))", *arguments]
    command += ["--address", client.address, "--seeds", "5000"]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        runs = output / "runs.jsonl"
        try:
            while not runs.exists() or len(runs.read_text().splitlines()) < 4:
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert said.rstrip().endswith(f"stopped; the finished runs are in {output}, and the same command goes on from there")
    assert "Traceback" not in said
    done = runs.read_text().splitlines()
    assert run(client, *arguments[1:], "--seeds", 2) == 0
    assert runs.read_text().splitlines()[: len(done)] == done
