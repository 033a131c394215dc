"""Drift and fatigue: against slow loops and models fitted by other means, and how often steady and tiring annotators are told apart."""

import numpy as np
import pytest
from querist_server.engine.kernels import drift
from scipy import stats

NAN = np.nan
LEVELS = [0.7, 0.9, 0.97]
CHARTS = [drift.ewma, drift.cusum]


def answers(rng, agreement, annotators):
    """Return 0/1 of shape (annotators, n) that agree with the given probabilities of shape (n,)."""
    return (rng.random((annotators, len(agreement))) < agreement).astype(float)


def with_holes(rng, level, count):
    agreed = answers(rng, np.full(count, level), 1)[0]
    agreed[rng.random(count) < 0.2] = NAN
    return agreed


@pytest.mark.parametrize("level", LEVELS)
def test_ewma_is_the_loop(rng, level):
    agreed = np.concatenate([with_holes(rng, level, 150), with_holes(rng, 0.2, 100)])
    found = drift.ewma(agreed, level)
    # the multiple is the chart's own; the rates of false alarms below are what says that it is right
    multiple = (level - found.limit[-1]) / np.sqrt(level * (1 - level) * 0.1 / 1.9)
    mean, number, alarm = level, 0, None
    for index, answer in enumerate(agreed):
        limit = level
        if not np.isnan(answer):
            mean, number = 0.9 * mean + 0.1 * answer, number + 1
        if number:
            limit = level - multiple * np.sqrt(level * (1 - level) * 0.1 / 1.9 * (1 - 0.9 ** (2 * number)))
        assert found.values[index] == pytest.approx(mean, rel=1e-12)
        assert found.limit[index] == pytest.approx(limit, rel=1e-9)
        if alarm is None and not np.isnan(answer) and mean < limit:
            alarm = index
    assert found.alarm == alarm >= 150


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("drop", [0.1, 0.3])
def test_cusum_is_the_loop(rng, level, drop):
    agreed = np.concatenate([with_holes(rng, level, 150), with_holes(rng, 0.2, 100)])
    found = drift.cusum(agreed, level, drop)
    total, alarm = 0.0, None
    for index, answer in enumerate(agreed):
        if not np.isnan(answer):
            total = max(0.0, total + stats.bernoulli.logpmf(answer, level - drop) - stats.bernoulli.logpmf(answer, level))
        assert found.values[index] == pytest.approx(total, abs=1e-9)
        if alarm is None and total > np.log((~np.isnan(agreed)).sum() / 0.01):
            alarm = index
    assert found.alarm == alarm >= 150


def most(rate, of):
    """Return what a binomial count of this rate exceeds once in ten thousand times: there are dozens of such tests."""
    return stats.binom.isf(1e-4, of, rate)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("count", [200, 2000])
def test_steady_annotators_seldom_alarm(rng, level, count):
    agreed = answers(rng, np.full(count, level), 400)
    for chart in CHARTS:
        assert sum(chart(one, level).alarm is not None for one in agreed) <= most(0.01, 400)


@pytest.mark.parametrize("level", LEVELS)
def test_the_ewma_is_no_blunter_than_it_was_asked_to_be(rng, level):
    """A limit far below any average would never alarm either. The chain rounds down, and n up to a power of two: 512 here."""
    alarms = sum(drift.ewma(one, level, false_alarm=0.2).alarm is not None for one in answers(rng, np.full(512, level), 400))
    assert most(0.2, 400) >= alarms >= 40


@pytest.mark.parametrize("level", LEVELS)
def test_a_drop_is_found(rng, level):
    """Measured shares: EWMA 0.65, 0.95 and 1; CUSUM 1, 1 and 1."""
    agreed = answers(rng, np.repeat([level, level - 0.2], 300), 200)
    for chart, share in zip(CHARTS, (0.5, 0.95), strict=True):
        alarms = [chart(one, level).alarm for one in agreed]
        assert sum(alarm is not None and alarm >= 300 for alarm in alarms) >= share * 200


