import asyncio
import importlib.util
import inspect
import json
import multiprocessing
import pickle

import numpy as np
import pandas as pd
import pytest
import querist
from querist import cli
from querist.errors import DeadlineExceededError, InvalidRequestError
from querist.v1.parts import Entropy, Margin, Mix, MixPart, Power

ROWS = np.random.default_rng(5).dirichlet(np.ones(4), 3000)


def test_a_batch_holds_what_was_asked_for(client):
    batch = client.select(ROWS, strategy="margin", count=5, seed=9, keys=np.arange(3000) + 10**12, ids=[f"row-{i}" for i in range(3000)])
    assert len(batch) == 5
    assert batch.ids == [f"row-{i}" for i in batch.indices]
    np.testing.assert_array_equal(batch.keys, batch.indices + 10**12)
    np.testing.assert_array_equal(batch.predicted_labels, ROWS[batch.indices].argmax(axis=1))
    assert (batch.strategy, batch.seed, batch.plan.prefilter) == ("margin", 9, None)
    assert batch.plan.score == Margin()
    assert batch.statistics.score_histogram.counts.sum() == 3000
    assert not batch.indices.flags.writeable
    assert "Batch of 5 of 3000 by margin" in repr(batch)
    frame = batch.to_pandas()
    assert frame["ids"].tolist() == batch.ids
    plan = json.loads(json.dumps(batch.to_dict()))["plan"]
    assert (plan["score"], plan["choice"], plan["prefilter"], plan["guards"]) == ({"Margin": {}}, {"Top": {}}, None, [])


