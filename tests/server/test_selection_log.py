"""The selection log: what it says of selections however they were sent, how it outlives disks, and that they can be run again from it."""

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
import querist
from onnx_models import X, linear
from querist import codec
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server import cli, moved_file
from querist_server.service import selection_log
from querist_server.service.account import Account, Answered
from querist_server.service.calls import Call
from querist_server.service.observing import Outcome
from scrape import Page
from serving import serving


@pytest.fixture
def log(tmp_path):
    return tmp_path / "selections.jsonl"


@pytest.fixture
def server(tmp_path, log):
    with serving(tmp_path, selection_log=log, metrics_address="127.0.0.1:0", uploads="on", max_message_bytes=4 * 2**20) as running:
        yield running


@pytest.fixture
def q(server):
    with querist.connect(server.address, retries=0) as client:
        yield client


def lines(log: Path, count: int) -> list[dict]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = log.read_text().splitlines() if log.exists() else []
        if len(found) >= count:
            return [json.loads(line) for line in found]
        time.sleep(0.01)
    raise AssertionError(f"{len(found)} lines of {count}")


def test_a_line_says_what_was_chosen_by_what_from_what_and_holds_no_data(q, log, rng):
    pool = rng.dirichlet(np.ones(3), 200)
    ids = [f"secret-{row}" for row in range(200)]
    batch = q.select(pool, strategy="margin", count=5, seed=3, random_share=0.4, ids=ids, exclude=[7, 8])
    (line,) = lines(log, 1)
    assert (line["selection_id"], line["strategy"], line["seed"], line["rows"]) == (batch.selection_id, "margin", 3, 200)
    assert line["version"] == querist.__version__
    assert line["plan"] == {"score": {"margin": {}}, "choice": {"top": {}}}
    assert line["header"] == {"count": "5", "random_share": 0.4}
    assert line["inputs"]["probabilities"] == {"dtype": "FLOAT64", "shape": [200, 3], "sha256": hashlib.sha256(pool.tobytes()).hexdigest()}
    assert line["inputs"]["exclude_indices"]["shape"] == [2]
    assert line["chosen"]["rows"] == batch.indices.tolist()
    digest = hashlib.sha256(batch.indices.astype("<i8").tobytes() + batch.scores.astype("<f8").tobytes()).hexdigest()
    assert line["chosen"]["sha256"] == digest
    assert list(line["scores"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert sorted(line["scores"].values()) == list(line["scores"].values())
    assert line["seconds"].keys() == {"decode", "score", "choose"}
    assert "secret" not in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_unary_stream_and_cuts_have_the_same_digests(q, log, rng):
    pool = rng.dirichlet(np.ones(3), 60_000)
    embeddings = rng.standard_normal((60_000, 4)).astype("f4")
    q.select(pool, embeddings=embeddings, strategy="margin", count=5, seed=3)
    batches = [{"probabilities": pool[a:b], "embeddings": embeddings[a:b]} for a, b in ((0, 7), (7, 30_001), (30_001, 60_000))]
    q.select(iter(batches), strategy="margin", count=5, seed=3)
    q.select(pool[:100], embeddings=embeddings[:100], strategy="margin", count=5, seed=3)
    whole, cut, other = lines(log, 3)
    assert whole["inputs"] == cut["inputs"] != other["inputs"]
    assert whole["chosen"] == cut["chosen"]


def test_a_file_has_the_same_digests_as_bytes(tmp_path, log, rng):
    pool = rng.dirichlet(np.ones(3), 200).astype("f4")
    request = pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=5, seed=3))
    request.pool.probabilities.CopyFrom(codec.encode(pool))
    as_file = pb.SelectRequest()
    as_file.CopyFrom(request)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "pool").write_bytes(b"before" + pool.tobytes())
    as_file.pool.probabilities.file.name, as_file.pool.probabilities.file.offset = "pool", 6
    with serving(tmp_path, selection_log=log, local_tensor_directory=tmp_path / "shared") as server:
        with grpc.insecure_channel(server.address) as channel:
            for each in (request, as_file):
                SelectionServiceStub(channel).Select(each, timeout=30)
        sent, read = lines(log, 2)
    assert sent["inputs"] == read["inputs"]
    assert sent["chosen"] == read["chosen"]


