import numpy as np
import pytest
from querist.simulation.analysis import band, labels_needed, median_needed, saving
from querist.simulation.loop import Curve
from querist.simulation.text import table
from scipy import stats


def curve(*scores: float) -> Curve:
    return Curve(tuple(range(20, 20 + 10 * len(scores), 10)), scores)


def test_labels_needed_is_the_first_crossing_even_if_the_curve_falls_again():
    wavy = curve(0.5, 0.8, 0.7, 0.9)
    assert labels_needed(wavy, 0.8) == 30
    assert labels_needed(wavy, 0.5) == 20
    assert labels_needed(wavy, 0.85) == 50
    assert labels_needed(wavy, 0.95) is None


def arriving(at: int | None, length: int = 12) -> Curve:
    """A curve that reaches 1 at a round, or never."""
    return curve(*[float(at is not None and number >= at) for number in range(length)])


def test_savings_are_paired_by_seed_and_end_with_the_run():
    arm = [arriving(3), arriving(2), arriving(None), arriving(1), arriving(None)]
    control = [arriving(5), arriving(2), arriving(4), arriving(None), arriving(None)]
    saved = [20, 0, 60 - 130, 130 - 30, 0]  # the last label of a run is the 130th
    found = saving(arm, control, 1.0)
    assert found.reached == 4
    labels = found.labels
    assert (labels.mean, labels.low, labels.high) == pytest.approx(
        (np.mean(saved), *stats.t.interval(0.95, 4, np.mean(saved), stats.sem(saved)))
    )
    assert labels.p == pytest.approx(stats.ttest_1samp(saved, 0).pvalue)
    assert found.verdict("random") == "no clear difference from random"
    swapped = saving(control, arm, 1.0).labels
    assert (swapped.mean, swapped.low, swapped.high, swapped.p) == pytest.approx((-labels.mean, -labels.high, -labels.low, labels.p))


def test_an_arm_that_is_quick_or_fails_does_not_save_labels():
    arm, control = [arriving(2)] * 3 + [arriving(None)] * 5, [arriving(4)] * 8
    assert saving(arm, control, 1.0).verdict("random") != "saves labels"
    assert saving(arm, control, 1.0).labels.mean < 0


def test_an_arm_that_arrives_where_the_control_never_does_saves_labels():
    assert saving([arriving(2), arriving(3), arriving(4)], [arriving(None)] * 3, 1.0).verdict("random") == "saves labels"
    assert saving([arriving(2), arriving(3), arriving(None)], [arriving(None)] * 3, 1.0).verdict("random") == "too few seeds reached it"


def test_pairs_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="zip"):
        saving([arriving(1)] * 3, [arriving(1)] * 4, 1.0)


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ([1, 2, 3], "40"),
        ([1, 2], "35"),
        ([1, 2, None], "40"),
        ([1, None], ">130"),
        ([None, None, 4], ">130"),
        ([None], ">130"),
        ([0], "20"),
    ],
)
def test_the_median_counts_seeds_that_never_arrive_as_the_slowest(rounds, expected):
    assert median_needed([arriving(at) for at in rounds], 1.0) == expected


@pytest.mark.parametrize(("gain", "verdict"), [(2, "saves labels"), (-2, "costs labels")])
def test_verdicts_need_an_interval_that_leaves_out_zero(gain, verdict):
    fast, slow = [curve(0.1, 0.9, 0.9, 0.9)] * 4, [curve(0.1, 0.1, 0.1, 0.9)] * 4
    arm, control = (fast, slow) if gain > 0 else (slow, fast)
    assert saving(arm, control, 0.9).verdict("random") == verdict
    assert saving(arm[:2], control[:2], 0.9).verdict("random") == "too few seeds reached it"
    assert saving(arm, control, 0.99).reached == 0
    assert saving(arm, control, 0.99).verdict("random") == "too few seeds reached it"


@pytest.mark.parametrize("quicker_by", [0, 2])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(rng, quicker_by):
    """Seeds are easy or hard for both arms alike, and the hard ones never arrive within the run."""

    def seeds(number: int) -> tuple[np.ndarray, np.ndarray]:
        hardness = rng.integers(2, 9, number)
        control = hardness + rng.integers(0, 6, number)
        return np.maximum(hardness + rng.integers(0, 6, number) - quicker_by, 0), control

    arm, control = seeds(200_000)
    truth = 10 * (np.minimum(control, 11) - np.minimum(arm, 11)).mean()
    missed = 0
    for _ in range(600):
        found = saving(*([arriving(int(at)) for at in one] for one in seeds(8)), 1.0).labels
        missed += not found.low <= truth <= found.high
    assert 0.03 <= missed / 600 <= 0.075


def test_the_band_is_students_interval(rng):
    accuracy = rng.random((6, 4))
    mean, low, high = band([curve(*row) for row in accuracy])
    expected = stats.t.interval(0.95, 5, accuracy.mean(axis=0), stats.sem(accuracy))
    np.testing.assert_allclose(mean, accuracy.mean(axis=0))
    np.testing.assert_allclose((low, high), expected)


def test_the_band_of_two_seeds_is_their_mean_alone():
    mean, low, high = band([curve(0.2, 0.4), curve(0.4, 0.8)])
    np.testing.assert_allclose(mean, [0.3, 0.6])
    np.testing.assert_array_equal((low, high), (mean, mean))


def test_the_table_shows_every_arm_at_every_target():
    curves = {"margin": [curve(0.5, 0.9, 0.9), curve(0.9, 0.9, 0.9), curve(0.5, 0.9, 0.9)], "random": [curve(0.5, 0.5, 0.5)] * 3}
    head, *lines = table(curves, "random", (0.5, 0.9, 0.99)).splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["50%", "margin", "20", "3/3"],
        ["50%", "random", "20", "3/3"],
        ["90%", "margin", "30", "3/3"],
        ["90%", "random", ">40", "0/3"],
        ["99%", "margin", ">40", "0/3"],
        ["99%", "random", ">40", "0/3"],
    ]
    low, high = stats.t.interval(0.95, 2, 40 / 3, stats.sem([10, 20, 10]))
    assert lines[0].split(maxsplit=4)[4] == "+0 (+0 to +0)              no clear difference from random"
    assert lines[2].split(maxsplit=4)[4].split("  ")[0] == f"+13 ({low:+.0f} to {high:+.0f})"
    assert lines[4].endswith(" too few seeds reached it")
    assert len({len(head) - len("verdict"), lines[0].index("no clear"), lines[4].index("too few")}) == 1


def test_the_table_does_not_depend_on_which_arm_comes_first(rng):
    curves = {name: [arriving(int(at)) for at in rng.integers(0, 14, 8)] for name in ("margin", "committee", "random")}
    forwards, backwards = (table(dict(order), "random", (1.0,)).splitlines() for order in (curves.items(), reversed(curves.items())))
    assert sorted(forwards) == sorted(backwards)
