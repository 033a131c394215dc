"""The conformance files say what the server does, and Python's replay of them gives the same bits over TCP and over a Unix socket."""

import copy
import json
import math

import conformance
import grpc
import pytest
from conformance_cases import scenarios
from serving import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("server")
    with serving(directory, addresses=("127.0.0.1:0", f"unix:{directory}/q.sock")) as running:
        yield running


@pytest.fixture(scope="module")
def recorded(server):
    with grpc.insecure_channel(server.address) as channel:
        return {case["name"]: json.loads(json.dumps(case)) for case in conformance.record(channel, scenarios())}


def test_the_files_are_fresh(recorded):
    committed = {case["name"]: case for case in conformance.read()}
    assert committed.keys() == recorded.keys(), "make conformance"
    stale = [name for name, case in recorded.items() if not conformance.close(case, committed[name])]
    assert not stale, "make conformance"


@pytest.mark.parametrize("address", [0, 1], ids=["tcp", "unix"])
def test_requests_from_json_give_the_same_bits(server, recorded, address):
    with grpc.insecure_channel(server.server.addresses[address]) as channel:
        for name, case in recorded.items():
            found = conformance.outcome(channel, case["method"], conformance.requests_of(case))
            assert found == {key: case[key] for key in ("responses", "error") if key in case}, name


def test_success_and_refusal_are_as_the_names_say(recorded):
    assert [name for name, case in recorded.items() if ("error" in case) != name.startswith("error_")] == []
    assert all(case["error"]["reason"] != "INTERNAL" for case in recorded.values() if "error" in case)


def test_cutting_a_stream_changes_nothing(recorded):
    assert recorded["stream"]["responses"] == recorded["stream_one_block"]["responses"]


def test_all_packings_of_one_matrix_give_one_ranking(recorded):
    answers = [recorded[f"tensor_{name}"]["responses"][0]["selected"] for name in ("float64", "float32", "float16", "bfloat16")]
    assert answers[1:] == answers[:-1]


def test_the_comparison_of_fresh_files_notices_what_matters(recorded):
    case = recorded["keys_int64"]
    near, far, key = copy.deepcopy(case), copy.deepcopy(case), copy.deepcopy(case)
    scores = case["responses"][0]["selected"]["scores"]
    near["responses"][0]["selected"]["scores"][0] = math.nextafter(scores[0], 2)
    far["responses"][0]["selected"]["scores"][0] = scores[0] + 1e-9
    key["responses"][0]["selected"]["keys"][0] = str(int(case["responses"][0]["selected"]["keys"][0]) - 1)
    assert [conformance.close(case, other) for other in (case, near, far, key)] == [True, True, False, False]