def test_failed_calls_leave_no_line(q, log, rng):
    pool = rng.dirichlet(np.ones(3), 20)
    with pytest.raises(querist.errors.InvalidRequestError):
        q.select(pool, strategy="margin", count=21)
    q.select(pool, strategy="margin", count=2)
    assert len(lines(log, 1)) == 1


def test_a_file_that_is_moved_is_made_anew(q, log, rng):
    pool = rng.dirichlet(np.ones(3), 20)
    first = q.select(pool, strategy="margin", count=2)
    lines(log, 1)
    log.rename(log.with_suffix(".1"))
    second = q.select(pool, strategy="margin", count=2)
    assert lines(log, 1)[0]["selection_id"] == second.selection_id
    assert json.loads(log.with_suffix(".1").read_text())["selection_id"] == first.selection_id
    log.unlink()
    third = q.select(pool, strategy="margin", count=2)
    assert lines(log, 1)[0]["selection_id"] == third.selection_id


def test_a_failing_disk_fails_no_call_is_counted_and_heals(server, q, log, rng):
    pool = rng.dirichlet(np.ones(3), 20)
    log.mkdir()  # which nobody can write lines to, not even the superuser
    for _ in range(3):
        assert len(q.select(pool, strategy="margin", count=2)) == 2
    page = server.server.instruments.addresses["metrics"]
    deadline = time.monotonic() + 20
    while Page(page)("querist_selection_log_lost_total") < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    log.rmdir()
    last = q.select(pool, strategy="margin", count=2)
    assert [line["selection_id"] for line in lines(log, 1)] == [last.selection_id]
    assert Page(page)("querist_selection_log_written_total") == 1


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    file = moved_file.MovedFile(tmp_path / "log")
    file.append(b"whole\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    with pytest.raises(OSError, match="No space"):
        file.append(b"another\n")
    monkeypatch.undo()
    file.append(b"whole too\n")
    assert (tmp_path / "log").read_bytes() == b"whole\nwhole too\n"
    file.close()


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        moved_file.MovedFile(tmp_path / "log").append(b"line\n")


async def test_a_slow_disk_costs_lines_and_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(selection_log, "MOST_WAITING", 25)
    monkeypatch.setattr(selection_log, "LAST_SECONDS", 0.1)
    monkeypatch.setattr(selection_log, "line_of", lambda *_: time.sleep(1))
    found = selection_log.SelectionLog(tmp_path / "log")

    class Chosen:
        indices = np.arange(10)

    for _ in range(10):
        call = Call("/x", "id", account=Account(answered=Answered(None, 0, Chosen(), "id")))
        found.ended(call, Outcome("OK"))
    assert found.lost == 8
    found.close()


def run(*arguments: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-c", "from querist import cli; cli.main()", "replay", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=110)
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


def replayed(capsys, *arguments: str) -> tuple[int, list[str]]:
    status = cli.main(["replay", *arguments])
    out = capsys.readouterr()
    return status, (out.out + out.err).splitlines()


def test_the_command_runs_a_selection_again(q, log, tmp_path, rng):
    pool = rng.dirichlet(np.ones(3), 300)
    batch = q.select(pool, strategy="power_margin", count=9)  # draws, with a seed of the server's own
    lines(log, 1)
    np.save(tmp_path / "pool.npy", pool)
    assert run(str(log), "--inputs", f"probabilities={tmp_path / 'pool.npy'}") == (0, [f"{batch.selection_id}  the same answer"])


def test_everything_that_can_be_sent_can_be_replayed(q, log, tmp_path, rng, capsys):
    pool, embeddings = rng.dirichlet(np.ones(3), 40_000), rng.standard_normal((40_000, 8)).astype("f4")
    sent = {"probabilities": pool, "embeddings": embeddings, "costs": rng.integers(1, 9, 40_000)}
    labelled = querist.Labelled(embeddings=embeddings[:5], classes=[0, 1, 2, 0, 1])
    plan = querist.Plan("margin", "k_center", prefilter=200, guards=["near_duplicate"], weights=["cost"])
    q.select(**sent, labelled=labelled, strategy=plan, count=12, seed=1, random_share=0.25, exclude=list(range(50)))
    np.savez(
        tmp_path / "all.npz",
        **sent,
        **{"labelled.embeddings": labelled.embeddings, "labelled.classes": np.array(labelled.classes), "exclude_indices": np.arange(50)},
    )
    committee = rng.dirichlet(np.ones(3), (400, 3))
    q.select(committee=committee, committee_layout="rows_first", strategy="bald", count=5, member_weights=[1, 2, 3])
    np.savez(tmp_path / "committee.npz", **{"committee.probabilities": committee})
    q.select(pool[:90], strategy=querist.Plan("expected_cost"), cost_matrix=np.eye(3, dtype="f4"), count=3)
    np.savez(tmp_path / "costs.npz", probabilities=pool[:90], cost_matrix=np.eye(3, dtype="f4"))
    q.select(pool[:90], strategy="auto", count=3, campaign=querist.CampaignRound(labelled=10))
    np.savez(tmp_path / "auto.npz", probabilities=pool[:90])
    names = [line["selection_id"] for line in lines(log, 4)]
    for name, file in zip(names, ("all", "committee", "costs", "auto"), strict=True):
        status, told = replayed(capsys, str(log), "--inputs", str(tmp_path / f"{file}.npz"), "--selection", name)
        assert (status, told) == (0, [f"{name}  the same answer"])


def test_a_selection_with_a_model_is_replayed_with_the_models_file(q, log, tmp_path, capsys):
    (tmp_path / "model.onnx").write_bytes(linear())
    q.select(models=[linear()], model_inputs={"x": X}, strategy="entropy", count=4)
    (line,) = lines(log, 1)
    assert line["header"]["models"] == [{"digest": hashlib.sha256(linear()).hexdigest()}]
    np.savez(tmp_path / "inputs.npz", **{"model_inputs[x]": X})
    given = [str(log), "--inputs", str(tmp_path / "inputs.npz")]
    status, told = replayed(capsys, *given)
    assert status == 1
    assert "it runs models" in told[0]
    assert replayed(capsys, *given, "--model", str(tmp_path / "model.onnx")) == (0, [f"{line['selection_id']}  the same answer"])


def test_an_input_that_differs_is_named(q, log, tmp_path, rng, capsys):
    pool, embeddings = rng.dirichlet(np.ones(3), 50), rng.standard_normal((50, 2))
    q.select(pool, embeddings=embeddings, strategy="k_center", count=3)
    lines(log, 1)
    other = pool.copy()
    other[49, 2] = np.nextafter(other[49, 2], 1)
    np.savez(tmp_path / "other.npz", probabilities=other, embeddings=embeddings)
    status, told = replayed(capsys, str(log), "--inputs", str(tmp_path / "other.npz"))
    assert status == 1
    assert "NOT the same: probabilities is not the same: sha256" in told[0]
    assert "embeddings" not in told[0]
    np.savez(tmp_path / "less.npz", probabilities=pool.astype("f4"))
    status, told = replayed(capsys, str(log), "--inputs", str(tmp_path / "less.npz"))
    assert status == 1
    assert "embeddings is missing: FLOAT64 [50, 2]" in told[0]
    assert "(FLOAT32 [50, 3], was FLOAT64 [50, 3])" in told[0]


def test_another_answer_is_told_by_its_first_place(q, log, tmp_path, rng, capsys):
    pool = rng.dirichlet(np.ones(3), 50)
    batch = q.select(pool, strategy="margin", count=3)
    np.save(tmp_path / "pool.npy", pool)
    (line,) = lines(log, 1)
    line["chosen"] |= {"sha256": "0" * 64, "rows": [int(batch.indices[0]), 49, int(batch.indices[2])]}
    log.write_text(json.dumps(line) + "\n")
    status, told = replayed(capsys, str(log), "--inputs", f"probabilities={tmp_path / 'pool.npy'}")
    assert status == 1
    assert f"place 1 is row {batch.indices[1]}; it was row 49" in told[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("words\n", "line 1: not JSON"),
        ('{"format": 99}\n', "not a line of a selection log that this version"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_log_is_a_line_and_not_a_traceback(tmp_path, content, told, capsys):
    log = tmp_path / "log"
    if content is not None:
        log.write_text(content)
    status, out = replayed(capsys, str(log))
    assert status == 2
    assert told in out[0]