def test_plans_are_typed_and_come_back_with_their_defaults(client):
    plan = querist.Plan(
        Mix(parts=(MixPart(score="margin"), MixPart(score=Entropy(normalized=True), weight=2.0)), scale="rank"), Power(), 100
    )
    batch = client.select(ROWS, strategy=plan, count=5, seed=1, return_components=True)
    assert batch.plan.choice == Power(beta=1.0)
    assert batch.plan.score.parts[1] == MixPart(score=Entropy(normalized=True), weight=2.0)
    assert set(batch.components) == {"margin", "entropy"}
    again = client.select(ROWS, strategy=batch.plan, count=5, seed=1)
    np.testing.assert_array_equal(again.indices, batch.indices)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (querist.Plan("margins"), "plan.score"),
        (querist.Plan(Power()), "plan.score"),
        (querist.Plan("margin", "bottom"), "plan.choice"),
        (querist.Plan("margin", Power(beta="hot")), "plan.choice.power.beta"),
        (querist.Plan(Mix(parts=(MixPart(score="margin"),) * 2, scale="loud")), "plan.score.mix.scale"),
    ],
)
def test_plans_that_cannot_be_are_refused_before_anything_is_sent(client, plan, field):
    with pytest.raises(InvalidRequestError) as caught:
        client.select(ROWS, strategy=plan, count=1)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "strategy"),
        ({"strategy": "margin"}, "count"),
        ({"strategy": "margin", "count": 1, "rank_all": True}, "count"),
        ({"strategy": "margin", "count": 1, "ids": ["a"]}, "ids"),
        ({"strategy": "margin", "count": 1, "seed": -1}, "seed"),
        ({"strategy": "margin", "count": 1, "scores": np.zeros(2)}, "scores"),
        ({"strategy": "margin", "count": 1, "exclude": np.array([0.5])}, "exclude"),
        ({"strategy": "margin", "count": 1, "committee_layout": "sideways"}, "committee_layout"),
        ({"strategy": "margin", "count": 1, "committee": [ROWS, ROWS[:5]]}, "committee"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(client, arguments, field):
    with pytest.raises(InvalidRequestError) as caught:
        client.select(ROWS, **arguments)
    assert caught.value.field == field


def test_batches_stream_with_their_ids(client):
    def batches():
        for start in range(0, 3000, 700):
            part = ROWS[start : start + 700]
            yield {"probabilities": part, "ids": [f"row-{start + i}" for i in range(len(part))]}

    batch = client.select(batches(), strategy="margin", count=7)
    expected = client.select(ROWS, strategy="margin", count=7)
    np.testing.assert_array_equal(batch.indices, expected.indices)
    assert batch.ids == [f"row-{i}" for i in expected.indices]


def test_what_goes_wrong_in_a_batch_is_raised_as_it_is(client):
    def broken():
        yield ROWS
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        client.select(broken(), strategy="margin", count=1)
    with pytest.raises(InvalidRequestError, match="colour"):
        client.select(iter([{"colour": ROWS}]), strategy="margin", count=1)


async def test_asynchronous_batches_stream(client):
    async def batches():
        for part in np.array_split(ROWS, 9):
            await asyncio.sleep(0)
            yield part

    async with querist.aio.connect(client.address) as q:
        batch = await q.select(batches(), strategy="margin", count=7)
    np.testing.assert_array_equal(batch.indices, client.select(ROWS, strategy="margin", count=7).indices)


def test_progress_and_all_scores(client):
    heard = []
    batch = client.select(ROWS, strategy="entropy", count=3, return_scores=True, progress=heard.append)
    assert heard[-1].stage == "CHOOSE"
    assert heard[-1].rows_received == heard[-1].rows_total == 3000
    np.testing.assert_array_equal(np.sort(batch.all_scores)[::-1][:3], batch.scores)


def test_a_long_ranking_comes_in_pieces(client):
    many = np.random.default_rng(1).random(150_000)
    batch = client.select(scores=many, strategy="caller", rank_all=True, return_scores=True)
    np.testing.assert_array_equal(batch.indices, np.argsort(-many, kind="stable"))
    np.testing.assert_array_equal(batch.scores, many[batch.indices])


def test_pieces_of_a_long_ranking_stay_below_every_librarys_default_limit(client):
    from querist import _requests
    from querist.v1 import selection_service_pb2 as pb

    mix = Mix(parts=(MixPart(score="caller"),) * 16, scale="min_max")
    many = np.random.default_rng(1).random(100_000)
    request = _requests.request_of(
        _requests.Selecting(
            scores=many,
            keys=np.arange(100_000) + 2**60,
            strategy=querist.Plan(mix),
            rank_all=True,
            return_components=True,
            return_scores=True,
        )
    )
    messages = [pb.SelectStreamRequest(header=request.header), *map(pb.SelectStreamRequest.FromString, request.arrays.blocks(0))]
    sizes = [event.ByteSize() for event in client._selection.SelectStream(iter(messages))]
    assert max(sizes) < 4 * 2**20


def test_deadlines_are_kept(client):
    with pytest.raises(DeadlineExceededError):
        client.select(embeddings=np.random.default_rng(0).random((20_000, 40)), strategy="lcmd", count=3000, timeout=0.2)


def test_the_catalogue_and_the_server(client):
    found = client.strategies()
    assert found.presets["margin"].needs == ("PROBABILITIES",)
    assert found.choices["power"].parameters[0].default == "1.0"
    assert client.info().version == querist.__version__


def test_clients_can_be_pickled(client):
    with querist.connect(client.address) as one, pickle.loads(pickle.dumps(one)) as two:
        assert two.info() == one.info()
    with pytest.raises(TypeError, match="private server"):
        pickle.dumps(client)


def _ask(client, pipe):
    pipe.send(client.select(ROWS, strategy="margin", count=3).indices.tolist())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_client_works_after_a_fork(client):
    with querist.connect(client.address) as forked:
        expected = forked.select(ROWS, strategy="margin", count=3).indices.tolist()  # the channel is open before the fork
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_ask, args=(forked, there))
        process.start()
        assert here.poll(30)
        assert here.recv() == expected
        process.join(30)