@pytest.mark.parametrize("chart", CHARTS)
def test_charts_of_little(chart):
    for agreed in (np.zeros(0), np.array([NAN]), np.full(50, NAN), np.ones(1), np.zeros(1), np.ones(500)):
        for level in (0.0, 0.5, 0.57 - 1e-13, 1.0):
            found = chart(agreed, level)
            assert found.values.shape == agreed.shape
            assert np.isfinite(found.values).all()
            if agreed.any():
                assert found.alarm is None
    assert chart(np.zeros(100), 1.0).alarm is not None


def test_alarms_are_indices_of_answers_that_count():
    agreed = np.full(300, NAN)
    agreed[::2] = np.repeat([1.0, 0.0], 75)
    for chart in CHARTS:
        whole, seen = chart(agreed, 0.9), chart(agreed[::2], 0.9)
        assert whole.alarm == 2 * seen.alarm
        np.testing.assert_array_equal(whole.values[::2], seen.values)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([5.0], [0]),
        ([0.0, 1800.0, 3600.0], [0, 0, 0]),
        ([0.0, 1800.5, 1801.0, 9000.0], [0, 1, 1, 2]),
        ([7.0, 7.0, 7.0], [0, 0, 0]),
    ],
)
def test_sessions(times, expected):
    found = drift.sessions(np.array(times), 1800.0)
    assert found.dtype == np.int64
    assert found.tolist() == expected


def test_a_shorter_gap_makes_more_sessions():
    assert drift.sessions(np.array([0.0, 5.0, 10.0, 21.0]), 10.0).tolist() == [0, 0, 0, 1]
    assert drift.sessions(np.array([0.0, 5.0, 10.0, 21.0]), 4.0).tolist() == [0, 1, 2, 3]


def by_dummies(y, x, session):
    """Return the slope and the HC3 error of least squares with a column for each session."""
    design = np.column_stack([x, session[:, None] == np.unique(session)]).astype(float)
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * ((y - design @ coefficients) / (1 - leverage))[:, None]
    return coefficients[0], np.sqrt((inverse @ scaled.T @ scaled @ inverse)[0, 0])


def tiring(rng, slope, number, each):
    """Return agreement of sessions of different levels, hours into them, and sessions."""
    session = np.repeat(np.arange(number), each)
    hours = np.tile(np.linspace(0, 3, each), number)
    agreement = rng.uniform(0.8, 0.95, number)[session] + slope * hours
    return (rng.random(len(hours)) < agreement).astype(float), hours, session


@pytest.mark.parametrize("number", [1, 4])
def test_the_trend_of_few_sessions_is_that_of_dummies(rng, number):
    y, x, session = tiring(rng, -0.1, number, 30)
    found = drift.position_trend(y, x, 7 - 2 * session)
    slope, error = by_dummies(y, x, session)
    reach = stats.t.ppf(0.975, 29 * number - 1) * error
    np.testing.assert_allclose([found.slope, found.low, found.high], [slope, slope - reach, slope + reach], rtol=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.cdf(-abs(slope / error), 29 * number - 1), rel=1e-6)


def test_the_trend_of_many_sessions_leaves_each_out(rng):
    y, x, session = tiring(rng, -0.1, 8, 20)
    kept = np.flatnonzero(rng.random(160) < 0.7)
    y, x, session = y[kept], x[kept], session[kept]
    found = drift.position_trend(y, x, session)
    slope = by_dummies(y, x, session)[0]
    without = np.array([by_dummies(y[session != one], x[session != one], session[session != one])[0] for one in range(8)])
    error = np.sqrt(7 / 8 * ((without - slope) ** 2).sum())
    np.testing.assert_allclose([found.slope, (found.high - found.low) / 2], [slope, stats.t.ppf(0.975, 7) * error], rtol=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.cdf(-abs(slope / error), 7), rel=1e-6)


