"""How likely each draw was: against sequential sampling itself, and against what an error estimate needs it for."""

import itertools

import engine
import numpy as np
import pytest
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.softmax import Softmax
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import lure
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.scores.caller import CallerScore

CHOICES = {
    "power": (Power(2.0), lambda scores, ranks: scores**2),
    "softmax": (Softmax(3.0), lambda scores, ranks: np.exp(3 * scores)),
    "softrank": (Softrank(0.7), lambda scores, ranks: ranks**-0.7),
}


def sequence(chosen):
    """Return rows and probabilities in the order of the draws."""
    order = np.argsort(chosen.draw_numbers)
    return chosen.indices[order], chosen.draw_probabilities[order]


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_each_is_its_share_of_the_weights_that_are_left(rng, name, share):
    choice, weigh = CHOICES[name]
    scores = rng.random(40) + 0.01
    chosen = engine.select(Plan(CallerScore(), choice), {"scores": scores}, count=10, random_share=share, keep_draws=True)
    left = np.ones(40, bool)
    drawn = round(share * 10)
    assert sorted(chosen.draw_numbers) == list(range(1, 11))
    for number, (row, chance) in enumerate(zip(*sequence(chosen), strict=True)):
        if number < drawn:
            expected = 1 / left.sum()
        else:
            if number == drawn:
                weights = np.full(40, np.nan)
                weights[left] = weigh(scores[left], 1.0 + (-scores[left]).argsort().argsort())
            expected = weights[row] / weights[left].sum()
        assert chance == pytest.approx(expected, rel=1e-12)
        left[row] = False


def test_the_last_that_is_left_is_certain(rng):
    chosen = engine.select(Plan(CallerScore(), Power(1.0)), {"scores": rng.random(8) + 0.1}, count=8, keep_draws=True)
    assert sequence(chosen)[1][-1] == pytest.approx(1)


def test_weights_that_differ_by_hundreds_of_orders(rng):
    """What is left is summed by itself, and not as a difference."""
    scores = np.array([1.0, 1e-100, 2e-100, 4e-100])
    rows, chances = sequence(engine.select(Plan(CallerScore(), Power(1.0)), {"scores": scores}, count=3, keep_draws=True))
    left = scores.tolist()
    for row, chance in zip(rows, chances, strict=True):
        assert chance == pytest.approx(scores[row] / sum(left), rel=1e-9)
        left.remove(scores[row])


def test_cuts_do_not_matter(rng):
    columns = {"scores": rng.random(5000)}
    whole, cut = (engine.select(PRESETS["random"].plan, columns, pieces, count=50, keep_draws=True) for pieces in (None, 7))
    np.testing.assert_array_equal(whole.draw_probabilities, cut.draw_probabilities)
    np.testing.assert_allclose(sequence(whole)[1], 1 / (5000 - np.arange(50)))


@pytest.mark.parametrize(
    ("plan", "task"),
    [
        (Plan(CallerScore(), Top()), {}),
        (Plan(CallerScore(), Power(), prefilter=50), {}),
        (Plan(CallerScore(), Power()), {"audit_share": 0.5}),
        (Plan(CallerScore(), Power()), {"budget": 5.0}),
    ],
)
def test_plans_without_such_probabilities_are_refused(rng, plan, task):
    with pytest.raises(EngineError, match="draw probabilities") as caught:
        engine.select(plan, {"scores": rng.random(60), "costs": np.ones(60)}, count=5, keep_draws=True, **task)
    assert caught.value.reason == "FIELD_CONFLICT"


def test_without_being_asked_nothing_is_told(rng):
    assert engine.select(Plan(CallerScore(), Power()), {"scores": rng.random(60)}, count=5).draw_probabilities is None


@pytest.mark.parametrize("name", ["power", "softmax", "uniform"])
def test_errors_from_drawn_instances_are_right_on_average(name):
    """Dear instances are drawn more often; the plain mean of their losses is far off, the weighted one is not."""
    rng = np.random.default_rng(5)
    losses = (rng.random(60) < 0.4).astype(float)
    scores = np.where(losses > 0, 0.9, 0.2) + 0.05 * rng.random(60)
    plan = PRESETS["random"].plan if name == "uniform" else Plan(CallerScore(), CHOICES[name][0])
    estimates, plain, within = [], [], 0
    for seed in range(1500):
        chosen = engine.select(plan, {"scores": scores}, count=20, seed=seed, keep_draws=True, random_share=0.2 if name == "power" else 0.0)
        rows, chances = sequence(chosen)
        estimates.append(float((lure.weights(chances, 60) * losses[rows]).mean()))
        plain.append(losses[rows].mean())
        error, deviation = lure.estimate(losses[rows], chances, 60)
        within += abs(error - losses.mean()) <= 1.96 * deviation
    spread = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - losses.mean()) < 4 * spread
    if name != "uniform":
        assert abs(np.mean(plain) - losses.mean()) > 20 * spread
    assert within / len(estimates) > 0.8


def test_lure_of_all_is_the_plain_mean():
    losses = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    assert lure.estimate(losses, np.full(5, 0.2), 5)[0] == pytest.approx(0.6)


def test_lure_weights_are_the_papers():
    """Farquhar, Gal and Rainforth (ICLR 2021), equation of the estimator, as a loop."""
    chances, pool = np.array([0.1, 0.5, 0.2]), 10
    by_hand = [
        1 + (pool - 3) / (pool - drawn) * (1 / ((pool - drawn + 1) * chance) - 1) for drawn, chance in zip(itertools.count(1), chances)
    ]
    np.testing.assert_allclose(lure.weights(chances, pool), by_hand)
