import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.falcun import Falcun


def scaled(values):
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]


def agree(counts, weights):
    expected = np.array(weights) / np.sum(weights)
    error = np.sqrt(expected * (1 - expected) / counts.sum())
    assert (np.abs(counts / counts.sum() - expected) < 5 * error + 1e-9).all(), (counts / counts.sum(), expected)


@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_draws_follow_the_formula(rng, gamma):
    probabilities, values = rng.dirichlet(np.ones(3), 5), rng.random(5)
    uncertainty = scaled(values.tolist())
    firsts, seconds = np.zeros(5), {}
    for seed in range(2000):
        first, second = drawn_up(Falcun(gamma=gamma), 2, seed=seed, probabilities=probabilities, score=values).taken.tolist()
        firsts[first] += 1
        seconds.setdefault(first, np.zeros(5))[second] += 1
    agree(firsts, [(2 * u) ** gamma for u in uncertainty])
    for first, counts in seconds.items():
        gaps = [min(u, float(np.abs(row - probabilities[first]).sum())) for u, row in zip(uncertainty, probabilities, strict=True)]
        weights = np.array([(u + d) ** gamma for u, d in zip(uncertainty, scaled(gaps), strict=True)])
        weights[first] = 0
        if counts.sum() > 100:
            agree(counts, weights)


def test_a_strong_gamma_takes_the_most_uncertain_first(rng):
    values = rng.permutation(np.linspace(0, 1, 11))
    assert drawn_up(Falcun(gamma=100.0), 1, probabilities=rng.dirichlet(np.ones(3), 11), score=values).taken[0] == values.argmax()


def test_equal_predictions_are_drawn_all_the_same():
    taken = drawn_up(Falcun(), 9, probabilities=np.full((9, 3), 1 / 3)).taken
    assert sorted(taken.tolist()) == list(range(9))
