"""Agreement of annotators: against published figures, other libraries and loops over pairs of labels."""

import itertools

import numpy as np
import pytest
from querist_server.engine.kernels import reliability
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

METRICS = ["NOMINAL", "ORDINAL", "INTERVAL"]
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Krippendorff 2011, "Computing Krippendorff's alpha-reliability", part C: observers by units."""


def triples(grid):
    """Return annotators, units and labels of a grid, annotators x units, with -1 where there is no label."""
    annotators, units = np.nonzero(grid >= 0)
    return annotators, units, grid[annotators, units]


def published():
    return triples(np.array([[-1 if cell == "." else int(cell) - 1 for cell in line.split()] for line in PUBLISHED.split("\n") if line]))


def noisy(rng, annotators, units, classes, missing=0.4, wrong=0.4):
    """Return a grid of labels of which some are anything, and some are missing."""
    truth = rng.integers(0, classes, units)
    grid = np.where(rng.random((annotators, units)) < wrong, rng.integers(0, classes, (annotators, units)), truth)
    return np.where(rng.random(grid.shape) < missing, -1, grid)


def slow_alpha(units, labels, metric):
    """Return alpha as the ratio of mean squared differences: of pairs within units, and of all pairs of labels."""
    by_unit = {}
    for unit, label in zip(units.tolist(), labels.tolist(), strict=True):
        by_unit.setdefault(unit, []).append(label)
    by_unit = [those for those in by_unit.values() if len(those) > 1]
    pooled = sorted(label for those in by_unit for label in those)

    def squared(one, other):
        low, high = sorted((one, other))
        if metric == "NOMINAL":
            return float(one != other)
        if metric == "INTERVAL":
            return (one - other) ** 2
        return (sum(low <= label <= high for label in pooled) - (pooled.count(low) + pooled.count(high)) / 2) ** 2 if low < high else 0

    within = sum(squared(*pair) / (len(those) - 1) for those in by_unit for pair in itertools.permutations(those, 2)) / len(pooled)
    among = sum(squared(*pair) for pair in itertools.permutations(pooled, 2)) / (len(pooled) * (len(pooled) - 1))
    return 1 - within / among


@pytest.mark.parametrize(("metric", "expected"), [("NOMINAL", 0.743), ("ORDINAL", 0.815), ("INTERVAL", 0.849)])
def test_alpha_of_the_published_example(metric, expected):
    _, units, labels = published()
    assert round(reliability.krippendorff(units, labels, 5, metric), 3) == expected


def test_coincidences_of_the_published_example():
    """The matrix is printed in the paper, too."""
    _, units, labels = published()
    expected = [[7, 4 / 3, 1 / 3, 1 / 3, 0], [4 / 3, 10, 4 / 3, 1 / 3, 0], [1 / 3, 4 / 3, 8, 1 / 3, 0], [1 / 3, 1 / 3, 1 / 3, 4, 0]]
    np.testing.assert_allclose(reliability.coincidences(units, labels, 5), [*expected, [0, 0, 0, 0, 3]], atol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("annotators", "units", "classes", "missing"), [(3, 15, 2, 0.3), (6, 20, 5, 0.5), (12, 6, 9, 0.2), (2, 40, 4, 0.4)]
)
def test_alpha_equals_a_loop_over_pairs(rng, metric, annotators, units, classes, missing):
    for _ in range(3):
        _, units_of, labels = triples(noisy(rng, annotators, units, classes, missing))
        found = reliability.krippendorff(units_of, labels, classes, metric)
        assert found == pytest.approx(slow_alpha(units_of, labels, metric), rel=1e-10)


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_labels_and_names_of_units_do_not_matter(rng, metric):
    _, units, labels = triples(noisy(rng, 7, 300, 6))
    order, names = rng.permutation(len(units)), rng.permutation(400)
    moved = names[units[order]], labels[order]
    np.testing.assert_array_equal(reliability.coincidences(units, labels, 6), reliability.coincidences(*moved, 6))
    assert reliability.bootstrap(units, labels, 6, metric, 3, 50) == reliability.bootstrap(*moved, 6, metric, 3, 50)


def test_names_of_classes_matter_unless_nominal(rng):
    _, units, labels = triples(noisy(rng, 5, 200, 6))
    renamed = rng.permutation(6)[labels]
    nominal, ordinal, interval = (
        (reliability.krippendorff(units, labels, 6, metric), reliability.krippendorff(units, renamed, 6, metric)) for metric in METRICS
    )
    assert nominal[0] == pytest.approx(nominal[1], rel=1e-12)
    assert abs(ordinal[0] - ordinal[1]) > 1e-3
    assert abs(interval[0] - interval[1]) > 1e-3


@pytest.mark.parametrize("metric", METRICS)
def test_units_with_one_label_and_classes_without_any_do_not_matter(rng, metric):
    _, units, labels = triples(noisy(rng, 4, 50, 3))
    alone = np.arange(1000, 1030)
    more = np.append(units, alone), np.append(labels, alone % 3)
    expected = reliability.krippendorff(units, labels, 3, metric)
    assert reliability.krippendorff(*more, 3, metric) == expected
    assert reliability.krippendorff(*more, 8, metric) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_to_compare(metric):
    none = np.empty(0, np.int64)
    for units, labels in [(none, none), (np.arange(5), np.array([0, 1, 2, 0, 1]))]:
        assert reliability.krippendorff(units, labels, 3, metric) is None
        assert reliability.bootstrap(units, labels, 3, metric, 1) is None


@pytest.mark.parametrize("metric", METRICS)
def test_complete_agreement(metric):
    units = np.repeat(np.arange(9), 3)
    for labels in (np.full(27, 1), units % 4):
        assert reliability.krippendorff(units, labels, 4, metric) == 1
        assert reliability.bootstrap(units, labels, 4, metric, 1, 100) == (1, 1)


@pytest.mark.parametrize("metric", METRICS)
def test_one_unit(metric):
    """Two labels that differ do so exactly as much as chance has it; and there is nothing to resample."""
    units, labels = np.zeros(2, np.int64), np.array([0, 2])
    assert reliability.krippendorff(units, labels, 3, metric) == pytest.approx(0, abs=1e-15)
    assert reliability.bootstrap(units, labels, 3, metric, 1) is None


def test_an_unknown_metric_is_not_guessed():
    _, units, labels = published()
    with pytest.raises(ValueError, match="must be NOMINAL, ORDINAL or INTERVAL"):
        reliability.krippendorff(units, labels, 5, "RATIO")
    with pytest.raises(ValueError, match="must be NOMINAL, ORDINAL or INTERVAL"):
        reliability.bootstrap(units, labels, 5, "RATIO", 1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("units", [40, 4000])
def test_rounds_are_alphas_of_resampled_units(rng, metric, units):
    """Units are drawn one by one where most patterns are different (40), and by pattern where few are (4000): both exactly."""
    _, units_of, labels = triples(noisy(rng, 4, units, 3, missing=0.2))
    table, sizes = reliability._table(units_of, labels, 3)
    patterns, times = reliability._patterns(table)
    assert (len(times) * reliability.DRAWS_WORTH_A_BINOMIAL < len(sizes)) == (units == 4000)
    draws = reliability._draws(times, 20, np.random.default_rng(1))
    assert (draws.sum(axis=1) == len(sizes)).all()
    for drawn, found in zip(draws, reliability._alphas(patterns, draws, metric), strict=True):
        counts = np.repeat(patterns.toarray(), drawn, axis=0)
        flat = np.repeat(np.arange(counts.size), counts.ravel())
        assert found == pytest.approx(reliability.krippendorff(flat // 3, flat % 3, 3, metric), rel=1e-9)


@pytest.mark.parametrize("units", [60, 3000])
def test_the_interval_is_that_of_plain_resampling(rng, units):
    """Quantiles of 4000 rounds each, from other draws: the ends differ by a few hundredths of the width."""
    counts = reliability._table(*triples(noisy(rng, 3, units, 3, missing=0.0))[1:], 3)[0].toarray()
    flat = np.repeat(np.arange(counts.size), counts.ravel())
    low, high = reliability.bootstrap(flat // 3, flat % 3, 3, "NOMINAL", 7, 4000)
    pairs = (np.einsum("uc,ud->ucd", counts, counts) - np.einsum("uc,cd->ucd", counts, np.eye(3))) / 2
    alphas = [reliability.alpha(pairs[rng.integers(0, units, units)].sum(axis=0), "NOMINAL") for _ in range(4000)]
    np.testing.assert_allclose([low, high], np.quantile(alphas, [0.025, 0.975]), atol=0.06 * (high - low))


def test_patterns_are_the_different_rows(rng):
    table, _ = reliability._table(*triples(noisy(rng, 4, 500, 4))[1:], 4)
    patterns, times = reliability._patterns(table)
    rows, counts = np.unique(table.toarray(), axis=0, return_counts=True)
    assert dict(zip(map(tuple, patterns.toarray()), times, strict=True)) == dict(zip(map(tuple, rows), counts, strict=True))


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_hold_the_estimate_and_narrow(rng, metric):
    """Four times the units: half as wide, within the luck of the draw of each."""
    widths = []
    for units in (150, 600, 2400):
        _, units_of, labels = triples(noisy(rng, 4, units, 4))
        low, high = reliability.bootstrap(units_of, labels, 4, metric, 5)
        assert low < reliability.krippendorff(units_of, labels, 4, metric) < high
        widths.append(high - low)
    np.testing.assert_allclose(np.divide(widths[:-1], widths[1:]), 2, rtol=0.25)


def test_seeds_levels_and_blocks(rng, monkeypatch):
    _, units, labels = triples(noisy(rng, 4, 200, 5))
    asked = units, labels, 5, "ORDINAL"
    wide = reliability.bootstrap(*asked, 1)
    assert wide == reliability.bootstrap(*asked, 1)
    assert wide != reliability.bootstrap(*asked, 2)
    narrow = reliability.bootstrap(*asked, 1, level=0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    monkeypatch.setattr(reliability, "CELLS_AT_A_TIME", 2000)
    np.testing.assert_allclose(reliability.bootstrap(*asked, 1), wide, rtol=1e-12)


def test_intervals_cover_what_many_units_give():
    """Of 300 samples of 100 units, 95 % intervals should hold it 285 times; 3 deviations of that are 11, and a percentile interval falls
    short by a few per cent at this size."""
    rng = np.random.default_rng(11)
    truth = reliability.krippendorff(*triples(noisy(rng, 3, 200_000, 3))[1:], 3, "NOMINAL")
    intervals = [reliability.bootstrap(*triples(noisy(rng, 3, 100, 3))[1:], 3, "NOMINAL", seed, 300) for seed in range(300)]
    held = sum(low <= truth <= high for low, high in intervals)
    assert 265 <= held <= 297


@pytest.mark.parametrize(("units", "raters", "classes"), [(30, 2, 2), (50, 5, 4), (8, 20, 7)])
def test_fleiss_equals_statsmodels(rng, units, raters, classes):
    counts = rng.multinomial(raters, rng.dirichlet(np.ones(classes)), size=units)
    assert reliability.fleiss(counts) == pytest.approx(fleiss_kappa(counts), rel=1e-10)


def test_fleiss_where_it_is_not_defined():
    assert reliability.fleiss(np.empty((0, 3), np.int64)) is None
    assert reliability.fleiss(np.array([[1, 0], [0, 1]])) is None
    assert reliability.fleiss(np.array([[2, 1], [2, 0]])) is None
    assert reliability.fleiss(np.array([[3, 0], [3, 0]])) == 1


def test_fleiss_is_alpha_but_for_a_correction(rng):
    """With n labels in all, D_e of alpha leaves out pairs of a label with itself: (1 - alpha) n = (1 - kappa) (n - 1)."""
    _, units, labels = triples(noisy(rng, 4, 60, 3, missing=0))
    counts = np.bincount(units * 3 + labels, minlength=180).reshape(60, 3)
    alpha = reliability.krippendorff(units, labels, 3, "NOMINAL")
    assert (1 - alpha) * 240 == pytest.approx((1 - reliability.fleiss(counts)) * 239, rel=1e-10)


@pytest.mark.parametrize("cells", [reliability.CELLS_AT_A_TIME, 7])
def test_pairs_equal_scikit_learn(rng, monkeypatch, cells):
    monkeypatch.setattr(reliability, "CELLS_AT_A_TIME", cells)
    grid = noisy(rng, 9, 120, 4, missing=0.6)
    grid[4] = -1
    expected = []
    for one, other in itertools.combinations(range(9), 2):
        both = (grid[one] >= 0) & (grid[other] >= 0)
        if both.sum() >= 2:
            expected.append((one, other, both.sum(), cohen_kappa_score(grid[one][both], grid[other][both], labels=range(4))))
    expected.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))
    order = rng.permutation((grid >= 0).sum())
    annotators, units, labels = (column[order] for column in triples(grid))
    for most in (1, 5, len(expected), 1000):
        found = reliability.pairwise(annotators, units, labels, 4, most)
        assert [pair[:3] for pair in found] == [pair[:3] for pair in expected[:most]]
        np.testing.assert_allclose([pair[3] for pair in found], [pair[3] for pair in expected[:most]], atol=1e-12)


def test_pairs_that_share_too_little():
    none = np.empty(0, np.int64)
    assert reliability.pairwise(none, none, none, 3, 5) == []
    assert reliability.pairwise(np.array([0, 1]), np.array([0, 0]), np.array([1, 1]), 3, 5) == []
    assert reliability.pairwise(np.array([0, 0, 1, 1]), np.arange(4), np.zeros(4, np.int64), 3, 5) == []


def test_a_pair_that_gives_one_class_alone_agrees():
    annotators, units = np.repeat([0, 3], 4), np.tile(np.arange(4), 2)
    assert reliability.pairwise(annotators, units, np.full(8, 2), 3, 5) == [(0, 3, 4, 1.0)]