@pytest.mark.parametrize(("number", "each"), [(2, 150), (6, 50), (20, 40)])
@pytest.mark.parametrize("slope", [0.0, -0.1])
def test_intervals_cover_the_slope(rng, number, each, slope):
    found = [drift.position_trend(*tiring(rng, slope, number, each)) for _ in range(200)]
    missed = sum(not one.low <= slope <= one.high for one in found)
    assert stats.binom.isf(1 - 1e-4, 200, 0.05) <= missed <= most(0.05, 200)
    if slope == 0:
        assert sum(one.p_value < 0.05 for one in found) == missed
    else:
        assert np.mean([one.slope for one in found]) == pytest.approx(slope, abs=0.02)
        assert np.mean([one.p_value < 0.05 for one in found]) > 0.65


def test_levels_of_sessions_are_no_trend(rng):
    """Long sessions on good days: later positions have more agreement, but none of it within a session."""
    long, short = (rng.random(300) < 0.95).astype(float), (rng.random(300) < 0.6).astype(float)
    y, x, session = np.concatenate([long, short]), np.concatenate([np.linspace(0, 6, 300), np.linspace(0, 1, 300)]), np.repeat([0, 1], 300)
    assert stats.linregress(x, y).pvalue < 1e-6
    assert drift.position_trend(y, x, session).p_value > 1e-3


def test_holes_do_not_matter(rng):
    y, x, session = tiring(rng, -0.1, 7, 30)
    hole = rng.random(len(y)) < 0.1
    x_hole = rng.random(len(y)) < 0.1
    kept = ~hole & ~x_hole
    holed = np.where(hole, NAN, y), np.where(x_hole, NAN, x)
    assert drift.position_trend(*holed, session) == drift.position_trend(y[kept], x[kept], session[kept])
    assert drift.theil_sen(*holed) == drift.theil_sen(y[kept], x[kept])
    y, x, session = fading(rng, 0.9, 0.3, 20)
    hole = rng.random(len(y)) < 0.1
    expected = drift.session_length(y[~hole], x[~hole], session[~hole])
    assert drift.session_length(np.where(hole, NAN, y), x, session) == expected is not None


def test_trends_of_little():
    ten, steps = np.arange(10.0), np.zeros(10, np.int64)
    for count in (0, 1, 9):
        assert drift.position_trend(ten[:count], ten[:count], steps[:count]) is None
        assert drift.theil_sen(ten[:count], ten[:count]) is None
    assert drift.position_trend(np.full(10, NAN), ten, steps) is None
    assert drift.position_trend(np.full(10, 0.1), ten, steps) is None
    assert drift.position_trend(ten, np.full(10, 0.1), steps) is None
    assert drift.position_trend(ten, ten, np.arange(10)) is None
    assert drift.theil_sen(ten, np.full(10, 0.1)) is None
    line = drift.position_trend(ten, ten / 2, steps)
    np.testing.assert_allclose([line.slope, line.low, line.high, line.p_value], [2, 2, 2, 0], atol=1e-9)


@pytest.mark.parametrize("count", [50, 2000])
def test_theil_sen_is_the_median_of_all_pairs(rng, count):
    x = np.arange(count, dtype=float)
    y = 30 - 0.01 * x + rng.standard_normal(count)
    y[::7] += 500  # lunch
    first, second = np.triu_indices(count, 1)
    found = drift.theil_sen(y, x)
    assert found[0] == pytest.approx(np.median((y[second] - y[first]) / (x[second] - x[first])), rel=1e-9)
    np.testing.assert_allclose(found, np.array(stats.theilslopes(y, x))[[0, 2, 3]])


def test_theil_sen_of_many_is_thinned_evenly(rng):
    x = np.arange(3999, dtype=float)
    y = 30 - 0.01 * x + rng.standard_normal(3999)
    np.testing.assert_allclose(drift.theil_sen(y, x), np.array(stats.theilslopes(y[::2], x[::2]))[[0, 2, 3]])


