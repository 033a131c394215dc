import numpy as np
import plain
import pytest
from engine import committee, probabilities, scores_of
from skactiveml.pool import average_kl_divergence


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("members", [2, 5, 20])
def test_equals_scikit_activemls_mean_divergence(rng, dtype, tolerance, members):
    rows = committee(rng, 100, members, 5, dtype)
    expected = average_kl_divergence(np.moveaxis(rows, 1, 0).astype(float).copy())  # it clips its input in place
    np.testing.assert_allclose(scores_of("bald", {"committee.probabilities": rows}), expected, atol=10 * tolerance)


def test_with_weights_equals_both_plain_forms(rng):
    rows, weights = committee(rng, 100, 4, 3), [0.1, 2.0, 0.7, 0.0]
    scores = scores_of("bald", {"committee.probabilities": rows}, member_weights=np.array(weights))
    total = sum(weights)
    for row, score in zip(rows, scores, strict=True):
        centre = plain.mean(row, weights)
        information = plain.entropy(centre) - sum(w * plain.entropy(m) for w, m in zip(weights, row, strict=True)) / total
        divergence = sum(w * plain.kl(m, centre) for w, m in zip(weights, row, strict=True) if w) / total
        assert score == pytest.approx(information, abs=1e-13)
        assert score == pytest.approx(divergence, abs=1e-13)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_is_zero_for_a_member_and_its_copies_and_never_negative(rng, dtype, tolerance):
    member = probabilities(rng, 500, 7, dtype)
    scores = scores_of("bald", {"committee.probabilities": np.stack([member] * 3, axis=1)})
    assert (scores >= 0).all()
    assert scores.max() <= tolerance


def test_mean_kl_is_another_name(rng):
    rows = {"committee.probabilities": committee(rng, 50, 3, 4)}
    np.testing.assert_array_equal(scores_of("bald", rows), scores_of("mean_kl", rows))
