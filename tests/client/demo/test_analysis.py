import numpy as np
import pytest
from querist.demo.analysis import band, labels_needed, saving, table
from querist.demo.loop import Curve
from scipy import stats


def curve(*accuracy: float) -> Curve:
    return Curve(tuple(range(20, 20 + 10 * len(accuracy), 10)), accuracy)


def test_labels_needed_is_the_first_crossing_even_if_the_curve_falls_again():
    wavy = curve(0.5, 0.8, 0.7, 0.9)
    assert labels_needed(wavy, 0.8) == 30
    assert labels_needed(wavy, 0.5) == 20
    assert labels_needed(wavy, 0.85) == 50
    assert labels_needed(wavy, 0.95) is None


def test_savings_are_paired_and_only_where_both_arrive():
    arm = [curve(0.5, 0.9, 0.9, 0.9), curve(0.5, 0.5, 0.9, 0.9), curve(0.9, 0.9, 0.9, 0.9), curve(0.9, 0.9, 0.9, 0.9)]
    control = [curve(0.5, 0.5, 0.5, 0.9), curve(0.5, 0.5, 0.9, 0.9), curve(0.5, 0.9, 0.9, 0.9), curve(0.1, 0.1, 0.1, 0.1)]
    found = saving(arm, control, 0.9)
    saved = [20, 0, 10]
    expected = stats.t.interval(0.95, 2, np.mean(saved), stats.sem(saved))
    assert found.pairs == 3
    assert (found.mean, found.low, found.high) == pytest.approx((10, *expected))
    assert found.verdict == "no clear difference from random"


@pytest.mark.parametrize(("gain", "verdict"), [(2, "saves labels"), (-2, "costs labels")])
def test_verdicts_need_an_interval_that_leaves_out_zero(gain, verdict):
    fast, slow = [curve(0.1, 0.9, 0.9, 0.9)] * 4, [curve(0.1, 0.1, 0.1, 0.9)] * 4
    arm, control = (fast, slow) if gain > 0 else (slow, fast)
    assert saving(arm, control, 0.9).verdict == verdict
    assert saving(arm[:2], control[:2], 0.9).verdict == "too few seeds reached it"
    assert np.isnan(saving(arm, control, 0.99).mean)


def test_the_interval_covers_the_truth_about_as_often_as_it_says(rng):
    covered = 0
    for _ in range(400):
        lengths = rng.integers(2, 12, (2, 8))
        arm, control = ([curve(*[0.0] * length, 1.0) for length in row] for row in lengths)
        found = saving(arm, control, 1.0)
        covered += found.low <= 0 <= found.high  # both arms are drawn alike, so the true saving is 0
    assert 0.91 <= covered / 400 <= 0.99


def test_the_band_is_students_interval(rng):
    accuracy = rng.random((6, 4))
    mean, low, high = band([curve(*row) for row in accuracy])
    expected = stats.t.interval(0.95, 5, accuracy.mean(axis=0), stats.sem(accuracy))
    np.testing.assert_allclose(mean, accuracy.mean(axis=0))
    np.testing.assert_allclose((low, high), expected)


def test_the_table_shows_every_arm_at_every_target():
    curves = {"margin": [curve(0.5, 0.9)] * 3, "random": [curve(0.5, 0.5)] * 3}
    text = table(curves, "random", (0.5, 0.9))
    arms = [line.split()[1] for line in text.splitlines()[1:]]
    assert arms == ["margin", "random"] * 2
    assert "0/3" in text