def fading(rng, level, fall, number, spread=0.03):
    """Return agreement that falls 2 hours into sessions of 1.6 to 4 hours, hours and sessions."""
    lengths = rng.uniform(1.6, 4, number)
    session = np.repeat(np.arange(number), (25 * lengths).astype(int))
    hours = rng.random(len(session)) * lengths[session]
    agreement = level + rng.uniform(-spread, spread, number)[session] - fall * (hours > 2)
    return (rng.random(len(hours)) < agreement).astype(float), hours, session


@pytest.mark.parametrize("level", LEVELS)
def test_fatigue_is_found_where_it_begins(rng, level):
    found = [drift.session_length(*fading(rng, level, 0.2, 25)) for _ in range(60)]
    assert sum(one is not None and abs(one - 2) <= 0.5 for one in found) >= 54


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("number", [3, 25])
def test_the_steady_are_told_no_length(rng, level, number):
    found = [drift.session_length(*fading(rng, level, 0.0, number)) for _ in range(150)]
    assert sum(one is not None for one in found) <= 0.03 * 150


def test_a_fall_within_the_tolerance_is_accepted(rng):
    data = fading(rng, 0.9, 0.2, 100)
    assert drift.session_length(*data) is not None
    assert drift.session_length(*data, tolerance=0.3) is None


def test_of_two_falls_the_first_counts(rng):
    hours, session = np.tile(np.linspace(0, 4, 200), 30), np.repeat(np.arange(30), 200)
    agreed = (rng.random(6000) < np.select([hours < 1, hours < 3], [0.95, 0.8], 0.3)).astype(float)
    assert drift.session_length(agreed, hours, session) == pytest.approx(1, abs=0.2)


def test_tired_days_that_are_long_are_no_fatigue(rng):
    """Sessions of bad days that are long lower agreement at late hours, but not within any session."""
    lengths = np.repeat([1.5, 4.0], 20)
    session = np.repeat(np.arange(40), 60)
    hours = rng.random(2400) * lengths[session]
    agreed = (rng.random(2400) < np.where(lengths == 4.0, 0.7, 0.95)[session]).astype(float)
    assert agreed[hours > 1.5].mean() < agreed[hours <= 1.5].mean() - 0.1
    assert drift.session_length(agreed, hours, session) is None


def test_a_score_is_that_of_hypergeometric_sessions(rng):
    y, x, session = fading(rng, 0.8, 0.2, 12)
    early = x <= 2
    excess = variance = weights = 0.0
    for one in range(12):
        size, first, hits = (session == one).sum(), (early & (session == one)).sum(), y[session == one].sum()
        if first < size:
            chance = stats.hypergeom(size, first, hits)
            excess += y[early & (session == one)].sum() - chance.mean()
            variance += chance.var()
            weights += first * (size - first) / size
    np.testing.assert_allclose(drift._fall(y, early, session), [excess / weights, (excess - 0.5) / np.sqrt(variance)])


def test_session_lengths_of_little():
    none = np.zeros(0)
    assert drift.session_length(none, none, none.astype(np.int64)) is None
    assert drift.session_length(np.ones(1), np.ones(1), np.zeros(1, np.int64)) is None
    assert drift.session_length(np.full(100, NAN), np.linspace(0, 4, 100), np.zeros(100, np.int64)) is None
    assert drift.session_length(np.ones(500), np.linspace(0, 4, 500), np.zeros(500, np.int64)) is None
    few = np.repeat([1.0, 0.0], [30, 29])
    assert drift.session_length(few, np.linspace(0, 4, 59), np.zeros(59, np.int64)) is None
    assert drift.session_length(np.repeat([1.0, 0.0], 100), np.linspace(0, 0.4, 200), np.zeros(200, np.int64)) is None
