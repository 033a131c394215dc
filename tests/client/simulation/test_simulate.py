"""Replays over gRPC: the same curves however they are made, and what is kept of those that were broken off."""

import asyncio
import inspect
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import querist
from querist.demo import replayed
from querist.demo.data import split
from querist.demo.loop import campaign
from querist.errors import InvalidRequestError, QueristError
from querist.simulation import processes as beside
from querist.simulation.replaying import simulate
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.naive_bayes import GaussianNB

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
SHORT = {"estimator": GaussianNB(), "strategies": ["margin"], "rounds": 2, "batch": 5, "seeds": 2}

PARAMETERS = inspect.signature(querist.Client.simulate).parameters
DEFAULTS = {name: each.default for name, each in PARAMETERS.items() if each.default is not inspect.Parameter.empty}


def lines(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]


def test_each_strategy_is_replayed_on_the_same_splits(client):
    found = client.simulate(X, NAMES, **SHORT)
    assert list(found.curves) == ["margin", "random"]
    for margin, control in zip(found.curves["margin"], found.curves["random"], strict=True):
        assert margin.labels == control.labels == (10, 15, 20)
        assert margin.scores[0] == control.scores[0]
        assert control.stop is None
    assert found.curves["margin"][0] != found.curves["margin"][1]


def test_the_same_seeds_give_the_same_curves_in_any_order_and_number_of_processes(client, tmp_path):
    more = {**SHORT, "strategies": ["margin", "power_bald"], "estimator": ExtraTreesClassifier(5), "rounds": 1}
    here = client.simulate(X, Y, **more, output=tmp_path)
    apart = client.simulate(X, Y, **{**more, "seeds": [1, 0], "strategies": ["power_bald", "margin"]}, processes=2)
    assert apart.seeds == (1, 0)
    for name in here.curves:
        assert apart.curves[name] == here.curves[name][::-1]
    assert len(lines(tmp_path)) == 1 + 3 * 2


def test_another_machines_linear_algebra_gives_the_same_curves(client):
    """As far as OpenBLAS can play an older machine's, whose float32 fits choose otherwise here. Other libraries are their own measure."""
    features, labels = load_digits(return_X_y=True)
    model = "sklearn.linear_model.LogisticRegression"
    here = client.simulate(features[:900] / 16, labels[:900], estimator=model, strategies=["margin"], seeds=1, rounds=8)
    program = f"""
import sys, json, querist
from sklearn.datasets import load_digits
features, labels = load_digits(return_X_y=True)
with querist.connect(sys.argv[1]) as q:
    found = q.simulate(features[:900] / 16, labels[:900], estimator="{model}", strategies=["margin"], seeds=1, rounds=8)
print(json.dumps(found.rows()))
"""
    machine = {**os.environ, "OPENBLAS_CORETYPE": "Nehalem"}
    there = subprocess.run([sys.executable, "-c", program, client.address], env=machine, stdout=subprocess.PIPE, check=True)
    assert json.loads(there.stdout) == [list(row) for row in here.rows()]


def test_the_demo_gives_the_same_curves(client, tmp_path):
    """The demo's model runs as an ONNX model, a replay sends probabilities: what is chosen is the same."""
    found = simulate(client, **{**DEFAULTS, **replayed.arguments(), "rounds": 3, "seeds": [1]})
    for arm, runs in found.curves.items():
        shown = campaign(client, split(1), arm, seed=1, rounds=3, batch=10, folder=tmp_path)
        assert (runs[0].labels, runs[0].scores) == (shown.labels, shown.scores)


