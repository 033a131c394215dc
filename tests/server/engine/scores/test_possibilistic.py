import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.possibilistic import Possibilistic
from scipy.special import xlog1py, xlogy
from skactiveml.pool._epistemic_uncertainty_sampling import _epistemic_uncertainty_pwc


def measured(evidence, uncertainty="EPISTEMIC"):
    return scores_of(Plan(Possibilistic(uncertainty, "EVIDENCE"), Top()), {"evidence": np.asarray(evidence, float)})


def test_equals_scikit_activeml(rng):
    counts = rng.gamma(1.0, 4.0, (40, 2))
    expected, _ = _epistemic_uncertainty_pwc(counts, None)
    np.testing.assert_allclose(measured(counts), expected, atol=1e-4)  # which is what its optimiser is told to reach


def plausible(negative, positive, supports):
    grid = np.linspace(0, 1, 2_000_001)
    likelihood = xlogy(positive, grid) + xlog1py(negative, -grid)
    return np.minimum(np.exp(likelihood - likelihood.max()), supports(grid)).max()


def test_equals_a_search_over_all_probabilities(rng):
    counts = np.concatenate((rng.gamma(1.0, 4.0, (8, 2)), [[0, 3], [5, 0], [7, 7], [0, 0], [300, 290]]))
    for_positive = np.array([plausible(n, p, lambda t: 2 * t - 1) for n, p in counts])
    for_negative = np.array([plausible(n, p, lambda t: 1 - 2 * t) for n, p in counts])
    np.testing.assert_allclose(measured(counts), np.minimum(for_positive, for_negative), atol=2e-6)
    np.testing.assert_allclose(measured(counts, "ALEATORIC"), 1 - np.maximum(for_positive, for_negative), atol=2e-6)


def test_nothing_known_is_epistemic_and_a_thousand_ties_are_aleatoric():
    counts = [[0, 0], [1000, 1000], [1000, 0]]
    assert measured(counts) == pytest.approx([1, 0, 0], abs=0.06)
    assert measured(counts, "ALEATORIC") == pytest.approx([0, 1, 0], abs=0.06)


def test_the_classes_may_change_names(rng):
    counts = rng.gamma(1.0, 4.0, (40, 2))
    for kind in ("EPISTEMIC", "ALEATORIC"):
        np.testing.assert_array_equal(measured(counts, kind), measured(counts[:, ::-1], kind))


def test_three_classes_are_refused(rng):
    with pytest.raises(EngineError, match="two classes, and there are 3") as caught:
        measured(rng.random((5, 3)))
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", "class_count")
