"""CROWDLAB and ActiveLab against cleanlab."""

import numpy as np
import pytest
from cleanlab.internal.multiannotator_utils import find_best_temp_scaler
from cleanlab.multiannotator import (
    get_active_learning_scores,
    get_active_learning_scores_ensemble,
    get_label_quality_multiannotator,
    get_label_quality_multiannotator_ensemble,
)
from crowds import crowd, table
from querist_server.engine.crowd import active_lab, crowdlab
from querist_server.engine.crowd.votes import Votes
from scipy import optimize


def thinned(rng, votes):
    """Return labels of which some instances have one, some several."""
    keep = rng.random(len(votes.item)) < 0.6
    keep[np.unique(votes.item, return_index=True)[1]] = True
    return Votes(votes.item[keep], votes.who[keep], votes.label[keep], votes.items, votes.annotators, votes.classes)


def model(rng, truth, classes):
    chances = rng.dirichlet(np.full(classes, 0.7), len(truth)) * 0.6
    chances[np.arange(len(truth)), truth] += 0.4
    return chances


@pytest.mark.parametrize("classes", [2, 4])
def test_posteriors_weights_and_labels_are_cleanlabs(rng, classes):
    votes, truth, _ = crowd(rng, 200, 7, classes, 4)
    votes, chances = thinned(rng, votes), model(rng, truth, classes)
    theirs = get_label_quality_multiannotator(table(votes), chances, verbose=False, return_weights=True)
    ours, weights, labels = crowdlab.crowdlab(votes, chances[None])
    np.testing.assert_array_equal(labels, theirs["label_quality"]["consensus_label"])
    np.testing.assert_allclose(ours.posteriors[np.arange(200), labels], theirs["label_quality"]["consensus_quality_score"])
    np.testing.assert_allclose(weights.annotators, theirs["annotator_weight"])
    np.testing.assert_allclose(weights.models[0], theirs["model_weight"])


def test_an_ensemble_is_cleanlabs(rng):
    votes, truth, _ = crowd(rng, 150, 6, 3, 3)
    votes, models = thinned(rng, votes), np.stack([model(rng, truth, 3) for _ in range(3)])
    theirs = get_label_quality_multiannotator_ensemble(table(votes), models.copy(), verbose=False, return_weights=True)
    ours, weights, labels = crowdlab.crowdlab(votes, models)
    np.testing.assert_allclose(ours.posteriors[np.arange(150), labels], theirs["label_quality"]["consensus_quality_score"])
    np.testing.assert_allclose(weights.models, theirs["model_weight"])


@pytest.mark.parametrize("members", [1, 3])
def test_what_to_ask_next_is_cleanlabs_at_their_temperature(rng, monkeypatch, members):
    """cleanlab looks for a temperature with the shares of labels at wrong classes, and misses the best; the rest is compared at theirs."""
    votes, truth, _ = crowd(rng, 120, 6, 3, 3)
    votes = thinned(rng, votes)
    models, fresh = (np.stack([model(rng, rows, 3) for _ in range(members)]) for rows in (truth, rng.integers(0, 3, 80)))
    labels = table(votes)
    monkeypatch.setattr(active_lab, "temperature", lambda votes, model: find_best_temp_scaler(labels, model))
    ours = active_lab.ask_next(votes, models, fresh)
    if members == 1:
        theirs = get_active_learning_scores(labels, models[0].copy(), fresh[0].copy())
    else:
        theirs = get_active_learning_scores_ensemble(labels, models.copy(), fresh.copy())
    np.testing.assert_allclose(1 - ours[0], theirs[0], rtol=1e-9)
    np.testing.assert_allclose(1 - ours[1], theirs[1], rtol=1e-9)


def test_one_label_each_is_cleanlabs(rng):
    votes, truth, _ = crowd(rng, 90, 6, 3, 1)
    chances, fresh = model(rng, truth, 3), model(rng, rng.integers(0, 3, 40), 3)
    theirs = get_active_learning_scores(table(votes), chances.copy(), fresh.copy())
    ours = active_lab.ask_next(votes, chances[None], fresh[None])
    np.testing.assert_allclose(1 - ours[0], theirs[0], rtol=1e-9)
    np.testing.assert_allclose(1 - ours[1], theirs[1], rtol=1e-9)


def test_the_temperature_is_the_best_there_is(rng):
    votes, truth, _ = crowd(rng, 200, 7, 4, 3)
    chances = model(rng, truth, 4)

    def loss(by):
        return -(votes.counts / votes.per_item[:, None] * np.log(crowdlab.scaled(chances, by))).sum(axis=1).mean()

    grid = np.geomspace(0.05, 50, 4000)
    best = min(grid, key=loss)
    assert crowdlab.temperature(votes, chances) == pytest.approx(best, rel=0.01)
    assert loss(crowdlab.temperature(votes, chances)) <= optimize.minimize_scalar(loss, bounds=(0.05, 50), method="bounded").fun + 1e-9


def test_a_label_more_makes_an_instance_less_worth_asking(rng):
    votes, truth, _ = crowd(rng, 100, 6, 2, 3, 0.8, 0.9)
    chances = model(rng, truth, 2)
    known, fresh = active_lab.ask_next(votes, chances[None], chances[None])
    agreed = votes.counts.max(axis=1) == 3
    assert known[agreed].mean() < fresh[agreed].mean()


def test_instances_without_labels_alone(rng):
    nothing = Votes(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), 0, 0, 3)
    chances = model(rng, rng.integers(0, 3, 20), 3)
    known, fresh = active_lab.ask_next(nothing, np.empty((1, 0, 3)), chances[None])
    assert len(known) == 0
    np.testing.assert_array_equal(np.argsort(fresh), np.argsort(-chances.max(axis=1)))
