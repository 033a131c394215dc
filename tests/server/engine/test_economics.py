"""Learning curves and money: known curves are found, and what is said of money moves the right way."""

import itertools

import campaigns
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign, Round
from querist_server.engine.forecast import forecast, label_cost, steps_ahead
from querist_server.engine.kernels import learning_curve
from querist_server.engine.situation import Economics
from scipy import optimize

LABELLED = np.arange(1, 21) * 25.0
CURVES = {
    "pow3": lambda n: 0.03 + 1.5 * n**-0.6,
    "pow4": lambda n: 0.05 + 3.0 * (n + 30) ** -0.8,
    "mmf4": lambda n: (0.5 * 40 + 0.04 * n**1.1) / (40 + n**1.1),
    "wbl4": lambda n: 0.02 + 0.5 * np.exp(-0.05 * n**0.7),
    "exp3": lambda n: 0.06 + 0.4 * np.exp(-0.01 * n),
}


@pytest.mark.parametrize("family", CURVES)
def test_a_curve_without_noise_is_followed(family):
    true = CURVES[family]
    curves = learning_curve.fit(LABELLED, true(LABELLED), np.full(20, 1e-3))
    ahead = np.array([500.0, 600.0, 1000.0])
    np.testing.assert_allclose(curves.at(ahead).mean(axis=0), true(ahead), atol=0.007)
    assert sum(curves.weights.values()) == pytest.approx(1)


@pytest.mark.parametrize(("family", "least"), [("pow3", 0.75), ("pow4", 0.75), ("mmf4", 0.75), ("exp3", 0.75), ("wbl4", 0.5)])
def test_intervals_of_80_percent_hold_the_curve_about_as_often(family, least):
    """Stretched exponentials are taken for other families while there are few points, and then fall lower than these."""
    rng, held, true = np.random.default_rng(3), [], CURVES[family]
    for _ in range(60):
        errors = np.clip(true(LABELLED[:12]) + rng.normal(0, 0.012, 12), 0, 1)
        found = learning_curve.fit(LABELLED[:12], errors, np.full(12, 0.012)).at(np.array([300.0, 400.0]))
        low, high = np.quantile(found, (0.1, 0.9), axis=0)
        held.append((low <= true(np.array([300.0, 400.0]))) & (true(np.array([300.0, 400.0])) <= high))
    assert np.mean(held) > least


def test_the_best_shape_is_that_of_a_search_from_many_starts(rng):
    """Variable projection on the grid comes as low as scipy's least squares from many starts, of which most end elsewhere."""
    errors = CURVES["pow3"](LABELLED) + rng.normal(0, 0.01, 20)

    def misses(parameters):
        flat, steep, rate = parameters
        return (flat + steep * (LABELLED / 25) ** -rate - errors) / 0.01

    starts = itertools.product((0.0, 0.1), (0.1, 1.0), (0.1, 0.5, 1.5))
    best = min(2 * optimize.least_squares(misses, start, bounds=([0, 0, 0.02], [1, 5, 3])).cost for start in starts)
    shapes = next(each for each in learning_curve.FAMILIES if each.family == "pow3")
    solved = learning_curve._solved(shapes.at(LABELLED / 25), errors, np.full(20, 1e4))
    assert solved.squares.min() == pytest.approx(best, rel=0.01)


@pytest.mark.parametrize(
    "errors",
    [
        [0.1, 0.1, 0.1, 0.1],
        [0.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0],
        [0.1, 0.2, 0.3, 0.4],
        [0.4, 0.1, 0.4, 0.1, 0.4],
        [0.5, 1e-9, 0.0, 0.0],
    ],
)
@pytest.mark.parametrize("deviation", [0.0, 1e-12, 0.01, 10.0])
def test_curves_of_any_kind_give_numbers(errors, deviation):
    curves = learning_curve.fit(np.arange(1, len(errors) + 1) * 7.0, np.array(errors), np.full(len(errors), deviation))
    found = curves.at(np.array([28.0, 50.0, 1e6]))
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert (np.diff(found, axis=1) <= 1e-12).all()


