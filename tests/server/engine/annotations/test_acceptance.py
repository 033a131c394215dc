import numpy as np
import pytest
from querist_server.engine.annotations.acceptance import THRESHOLDS, safe_threshold
from scipy import optimize, stats


def test_the_bound_is_clopper_and_pearsons(rng):
    largest = rng.uniform(0.3, 1, 2000)
    right = rng.random(2000) < largest**0.2
    found = safe_threshold(largest, right, 0.1, 0.95)
    above = largest >= found.threshold
    wrong, rows = int((above & ~right).sum()), int(above.sum())
    risk = 0.05 / len(THRESHOLDS)
    exact = optimize.brentq(lambda share: stats.binom.cdf(wrong, rows, share) - risk, 1e-9, 1 - 1e-9)
    assert found.bound == pytest.approx(exact, abs=1e-9)
    assert found.rows == rows
    assert found.bound <= 0.1
    lower = [threshold for threshold in THRESHOLDS if threshold < found.threshold]
    for threshold in lower:
        above = largest >= threshold
        assert stats.binom.cdf(int((above & ~right).sum()), int(above.sum()), 0.1) > risk


def test_the_error_beyond_the_threshold_is_within_bounds_over_200_splits(rng):
    """Of 200 calibration sets, at most the share that was asked for may give a threshold beyond which the true error is higher."""
    broken = given = 0
    for _ in range(200):
        largest = rng.uniform(0.3, 1, 600)
        right = rng.random(600) < 1 - 0.5 * (1 - largest)
        found = safe_threshold(largest, right, 0.1, 0.9)
        if found is not None:
            given += 1
            true_error = 0.5 * (1 - (found.threshold + 1) / 2)  # of a uniform draw above the threshold
            broken += true_error > 0.1
    assert given > 100
    assert broken <= stats.binom.ppf(0.999, 200, 0.1)


def test_a_small_set_is_never_safe():
    assert safe_threshold(np.ones(20), np.ones(20, bool), 0.01, 0.95) is None
    assert safe_threshold(np.ones(0), np.ones(0, bool), 0.5, 0.5) is None
    sure = safe_threshold(np.ones(2000), np.ones(2000, bool), 0.01, 0.95)
    assert (sure.threshold, sure.rows) == (THRESHOLDS[0], 2000)


def test_a_model_that_is_always_wrong_is_never_safe():
    assert safe_threshold(np.ones(500), np.zeros(500, bool), 0.5, 0.95) is None
