"""Called with no stubs at all: by grpcurl and reflection."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import querist
from serving import serving

GRPCURL = shutil.which("grpcurl") or shutil.which("grpcurl", path=str(Path(sys.executable).parent))
ROWS = np.random.default_rng(3).dirichlet(np.ones(3), 60)
WRONG_ROW = [0.5, 0.5, 0.5]
SEED = 2**64 - 3
"""Larger than signed 64-bit integers."""

needs_grpcurl = pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("server")
    with serving(directory, addresses=("127.0.0.1:0", f"unix:{directory}/q.sock")) as running:
        yield running


def expected(server, strategy):
    with querist.connect(server.address) as client:
        return client.select(ROWS, strategy=strategy, count=10, seed=SEED, random_share=0.2)


def check(selected, batch):
    """Compare the columns of an answer as JSON with what Python's client gives: the same bits."""
    assert [int(index) for index in selected["indices"]] == batch.indices.tolist()
    for name in ("scores", "priorities", "confidences", "inclusion_probabilities", "random_draws", "predicted_labels"):
        assert selected[name] == getattr(batch, name).tolist(), name


def grpcurl(server, address, *arguments):
    target = server.server.addresses[address]
    kind = ["-unix", target.removeprefix("unix:")] if target.startswith("unix:") else [target]
    command = [GRPCURL, "-plaintext", *arguments[:-1], *kind, arguments[-1]]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def message(rows):
    matrix = {"shape": [len(rows), 3], "doubles": {"values": np.ravel(rows).tolist()}}
    return {"header": {"strategy": "power_margin", "count": 10, "seed": str(SEED), "random_share": 0.2}, "pool": {"probabilities": matrix}}


@needs_grpcurl
@pytest.mark.parametrize("address", [0, 1], ids=["tcp", "unix"])
def test_grpcurl_ranks_by_reflection_alone(server, address):
    done = grpcurl(server, address, "-emit-defaults", "-d", json.dumps(message(ROWS)), "querist.v1.SelectionService/Select")
    assert done.returncode == 0, done.stderr
    selected = {_snake(name): value for name, value in json.loads(done.stdout)["selected"].items()}
    check(selected, expected(server, "power_margin"))


@needs_grpcurl
def test_grpcurl_streams(server):
    whole = message(ROWS)
    blocks = [{"block": {"first_row": index, "rows": message(ROWS[index : index + 1])["pool"]}} for index in range(len(ROWS))]
    stream = "\n".join(map(json.dumps, [{"header": whole["header"]}, *blocks]))
    done = grpcurl(server, 0, "-emit-defaults", "-d", stream, "querist.v1.SelectionService/SelectStream")
    assert done.returncode == 0, done.stderr
    answers = _documents(done.stdout)
    selected = {_snake(name): value for name, value in answers[-1]["result"]["selected"].items()}
    check(selected, expected(server, "power_margin"))


@needs_grpcurl
def test_grpcurl_lists_what_the_protos_declare(server):
    services = grpcurl(server, 0, "list").stdout.split()
    assert {f"querist.v1.{name}Service" for name in ("Selection", "Model", "System")} < set(services)
    assert "grpc.health.v1.Health" in services


@needs_grpcurl
def test_grpcurl_shows_what_is_wrong(server):
    done = grpcurl(server, 0, "-d", json.dumps(message([*ROWS.tolist(), WRONG_ROW])), "querist.v1.SelectionService/Select")
    assert done.returncode != 0
    assert "Code: InvalidArgument" in done.stderr
    assert "row 60: a row sums to 1.5" in done.stderr


def _snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _documents(text):
    """Split JSON objects that stand one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
