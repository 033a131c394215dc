"""Annotators through the client: any form of answers, ids of any kind, the command, the page."""

import asyncio
import csv
import datetime
import json

import numpy as np
import pandas as pd
import pytest
import querist
from crowds import crowd
from querist import cli, report
from querist.errors import InvalidRequestError
from sklearn.metrics import cohen_kappa_score

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def made(rng):
    votes, truth, accuracy = crowd(rng, 120, 8, 3, 4)
    rows = [
        {"instance": f"i{item:03}", "annotator": f"p{who}", "label": NAMES[label], "time": 40.0 * place, "seconds": 6.0 + label}
        for place, (item, who, label) in enumerate(zip(votes.item.tolist(), votes.who.tolist(), votes.label.tolist(), strict=True))
    ]
    return rows, truth, accuracy


def test_every_form_of_answers_says_the_same(client, made, tmp_path):
    rows, truth, _ = made
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "answers.csv", index=False)
    forms = [rows, iter(rows), frame, {name: frame[name].to_numpy() for name in frame}, tmp_path / "answers.csv"]
    found = [client.assess_annotations(form) for form in forms]
    assert {tuple(each.instances.consensus) for each in found} == {tuple(found[0].instances.consensus)}
    assert {each.annotators[3].quality for each in found} == {found[0].annotators[3].quality}
    assert found[0].instances.ids == [f"i{item:03}" for item in range(120)]
    assert np.mean([NAMES[label] == said for label, said in zip(truth, found[0].instances.consensus, strict=True)]) > 0.85

    async def asked():
        async with querist.aio.connect(client.address) as asynchronous:
            return await asynchronous.assess_annotations(rows)

    assert asyncio.run(asked()).instances.consensus == found[0].instances.consensus


def test_qualities_are_near_the_truth_and_pairs_are_scikit_learns(client, made):
    rows, _, accuracy = made
    found = client.assess_annotations(rows)
    for each in found.annotators:
        assert each.quality_low <= each.quality <= each.quality_high
        assert abs(each.quality - accuracy[int(each.id[1:])]) < 0.2
        assert each.confusion.shape == (3, 3)
        assert each.drift.sessions >= 1
    one, other, shared, kappa = found.agreement[0].pairs[0]
    by = {(row["instance"], row["annotator"]): row["label"] for row in rows}
    both = [name for name in found.instances.ids if (name, one) in by and (name, other) in by]
    assert shared == len(both)
    assert kappa == pytest.approx(cohen_kappa_score([by[name, one] for name in both], [by[name, other] for name in both]))
    assert found.annotators_to_pandas().shape[0] == 8
    assert found.instances.to_pandas().shape[0] == 120


@pytest.mark.parametrize("method", ["majority", "weighted", "robust", "one_coin", "dawid_skene", "glad", "mace"])
def test_every_method_answers(client, made, method):
    found = client.assess_annotations(made[0], method=method, return_posteriors=True)
    assert found.method == method
    np.testing.assert_allclose(found.instances.posteriors.sum(axis=1), 1)


def test_the_model_is_heard_and_new_instances_have_a_score(client, made, rng):
    rows, _, _ = made
    ids = [f"i{item:03}" for item in range(150)]
    chances = rng.dirichlet(np.ones(3), 150)
    found = client.assess_annotations(rows, probabilities=chances, ids=ids)
    assert found.method == "crowdlab"
    assert found.model_weight > 0
    assert len(found.instances) == len(found.instances.ask_scores) == 150
    assert found.instances.consensus[130] is None
    together = client.assess_annotations(rows, committee=np.stack([chances, chances]), ids=ids)
    assert together.method == "crowdlab"
    with pytest.raises(InvalidRequestError, match="has answers, but no probabilities"):
        client.assess_annotations(rows, probabilities=chances[:50], ids=ids[:50])
    with pytest.raises(InvalidRequestError, match="give ids"):
        client.assess_annotations(rows, probabilities=chances)


def test_ordinal_labels_have_a_median_and_agreement_by_ranks(client):
    rows = [
        {"instance": item, "annotator": who, "label": label}
        for item in range(12)
        for who, label in enumerate([item % 5, (item + 1) % 5, item % 5])
    ]
    found = client.assess_annotations(rows, kind="ordinal", method="majority")
    assert found.instances.consensus == [item % 5 for item in range(12)]
    assert found.agreement[0].alpha_ordinal is not None
    assert found.agreement[0].alpha_interval is not None
    assert found.agreement[0].fleiss_kappa is not None


def test_sets_of_labels_are_assessed_one_by_one(client, rng):
    truth = rng.random((60, 3)) < 0.5
    rows = [
        {"instance": item, "annotator": who, "label": (truth[item] ^ (rng.random(3) < 0.1)).astype(int).tolist()}
        for item in range(60)
        for who in range(5)
    ]
    found = client.assess_annotations(rows, kind="sets")
    assert len(found.by_label) == len(found.agreement) == 3
    assert len(found.annotators) == 15
    for label in range(3):
        assert np.mean(np.array(found.by_label[label].consensus) == truth[:, label]) > 0.95