def test_a_broken_replay_goes_on_and_takes_up_more_seeds_and_strategies(client, tmp_path):
    told: list[tuple[int, int]] = []

    def enough_at_two(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.simulate(X, Y, **SHORT, output=tmp_path, progress=enough_at_two)
    assert told == [(0, 4), (1, 4), (2, 4)]
    with (tmp_path / "runs.jsonl").open("a") as file:
        file.write('{"strategy": "margin", "pl')  # what a kill leaves
    told.clear()
    whole = client.simulate(X, Y, **SHORT, output=tmp_path, progress=lambda *each: told.append(each))
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert whole.curves == client.simulate(X, Y, **SHORT).curves
    more = client.simulate(
        X, Y, **{**SHORT, "seeds": 3, "strategies": ["entropy", "margin"]}, output=tmp_path, progress=lambda *each: told.append(each)
    )
    assert told[3:] == [(4, 9), (5, 9), (6, 9), (7, 9), (8, 9), (9, 9)]
    assert more.curves["margin"][:2] == whole.curves["margin"]


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
def test_a_process_that_dies_takes_no_finished_run_along(client, tmp_path):
    def kill_one(done: int, _: int) -> None:
        if done == 1:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    with pytest.raises(QueristError, match="a process of the simulation died: it was killed"):
        client.simulate(X, Y, **{**SHORT, "seeds": 500}, processes=2, output=tmp_path, progress=kill_one)
    kept = lines(tmp_path)[1:]
    assert kept
    found = client.simulate(X, Y, **SHORT)
    for each in kept:
        if each["seed"] < 2:
            assert each["scores"] == list(found.curves[each["strategy"]][each["seed"]].scores)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 6}, "settings.batch was 5 and is 6"),
        ({"estimator": GaussianNB(var_smoothing=0.1)}, "model.var_smoothing was '1e-09' and is '0.1'"),
        ({"features": X + 1}, "data.features was"),
        ({"control": "entropy"}, "control was 'random' and is 'entropy'"),
    ],
)
def test_runs_of_another_simulation_are_not_mixed_in(client, tmp_path, change, words):
    short = {**SHORT, "features": X, "labels": Y, "seeds": 1, "rounds": 1}
    client.simulate(**short, output=tmp_path)
    with pytest.raises(InvalidRequestError, match=f"holds runs of another simulation .{words}.*: take another directory") as caught:
        client.simulate(**{**short, **change}, output=tmp_path)
    assert caught.value.field == "output"


def test_a_file_that_is_none_of_a_simulation_is_left_alone(client, tmp_path):
    (tmp_path / "runs.jsonl").write_text("something else\n")
    with pytest.raises(InvalidRequestError, match="damaged, or no file of a simulation"):
        client.simulate(X, Y, **SHORT, output=tmp_path)
    assert (tmp_path / "runs.jsonl").read_text() == "something else\n"


def test_committees_embeddings_plans_and_auto(client):
    plans = {
        "bald": "power_bald",
        "herding": "uherding",
        "mine": querist.Plan("margin", querist.parts.Power(beta=2.0), guards=["near_duplicate"]),
        "voting": querist.Plan(querist.parts.VoteEntropy()),
        "auto": "auto",
    }
    short = {**SHORT, "rounds": 1, "seeds": 1}
    found = client.simulate(X, Y, **{**short, "strategies": plans}, embeddings="features")
    assert list(found.curves) == [*plans, "random"]
    unnamed = client.simulate(X, Y, **{**short, "strategies": [plans["mine"]]}, embeddings="features")
    assert list(unnamed.curves) == ["margin + Power", "random"]


def test_the_stop_verdict_and_its_regret(client):
    """Labels that cost nearly nothing are worth going on for; labels that cost much are not."""
    features, labels = make_classification(400, flip_y=0.2, random_state=3)
    prices = {"label_cost": 1.0, "error_cost": 0.01, "predictions": 100, "batch_cost": 2.0}
    found = client.simulate(features, labels, **{**SHORT, "rounds": 4, "seeds": 1}, economics=prices)
    (stop,) = found.stops["margin"]
    assert stop.labels == 10 + 5 * (stop.round - 1)
    curve = found.curves["margin"][0]
    costs = [count + 2 * number - score for number, (count, score) in enumerate(zip(curve.labels, curve.scores, strict=True))]
    assert stop.regret == pytest.approx(costs[stop.round - 1] - min(costs))
    assert stop.regret_at_the_end == pytest.approx(costs[-1] - min(costs))
    assert "regret is against the cheapest stop known afterwards" in found.summary()
    never = client.simulate(features, labels, **{**SHORT, "rounds": 2, "seeds": 1}, economics={**prices, "error_cost": 1e6})
    assert never.stops == {"margin": (None,)}
    assert "the verdict was never to stop" in never.summary()


