"""Consensus methods: against crowd-kit's recorded posteriors, against stationarity by their definitions, and against the truth."""

import json
from pathlib import Path

import numpy as np
import pytest
from crowds import crowd, nothing
from querist_server.engine.crowd import dawid_skene, glad, mace, majority
from querist_server.engine.crowd.votes import Votes
from scipy import special

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
METHODS = {
    "majority": majority.majority,
    "weighted": majority.weighted,
    "dawid_skene": lambda votes: dawid_skene.dawid_skene(votes, nothing),
    "one_coin": lambda votes: dawid_skene.one_coin(votes, nothing),
    "glad": lambda votes: glad.glad(votes, nothing),
    "mace": lambda votes: mace.mace(votes, nothing, 0),
}


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['method']}-{case['classes']}-{case['rounds']}")
def test_posteriors_are_crowd_kits(case):
    """After a fixed number of rounds, since crowd-kit comes to rest by another measure. It clips chances at 1e-10, as we do."""
    item, who, label = np.array(case["answers"]).T
    votes = Votes(item, who, label, 60, 8, case["classes"])
    method = getattr(dawid_skene, case["method"])
    found = method(votes, nothing, strength=0, rounds=case["rounds"], tolerance=-np.inf)
    np.testing.assert_allclose(found.posteriors, case["posteriors"], atol=2e-9)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("classes", [2, 5])
def test_every_method_finds_most_of_the_truth(rng, name, classes):
    votes, truth, _ = crowd(rng, 400, 15, classes, 6)
    found = METHODS[name](votes)
    np.testing.assert_allclose(found.posteriors.sum(axis=1), 1)
    assert (found.posteriors >= 0).all()
    assert np.mean(found.posteriors.argmax(axis=1) == truth) > (0.88 if classes == 2 else 0.93)
    assert found.settled


@pytest.mark.parametrize("name", METHODS)
def test_names_of_annotators_and_instances_do_not_matter(rng, name):
    votes, _, _ = crowd(rng, 80, 9, 3, 4)
    people, items = rng.permutation(9), rng.permutation(80)
    item, who = items[votes.item], people[votes.who]
    order = np.lexsort((who, item))
    other = Votes(item[order], who[order], votes.label[order], 80, 9, 3)
    one, two = METHODS[name](votes), METHODS[name](other)
    tolerance = 0.02 if name == "mace" else 1e-4  # its starts are drawn by the place of the annotator
    np.testing.assert_allclose(two.posteriors[items], one.posteriors, atol=tolerance)


@pytest.mark.parametrize("name", METHODS)
def test_a_silent_crowd_and_a_single_label(name):
    votes = Votes(np.array([1, 1, 3]), np.array([0, 1, 0]), np.array([0, 0, 1]), 5, 2, 2)
    found = METHODS[name](votes)
    assert np.isfinite(found.posteriors).all()
    assert found.posteriors[1].argmax() == 0


def test_likelihood_never_falls_in_dawid_and_skenes_rounds(rng):
    votes, _, _ = crowd(rng, 100, 8, 3, 4)
    before = -np.inf
    for rounds in range(1, 25):
        found = dawid_skene.dawid_skene(votes, nothing, strength=0, rounds=rounds, tolerance=-np.inf)
        matrices = dawid_skene.confusions(votes, found.posteriors, 0)
        logs = np.log(np.maximum(found.posteriors.mean(axis=0), 1e-10)) + sum_logs(votes, matrices)
        now = special.logsumexp(logs, axis=1).sum()
        assert now >= before - 1e-6
        before = now


def sum_logs(votes, matrices):
    found = np.zeros((votes.items, votes.classes))
    for item, who, label in zip(votes.item, votes.who, votes.label, strict=True):
        found[item] += np.log(matrices[who, :, label])
    return found


def test_confusions_are_counted(rng):
    votes, _, accuracy = crowd(rng, 3000, 4, 3, 4)
    found = dawid_skene.dawid_skene(votes, nothing)
    matrices = dawid_skene.confusions(votes, found.posteriors, 0)
    assert np.abs(np.diagonal(matrices, axis1=1, axis2=2).mean(axis=1) - accuracy).max() < 0.04
    np.testing.assert_allclose(matrices.sum(axis=2), 1)


def test_glad_is_where_its_objective_has_no_slope(rng):
    """With the easiness of the instances profiled out by plain gradient steps."""
    votes, _, _ = crowd(rng, 60, 6, 2, 5)
    found = glad.glad(votes, nothing, rounds=400, tolerance=1e-12)

    def objective(skills, easiness):
        _, likelihood = glad._log_posteriors(votes, skills, easiness, np.maximum(votes.counts.mean(axis=0) / 5, 1e-10))
        return likelihood - ((skills - 1) ** 2).sum() / 2

    easiness = np.ones(60)
    right = found.posteriors[votes.item, votes.label]
    parameters = np.concatenate((found.weights, easiness))
    for _ in range(2000):
        slope = glad._loss(parameters, votes, right, nothing)[1]
        parameters[6:] -= 0.05 * slope[6:]
    slope = glad._loss(parameters, votes, right, nothing)[1]
    assert np.abs(slope[:6]).max() < 0.05
    assert objective(found.weights, parameters[6:]) >= objective(found.weights + 0.3, parameters[6:])


def test_mace_tells_spammers_from_those_who_know(rng):
    votes, truth, _ = crowd(rng, 300, 10, 4, 6, 0.8, 0.95)
    label = votes.label.copy()
    label[votes.who < 3] = votes.who[votes.who < 3]  # three who always say the same
    found = mace.mace(Votes(votes.item, votes.who, label, 300, 10, 4), nothing, 1)
    assert found.weights[:3].max() < 0.3 < 0.6 < found.weights[3:].min()
    assert np.mean(found.posteriors.argmax(axis=1) == truth) > 0.95


def test_mace_starts_differ(rng):
    """Each start has draws of its own: with one start the answer depends on the seed, with several it depends less."""
    votes, _, _ = crowd(rng, 40, 6, 3, 2, 0.4, 0.8)
    alone = [mace.mace(votes, nothing, seed, restarts=1).posteriors for seed in range(6)]
    assert max(np.abs(one - alone[0]).max() for one in alone) > 1e-3


def test_weights_by_agreement(rng):
    votes, _, accuracy = crowd(rng, 2000, 6, 3, 4)
    assert np.corrcoef(majority.weighted(votes).weights, accuracy)[0, 1] > 0.95
