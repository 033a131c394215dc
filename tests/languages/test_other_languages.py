"""Called with no Python on the caller's side: the protos and a Node library, or grpcurl and nothing at all."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import querist
from serving import serving

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ROWS = np.array([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.5, 0.49, 0.01], [0.2, 0.2, 0.6]])
GRPCURL = shutil.which("grpcurl") or shutil.which("grpcurl", path=str(ROOT / ".venv" / "bin"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def expected(server):
    with querist.connect(server.address) as client:
        return client.select(ROWS, strategy="margin", count=3, seed=1)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not (HERE / "node" / "node_modules" / "@grpc").exists(), reason="the Node packages are not installed: make languages")
def test_node_ranks_by_message_and_by_stream_and_reads_errors(server, expected):
    command = ["node", str(HERE / "node" / "rank.js"), server.address, str(ROOT / "protos")]
    answers = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    for way in ("unary", "stream"):
        assert answers[way]["indices"] == expected.indices.tolist()
        assert answers[way]["scores"] == expected.scores.tolist()
    assert answers["wrong"]["code"] == 3
    assert answers["wrong"]["has_status"]
    assert "row 4: a row sums to 1.5" in answers["wrong"]["details"]


@pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")
def test_grpcurl_ranks_by_reflection_alone(server, expected):
    request = {
        "header": {"strategy": "margin", "count": 3, "seed": 1},
        "pool": {"probabilities": {"shape": [4, 3], "doubles": {"values": ROWS.ravel().tolist()}}},
    }
    command = [GRPCURL, "-plaintext", "-d", json.dumps(request), server.address, "querist.v1.SelectionService/Select"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert [int(index) for index in answer["selected"]["indices"]] == expected.indices.tolist()
    assert answer["selected"]["scores"] == expected.scores.tolist()