def test_without_validation_rows_there_is_no_advice(client):
    found = client.simulate(X, Y, **{**SHORT, "rounds": 1, "seeds": 1}, validation_rows=0)
    assert found.stops == {"margin": (None,)}
    assert "When to stop" not in found.summary()


def test_fits_that_gave_up_are_counted(client):
    model = "sklearn.neural_network.MLPClassifier"
    found = client.simulate(X, Y, **{**SHORT, "estimator": model, "rounds": 1, "seeds": 1}, score="neg_log_loss")
    assert "4 fits of the model gave up before they had converged" in found.summary()
    assert found.curves["random"][0].scores[0] < 0


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"strategies": ["marginal"]}, "strategies", "'marginal' is no strategy of the server; allowed are auto, "),
        ({"strategies": "margin"}, "strategies", "must be a list of names or plans"),
        ({"strategies": []}, "strategies", "strategies is empty"),
        ({"strategies": ["random"]}, "strategies", "nothing but the control"),
        ({"strategies": ["margin", "margin"]}, "strategies", "has 'margin' twice"),
        ({"strategies": ["badge"]}, "embeddings", "'badge' needs embeddings; give some, or embeddings='features'"),
        ({"strategies": ["expected_cost"]}, "strategies", "'expected_cost' needs cost matrix, which a replay of classes does not have"),
        ({"control": "chance"}, "control", "'chance' is no strategy"),
        ({"labels": Y[:-1]}, "labels", "labels have 149 rows; features have 150"),
        ({"embeddings": X[:7]}, "embeddings", "embeddings have 7 rows; features have 150"),
        ({"embeddings": "pixels"}, "embeddings", "allowed are an array, or 'features'"),
        ({"processes": 0}, "processes", "processes is 0"),
        ({"rounds": 30}, "rounds", "30 rounds of 5 are 150 instances, and the pool has 75"),
        ({"score": "f1"}, "score", "score is 'f1', which cannot be measured here: Target is multiclass"),
        ({"estimator": "sklearn.neighbors.KNeighborsClassifier", "score": "roc_auc"}, "score", "cannot be measured here"),
        ({"features": X - 5, "estimator": "sklearn.naive_bayes.MultinomialNB"}, "estimator", "cannot learn the 10 labels"),
    ],
)
def test_what_cannot_be_replayed_is_said_before_anything_runs(client, tmp_path, change, field, words):
    with pytest.raises(InvalidRequestError, match=words) as caught:
        client.simulate(**{"features": X, "labels": Y, **SHORT, **change}, output=tmp_path)
    assert caught.value.field == field
    assert not (tmp_path / "runs.jsonl").exists()


async def test_the_asynchronous_client_finds_the_same_and_ends_when_it_is_cancelled(client, tmp_path):
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with querist.aio.connect(client.address) as asynchronous:
        found = await asynchronous.simulate(X, Y, **SHORT)
        assert found.curves == client.simulate(X, Y, **SHORT).curves
        long = asynchronous.simulate(
            X, Y, **{**SHORT, "seeds": 10_000}, output=tmp_path, progress=lambda *_: loop.call_soon_threadsafe(begun.set)
        )
        running = asyncio.ensure_future(long)
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await asyncio.wait_for(loop.shutdown_default_executor(), 60)  # returns when the thread has ended
    assert len(lines(tmp_path)) < 10_000


def test_what_is_not_wanted_any_more_ends_after_the_present_round(client, tmp_path):
    enough = threading.Event()
    with pytest.raises(beside.Stopped):
        simulate(
            client,
            X,
            Y,
            **{**DEFAULTS, **SHORT, "seeds": 50, "output": tmp_path, "progress": lambda done, _: enough.set() if done == 1 else None},
            enough=enough,
        )
    assert len(lines(tmp_path)) == 2