def test_the_same_errors_give_the_same_curves(rng):
    errors = rng.random(9)
    one, other = (learning_curve.fit(LABELLED[:9], errors, np.full(9, 0.02)).at(LABELLED) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_rising_curve_is_told():
    calm = campaigns.measured([0.4, 0.3, 0.25, 0.22, 0.2])
    wild = campaigns.measured([0.4, 0.2, 0.5, 0.2, 0.5])
    assert not any("stray" in caution for caution in calm[-1].cautions)
    assert any("stray" in caution for caution in wild[-1].cautions)


def test_the_optimum_of_a_power_law_is_that_of_the_closed_form():
    """For a + b n^-c the cheapest number of labels is (value b c / price)^(1 / (c + 1))."""
    errors = CURVES["pow3"](LABELLED).tolist()
    best = (2e4 * 1.5 * 0.6 / 1.0) ** (1 / 1.6)
    found = campaigns.measured(errors[:10], 0.0005, 25, 2000, predictions=2e4)[-1].forecast
    assert found.money.further_labels.mean + 250 == pytest.approx(best, rel=0.08)


def test_money_moves_the_right_way(rng):
    errors = np.clip(CURVES["pow3"](LABELLED[:8]) + rng.normal(0, 0.01, 8), 0, 1).tolist()

    def money(**economics):
        return campaigns.measured(errors, 0.01, 25, 800, **economics)[-1].forecast.money

    values = [money(predictions=value) for value in (0.0, 1e2, 1e3, 1e4, 1e5)]
    for less, more in itertools.pairwise(values):
        assert less.net_value.mean <= more.net_value.mean
        assert less.past_optimum >= more.past_optimum
        assert less.further_labels.mean <= more.further_labels.mean
    prices = [money(label_cost=price) for price in (0.0, 0.1, 1.0, 10.0)]
    for less, more in itertools.pairwise(prices):
        assert less.net_value.mean >= more.net_value.mean
        assert less.past_optimum <= more.past_optimum
    assert values[0].net_value.mean == -25
    assert values[0].past_optimum == 1
    assert values[0].stopping_regret == 0


def test_the_break_even_price_makes_the_next_batch_worth_nothing():
    errors = CURVES["pow3"](LABELLED[:8]).tolist()
    price = campaigns.measured(errors, 0.005, 25, 800)[-1].forecast.money.break_even_label_cost
    assert campaigns.measured(errors, 0.005, 25, 800, label_cost=price)[-1].forecast.money.net_value.mean == pytest.approx(0, abs=1e-6)
    value = campaigns.measured(errors, 0.005, 25, 800)[-1].forecast.break_even_error_value
    assert campaigns.measured(errors, 0.005, 25, 800, predictions=value)[-1].forecast.money.net_value.mean == pytest.approx(0, abs=1e-6)


def test_dear_errors_never_stop_a_campaign_earlier(rng):
    """Over noisy curves and stop sets: the first round with a stop never comes sooner when errors cost more."""
    for _ in range(15):
        errors = np.clip(CURVES["wbl4"](LABELLED) + rng.normal(0, 0.02, 20), 0, 1).tolist()
        firsts = []
        for value in (1e2, 1e3, 1e4, 1e5, 1e6):
            advice = campaigns.measured(errors, 0.02, 25, 5000, predictions=value)
            firsts.append(next((place for place, each in enumerate(advice) if each.verdict == "STOP"), 99))
        assert firsts == sorted(firsts)


def test_labels_that_are_free_go_on_and_errors_that_cost_nothing_stop():
    errors = CURVES["pow3"](LABELLED[:6]).tolist()
    assert campaigns.measured(errors, label_cost=0.0)[-1].verdict == "CONTINUE"
    assert campaigns.measured(errors, error_cost=0.0)[-1].verdict == "STOP"


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_three_points_are_no_curve(rounds):
    assert campaigns.measured([0.3, 0.2, 0.1][:rounds])[-1].forecast is None


@pytest.mark.parametrize(
    ("costs", "economics", "price"),
    [
        ([None, None], None, None),
        ([10.0, 50.0], None, 2.0),
        ([10.0, None, 90.0], None, 2.0),
        ([10.0, 50.0], Economics(batch_cost=20.0), 1.0),
        ([10.0, 50.0], Economics(label_cost=7.0), 7.0),
        ([10.0], None, None),
    ],
)
def test_the_price_of_a_label_is_found_from_history(costs, economics, price):
    rounds = tuple(Round(number=place + 1, labelled=20 * (place + 1), cost=cost) for place, cost in enumerate(costs))
    assert label_cost(Campaign("a", rounds), economics) == price


@pytest.mark.parametrize(("step", "reach"), [(1, 0), (1, 1), (7, 3), (7, 1000), (1, 10**7), (1000, 10**6)])
def test_steps_ahead_rise_to_the_end(step, reach):
    steps = steps_ahead(step, reach)
    assert steps[0] == 0
    assert steps[-1] == reach
    assert (np.diff(steps) > 0).all()
    assert len(steps) <= 130


def test_without_a_price_of_errors_the_curve_says_what_they_would_have_to_cost():
    errors = CURVES["pow3"](LABELLED[:6]).tolist()
    found = campaigns.measured(errors, error_cost=None)[-1]
    assert found.forecast.money is None
    assert found.forecast.break_even_error_value > 0
    assert any("error_cost" in missing for missing in found.missing)


def test_errors_that_are_missing_now_are_not_guessed():
    rounds = tuple(
        Round(number=place, labelled=place * 10, error=0.1, standard_error=0.1, error_source="HOLD_OUT") for place in range(1, 7)
    )
    last = Round(number=7, labelled=70)
    assert forecast(Campaign("a", rounds), None, None, None) is not None
    assert forecast(Campaign("a", (*rounds, last)), None, None, None) is None