def test_both_clients_offer_the_same():
    methods = [name for name in dir(querist.Client) if not name.startswith("_") and name != "address"]
    assert methods == [name for name in dir(querist.aio.AsyncClient) if not name.startswith("_") and name != "address"]
    for name in methods:
        sync, asynchronous = (inspect.signature(getattr(kind, name)) for kind in (querist.Client, querist.aio.AsyncClient))
        assert sync.parameters == asynchronous.parameters, name
    assert inspect.signature(querist.connect).parameters == inspect.signature(querist.aio.connect).parameters


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "p.npy", ROWS)
    np.savez(tmp_path / "p.npz", committee=np.stack([ROWS, ROWS[::-1]]), member_weights=np.array([1.0, 2.0]))
    lines = ["name,a,b,c,d", *(f"r{i},{','.join(map(repr, row.tolist()))}" for i, row in enumerate(ROWS[:50]))]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    (tmp_path / "bad.csv").write_text("a,b\n0.5,x\n")
    return tmp_path


def test_the_command_selects_from_files(client, files, capsys):
    at = ["--address", client.address]
    assert cli.main(["select", str(files / "p.npy"), "--count", "4", *at]) == 0
    rows = capsys.readouterr().out.splitlines()
    expected = client.select(ROWS, strategy="margin", count=4)
    assert [int(row.split(",")[0]) for row in rows[1:]] == expected.indices.tolist()
    assert cli.main(["select", str(files / "p.npz"), "--strategy", "bald", "--count", "3", "--output", str(files / "out.json"), *at]) == 0
    assert len(json.loads((files / "out.json").read_text())["indices"]) == 3
    assert cli.main(["select", str(files / "p.csv"), "--ids", "name", "--all", "--output", str(files / "out.csv"), *at]) == 0
    assert len((files / "out.csv").read_text().splitlines()) == 51
    assert cli.main(["strategies", *at]) == 0
    assert "power_bald" in capsys.readouterr().out
    assert cli.main(["info", *at]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == querist.__version__


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["p.npy", "--strategy", "margins"], "there is no strategy 'margins'"),
        (["none.npy"], "cannot be read"),
        (["bad.csv"], "cannot be read"),
        (["p.txt"], "is none of .npy"),
        (["p.csv", "--ids", "nobody"], "has no nobody"),
        (["p.npy", "--count", "9999"], "the pool has 3000 candidates"),
    ],
)
def test_the_command_says_what_is_wrong_in_a_line(client, files, capsys, arguments, words):
    assert cli.main(["select", str(files / arguments[0]), *arguments[1:], "--address", client.address]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_the_command_reads_parquet(client, tmp_path, capsys):
    frame = pd.DataFrame(ROWS[:50], columns=list("abcd"))
    frame.insert(0, "name", [f"r{i}" for i in range(50)])
    frame.to_parquet(tmp_path / "p.parquet")
    assert cli.main(["select", str(tmp_path / "p.parquet"), "--ids", "name", "--count", "2", "--address", client.address]) == 0
    expected = client.select(ROWS[:50], strategy="margin", count=2)
    assert [row.split(",")[1] for row in capsys.readouterr().out.splitlines()[1:]] == [f"r{i}" for i in expected.indices]


def test_the_command_takes_bundles_budgets_and_auto(client, tmp_path, capsys):
    rng = np.random.default_rng(4)
    arrays = {
        "probabilities": rng.dirichlet(np.ones(3), 50),
        "embeddings": rng.random((50, 4)),
        "costs": rng.uniform(1, 2, 50),
        "labelled.embeddings": rng.random((6, 4)),
        "labelled.classes": np.array([0, 1, 2, 0, 1, 2]),
    }
    np.savez(tmp_path / "p.npz", **arrays)
    at = ["--address", client.address]
    assert cli.main(["select", str(tmp_path / "p.npz"), "--strategy", "auto", "--count", "3", *at]) == 0
    assert "auto chose uherding: 6 labels for 3 classes are few" in capsys.readouterr().err
    assert cli.main(["select", str(tmp_path / "p.npz"), "--budget", "7.5", "--output", str(tmp_path / "out.json"), *at]) == 0
    spending = json.loads((tmp_path / "out.json").read_text())["spending"]
    assert f"cost {spending['cost']:g}; {spending['left']:g} is left" in capsys.readouterr().err
    assert 6 < spending["cost"] <= 7.5
    np.savez(tmp_path / "odd.npz", **{"labelled.colour": np.ones(3), "scores": np.ones(3)})
    assert cli.main(["select", str(tmp_path / "odd.npz"), *at]) == 1
    assert "labelled.colour" in capsys.readouterr().err


def test_error_reduction_takes_a_target_set_and_says_where_its_scores_come_from(client):
    rng = np.random.default_rng(11)
    points, known = rng.standard_normal((300, 4)), rng.standard_normal((20, 4))
    labelled = {"embeddings": known, "classes": rng.integers(0, 3, 20)}
    told = []
    plan = querist.Plan(querist.parts.ParzenErrorReduction(evaluation="target", loss="log"))
    batch = client.select(
        embeddings=points,
        labelled=labelled,
        target={"embeddings": points[:40]},
        class_count=3,
        strategy=plan,
        count=4,
        progress=told.append,
    )
    assert batch.score_source == "SURROGATE"
    assert batch.plan.score.bandwidth > 0
    assert told[-1].work_total in (0, 300 * 40 * 3)
    sampled = client.select(
        probabilities=rng.dirichlet(np.ones(3), 3000),
        embeddings=rng.standard_normal((3000, 4)),
        labelled=labelled,
        strategy="parzen_eer",
        count=4,
    )
    assert sampled.score_source == "CLIENT_MODEL_AND_SURROGATE"
    assert (sampled.components["standard_error"] > 0).all()
    members = rng.dirichlet(np.ones(3), (5, 60))
    target = querist.Target(committee=rng.dirichlet(np.ones(3), (9, 5)))
    epig = client.select(committee=members, target=target, strategy="target_epig", count=3)
    assert (epig.score_source, len(epig)) == ("CLIENT_MODEL", 3)
    assert client.select(evidence=rng.gamma(1.0, 2.0, (30, 3)), strategy="dirichlet", count=3).score_source == "CLIENT_MODEL"
    ahead = client.select(
        probabilities=rng.dirichlet(np.ones(3), 10),
        look_ahead=rng.dirichlet(np.ones(3), (10, 3, 6)),
        target=querist.Target(probabilities=rng.dirichlet(np.ones(3), 6)),
        strategy="look_ahead_eer",
        count=3,
    )
    assert ahead.score_source == "CLIENT_MODEL"
    with pytest.raises(InvalidRequestError, match="class_count"):
        client.select(embeddings=points, labelled=labelled, strategy="xpal", count=3)


def test_a_calibration_set_makes_probabilities_honest_and_says_so(client):
    rng = np.random.default_rng(4)
    logits = rng.standard_normal((2000, 3)) * 4
    truth = np.exp(logits / 4) / np.exp(logits / 4).sum(axis=1, keepdims=True)
    classes = (rng.random((2000, 1)) > truth.cumsum(axis=1)).sum(axis=1)
    held = querist.CalibrationSet(logits=logits[:1000], classes=classes[:1000], origin="random")
    batch = client.select(logits=logits[1000:], calibration=held, strategy="least_confidence", count=10)
    report = batch.calibration
    assert report.temperature == pytest.approx(4, rel=0.2)
    assert report.rows == 1000
    assert report.after.calibration_error < report.before.calibration_error
    assert client.select(logits=logits[1000:], strategy="least_confidence", count=10).calibration is None
    chosen = {"logits": logits[:1000], "classes": classes[:1000], "origin": "chosen"}
    assert client.select(logits=logits[1000:], calibration=chosen, strategy="margin", count=1).warnings[0].code == "CALIBRATION_CHOSEN"
    with pytest.raises(InvalidRequestError, match="allowed are random, chosen"):
        client.select(logits=logits, calibration={**chosen, "origin": "lucky"}, strategy="margin", count=1)
    with pytest.raises(InvalidRequestError, match="origin"):
        client.select(logits=logits, calibration={"logits": logits, "classes": classes}, strategy="margin", count=1)


def test_pre_annotations_come_with_sets_and_what_may_be_accepted(client):
    rng = np.random.default_rng(8)
    logits = rng.standard_normal((3000, 4)) * 4
    classes = (rng.random((3000, 1)) > np.exp(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).cumsum(axis=1)).sum(axis=1)
    held = querist.CalibrationSet(logits=logits[:2000], classes=classes[:2000], origin="random")
    asked = querist.PreAnnotation(top_labels=2, coverage=0.9, conformal_score="adaptive", accept_error=0.2)
    batch = client.select(
        logits=logits[2000:], calibration=held, pre_annotation=asked, strategy="margin", count=200, random_share=0.1, seed=1
    )
    found = batch.pre_annotations
    assert found.labels.shape == found.confidences.shape == (200, 2)
    assert [each is None for each in found.sets] == batch.random_draws.tolist()
    assert found.coverage_guaranteed
    assert found.accept_error_bound <= 0.2
    assert found.accept_rows > 100
    held_true = [classes[2000 + row] in own for row, own in zip(batch.indices.tolist(), found.sets, strict=True) if own is not None]
    assert np.mean(held_true) > 0.75
    assert json.loads(json.dumps(batch.to_dict()))["pre_annotations"]["accept_threshold"] == found.accept_threshold
    streamed = client.select(
        logits=logits[2000:],
        calibration=held,
        pre_annotation=asked,
        strategy="margin",
        count=200,
        random_share=0.1,
        seed=1,
        return_scores=True,
    )
    np.testing.assert_array_equal(streamed.pre_annotations.labels, found.labels)
    assert client.select(logits=logits, strategy="margin", count=3, pre_annotation={}).pre_annotations.labels.shape == (3, 3)
    with pytest.raises(InvalidRequestError, match="least_ambiguous"):
        client.select(logits=logits, strategy="margin", count=3, pre_annotation={"conformal_score": "lucky"})
    with pytest.raises(InvalidRequestError, match="calibration"):
        client.select(logits=logits, strategy="margin", count=3, pre_annotation={"coverage": 0.9})


def test_labels_and_values_to_start_from(client):
    rng = np.random.default_rng(9)
    chances = rng.beta(0.4, 0.8, (400, 5))
    known = {"label_probabilities": chances[:300], "sets": rng.random((300, 5)) < chances[:300], "origin": "random"}
    labels = client.select(
        label_probabilities=chances[300:], calibration=known, pre_annotation={"coverage": 0.8}, strategy="label_margin", count=20
    ).pre_annotations
    assert labels.labels.shape == (20, 3)
    assert len(labels.sure_counts) == len(labels.sets) == 20
    assert all(sure <= len(own) for sure, own in zip(labels.sure_counts, labels.sets, strict=True))
    assert labels.intervals is None
    truth = rng.normal(size=400)
    known = {"predicted_values": truth[:300] + rng.normal(size=300), "values": truth[:300], "origin": "random"}
    values = client.select(
        predicted_values=truth[300:], calibration=known, pre_annotation={"coverage": 0.8}, strategy="random", count=20, random_share=0.5
    )
    found = values.pre_annotations
    assert found.intervals.shape == (20, 2)
    np.testing.assert_array_equal(np.isnan(found.values), values.random_draws)
    assert found.labels.shape == (20, 0)
    assert found.sets is None


def test_draws_say_how_likely_they_were_and_make_an_unbiased_error(client):
    rng = np.random.default_rng(10)
    scores = rng.random(300) + 0.1
    batch = client.select(scores=scores, strategy=querist.Plan("caller", "power"), count=40, seed=4, return_draw_probabilities=True)
    order = np.argsort(batch.draw_numbers)
    np.testing.assert_array_equal(order, np.arange(40))
    assert ((batch.draw_probabilities > 0) & (batch.draw_probabilities <= 1)).all()
    estimate = querist.ErrorEstimate(source="lure", losses=np.ones(40), draw_probabilities=batch.draw_probabilities, pool_size=300)
    advice = client.advise_stop({"labelled": 40, "error": estimate})
    assert any("actively chosen" in caution for caution in advice.cautions)
    with pytest.raises(InvalidRequestError, match="draws nothing"):
        client.select(scores=scores, strategy="caller", count=4, return_draw_probabilities=True)
