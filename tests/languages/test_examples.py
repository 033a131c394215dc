"""The example clients in other languages: what they print is what Python's client finds, and all answers have the same bits."""

import json
import math
import re
import shutil
import subprocess

import conformance
import grpc
import languages
import numpy as np
import pytest
import querist
from conformance_cases import LARGE_SEED, scenarios
from relay import RETRY_SECONDS, relay
from serving import serving

SELECT = "/querist.v1.SelectionService/Select"


def here(name):
    language = languages.LANGUAGES[name]
    missing = language.missing()
    why = f"no {', no '.join(missing)}" if missing else f"{name} is not built: make languages"
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing) or not language.built(), reason=why))


EVERY = [here(name) for name in languages.LANGUAGES]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("server")
    with serving(directory, addresses=("127.0.0.1:0", f"unix:{directory}/q.sock")) as running:
        yield running


@pytest.fixture(scope="module")
def files(server, tmp_path_factory):
    """Conformance files as this machine's Python gets them: to the last bit the same for everybody."""
    folder = tmp_path_factory.mktemp("conformance")
    with grpc.insecure_channel(server.address) as channel:
        for case in conformance.record(channel, scenarios()):
            conformance.write(case, folder)
    return sorted(folder.glob("*.json"))


def run(command, *arguments, environment=None):
    settings = {**languages.ENVIRONMENT, **(environment or {})}
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=100, env=settings)


def predictions(total):
    index = np.arange(total)
    first = 37 * index % 65
    second = 53 * index % (65 - first)
    return (np.stack([first, second, 64 - first - second], axis=1) / 64).astype("f4")


def expected(server):
    """Return what every example must print, apart from how often it tried again."""
    with querist.connect(server.address) as client:
        limits = client.info().limits
        settings = {"strategy": "margin", "count": 10, "seed": LARGE_SEED, "random_share": 0.2}
        unary, streamed = (" ".join(map(str, client.select(predictions(total), **settings).indices)) for total in (1000, 300_000))
    return [
        f"server querist.v1 message {limits['max_message_bytes']} block {limits['block_bytes']}",
        f"unary {unary}",
        f"stream {streamed} of 300000 progress true",
        "refused INVALID_ARGUMENT ROW_NOT_NORMALIZED pool.probabilities row 2 fields pool.probabilities",
        "late DEADLINE_EXCEEDED",
        "rounds VERDICT_INCONCLUSIVE VERDICT_STOP after 2",
    ]


@pytest.mark.parametrize("name", EVERY)
def test_it_finds_what_python_finds(server, name):
    language = languages.LANGUAGES[name]
    for address in server.server.addresses[: 2 if language.sockets else 1]:
        done = run(language.rank, address)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [*expected(server), "retried 0"]


@pytest.mark.parametrize("name", EVERY)
def test_it_comes_back_when_the_server_says_and_sends_its_token(server, name):
    with relay(server.address, {SELECT: 2}) as (address, seen):
        done = run(languages.LANGUAGES[name].rank, address, environment={"QUERIST_TOKEN": "secret"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [*expected(server), "retried 2"]
    assert {call.metadata.get("authorization") for call in seen} == {"Bearer secret"}
    first, second, third = [call.time for call in seen if call.method == SELECT][:3]
    assert min(second - first, third - second) >= RETRY_SECONDS  # their own first delays are shorter


@pytest.mark.parametrize("name", EVERY)
def test_all_answers_have_the_same_bits(server, files, name):
    language = languages.LANGUAGES[name]
    for address in server.server.addresses[: 2 if language.sockets else 1]:
        done = run(language.conformance, address, *files)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines() == [f"same {file.stem}" for file in files]


def changed(case):
    """Return files that differ from a good one by one thing each."""

    def turned(change):
        other = json.loads(json.dumps(case))
        change(other["responses"][0]["selected"])
        return other

    selected = case["responses"][0]["selected"]
    yield turned(lambda columns: columns["scores"].__setitem__(0, math.nextafter(selected["scores"][0], 2)))
    yield turned(lambda columns: columns["keys"].__setitem__(0, str(int(selected["keys"][0]) - 1)))
    yield turned(lambda columns: columns["indices"].reverse())
    yield {**case, "responses": case["responses"] * 2}
    yield {key: value for key, value in case.items() if key != "responses"} | {
        "error": {"code": "INTERNAL", "reason": "INTERNAL", "metadata": {}, "fields": []}
    }


@pytest.mark.parametrize("name", EVERY)
def test_the_runner_notices_a_bit_a_key_an_order_and_a_refusal(server, files, tmp_path, name):
    (good,) = (json.loads(file.read_text()) for file in files if file.stem == "keys_int64")
    (refused,) = (json.loads(file.read_text()) for file in files if file.stem == "error_sum")
    wrong = [*changed(good), {**refused, "error": {**refused["error"], "metadata": {"field": "pool.probabilities", "row": "2"}}}]
    for number, case in enumerate(wrong):
        conformance.write({**case, "name": f"wrong_{number}"}, tmp_path)
    done = run(languages.LANGUAGES[name].conformance, server.address, *sorted(tmp_path.glob("*.json")))
    assert done.returncode == 1, done.stderr
    assert re.findall(r"^DIFFERENT wrong_(\d)$", done.stdout, re.MULTILINE) == [str(number) for number in range(len(wrong))]


@pytest.mark.parametrize("name", EVERY[:1])
def test_the_types_for_typescript_fit_the_example_and_notice_a_wrong_name(name, tmp_path):
    source = languages.EXAMPLES / name
    for path in source.iterdir():
        if path.name == "node_modules":
            (tmp_path / path.name).symlink_to(path)
        elif path.suffix in {".js", ".json", ".ts"}:
            shutil.copy(path, tmp_path)
    manifest = tmp_path / "package.json"
    manifest.write_text(manifest.read_text().replace("../../../protos", languages.ENVIRONMENT["PROTOS"]))
    done = run(["npm", "run", "types", "--prefix", str(tmp_path)])
    assert done.returncode == 0, done.stdout + done.stderr
    program = tmp_path / "main.js"
    program.write_text(program.read_text().replace("random_share: 0.2", "random_chare: 0.2").replace("statistics.rows", "statistics.row"))
    wrong = run(["npm", "exec", "--prefix", str(tmp_path), "tsc", "--", "--project", str(tmp_path)])
    assert wrong.returncode != 0
    assert re.findall(r"'(random_chare|row)'", wrong.stdout) == ["random_chare", "row"]