def test_no_answer_gold_and_datetimes(client):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    rows = [
        {
            "instance": item,
            "annotator": who,
            "label": None if item == 3 else item % 2,
            "gold": item % 2 if item < 5 else None,
            "time": start + datetime.timedelta(minutes=10 * item + who),
        }
        for item in range(12)
        for who in range(3)
    ]
    found = client.assess_annotations(rows, method="majority")
    assert found.instances.consensus[3] is None
    assert found.instances.abstentions[3] == 3
    assert found.instances.unlabelable[3] > 0.5 > found.instances.unlabelable[4]
    assert [(each.gold_labels, each.gold_right, each.abstentions) for each in found.annotators] == [(4, 4, 1)] * 3


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (
            lambda rows: [*rows, {**rows[0], "label": "owl" if rows[0]["label"] == "cat" else "cat", "time": 1e6}],
            {},
            "has answered instance",
        ),
        (
            lambda rows: [*rows, {**rows[0], "annotator": "p9", "label": "fox"}],
            {"classes": NAMES},
            "'fox' in row 480 is none of the classes",
        ),
        (lambda rows: [{**row, "time": -row["time"]} for row in rows], {}, "in the order of time"),
        (lambda rows: [{**row, "seconds": -1} for row in rows], {}, "seconds holds -1"),
        (lambda rows: [{**row, "time": "noon"} for row in rows], {}, "time must be numbers"),
        (lambda rows: [{"instance": row["instance"], "label": row["label"]} for row in rows], {}, "answers lack annotator"),
        (lambda rows: [row for row in rows if row["annotator"] == "p1"], {"method": "glad"}, "needs at least 10"),
        (lambda rows: rows, {"method": "crowdlab"}, "needs the model's probabilities"),
        (lambda rows: rows, {"method": "magic"}, "allowed are auto, majority"),
        (lambda rows: rows, {"session_gap": 0.0}, "session_gap is 0"),
        (lambda rows: 7, {}, "answers are int"),
    ],
)
def test_what_cannot_be_is_refused(client, made, change, options, words):
    with pytest.raises(InvalidRequestError, match=words):
        client.assess_annotations(change(made[0]), **options)


def test_the_last_answer_counts_if_that_is_wished(client, made):
    rows = [*made[0], {**made[0][0], "label": "owl", "time": 1e6}, {**made[0][1], "time": 1e6 + 1}]
    found = client.assess_annotations(rows, keep_last=True)
    assert (found.answers, found.repeats) == (482, 2)
    assert found.changes == (made[0][0]["label"] != "owl")


def test_how_sure_they_say_they_are_counts_in_a_vote_and_is_reported(client):
    rows = [
        {"instance": item, "annotator": who, "label": int(who == 0), "confidence": 0.9 if who == 0 else 0.3}
        for item in range(4)
        for who in range(3)
    ]
    assert client.assess_annotations(rows, method="majority").instances.consensus == [1] * 4
    assert client.assess_annotations([{**row, "confidence": 1} for row in rows], method="majority").instances.consensus == [0] * 4
    assert client.assess_annotations(rows, method="majority").annotators[0].mean_confidence == pytest.approx(0.9)
    with pytest.raises(InvalidRequestError, match="above 0 to 1"):
        client.assess_annotations([{**row, "confidence": 0} for row in rows], method="majority")


def test_whom_to_ask(client):
    waiting = [
        {"id": "a", "probabilities": [0.5, 0.5]},
        {"id": "b", "probabilities": [0.99, 0.01], "answered": ["kim"]},
        {"id": "c", "probabilities": [0.6, 0.4], "tags": ["french"]},
    ]
    people = [
        {"id": "kim", "quality": 0.9, "labels": 200, "capacity": 2},
        {"id": "lee", "quality": 0.6, "labels": 200, "capacity": 2, "tags": ["french"]},
    ]
    found = client.assign_annotators(waiting, people, explore=False, seed=1)
    assert {(pair.instance, pair.annotator) for pair in found.pairs} >= {("a", "kim"), ("c", "lee")}
    assert ("b", "kim") not in {(pair.instance, pair.annotator) for pair in found.pairs}
    assert [pair.value for pair in found.pairs] == sorted((pair.value for pair in found.pairs), reverse=True)
    assert found == client.assign_annotators(waiting[::-1], people[::-1], explore=False, seed=1)
    with pytest.raises(InvalidRequestError, match="allowed are expected_gain"):
        client.assign_annotators(waiting, people, method="magic")
    with pytest.raises(InvalidRequestError, match=r"instances\[0\]"):
        client.assign_annotators([{"id": "a", "probabilities": [0.5, 0.9]}], people)


class TestTheCommand:
    @pytest.fixture
    def path(self, made, tmp_path):
        pd.DataFrame(made[0]).to_csv(tmp_path / "answers.csv", index=False)
        return tmp_path / "answers.csv"

    def test_it_says_who_is_right(self, client, path, capsys):
        assert cli.main(["annotators", str(path), "--address", client.address]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("480 answers about 120 instances, weighed by robust; Krippendorff's alpha 0.")
        assert "  p3  60 labels" in shown or "  p3  " in shown
        assert shown.count(", right ") == 8

    def test_consensus_page_and_json(self, client, path, tmp_path, capsys):
        arguments = ["--consensus", str(tmp_path / "labels.csv"), "--report", str(tmp_path / "page.html"), "--json"]
        assert cli.main(["annotators", str(path), "--address", client.address, *arguments]) == 0
        assert len(json.loads(capsys.readouterr().out)) == 8
        with (tmp_path / "labels.csv").open() as file:
            assert len(list(csv.DictReader(file))) == 120
        assert "<h2>Annotators</h2>" in (tmp_path / "page.html").read_text()

    def test_what_cannot_be_read_is_said(self, client, tmp_path, capsys):
        assert cli.main(["annotators", str(tmp_path / "no.csv"), "--address", client.address]) == 1
        assert "no.csv" in capsys.readouterr().err


def test_a_campaigns_page_may_hold_its_annotators(client, made, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    campaign.report(tmp_path / "c.html", annotators=client.assess_annotations(made[0]))
    assert "<h2>Annotators</h2>" in (tmp_path / "c.html").read_text()
    assert "<script" not in report.annotators_page("<script>", client.assess_annotations(made[0]))
