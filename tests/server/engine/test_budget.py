"""Costs and a budget: what fits, what is left, and how good it surely is."""

import itertools

import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore

PLAN = Plan(CallerScore(), Top())


def test_batches_are_worth_at_least_half_of_the_best_possible(rng):
    for _ in range(200):
        scores, costs = rng.random(9) ** 3, rng.random(9) ** 2 + 0.01
        budget = costs.sum() * rng.uniform(0.05, 0.6)
        if budget < costs.min():
            continue
        chosen = select(PLAN, {"scores": scores, "costs": costs}, budget=budget)
        best = max(
            sum(scores[list(some)])
            for size in range(1, 10)
            for some in itertools.combinations(range(9), size)
            if costs[list(some)].sum() <= budget
        )
        assert costs[chosen.indices].sum() <= budget * (1 + 1e-9)
        assert scores[chosen.indices].sum() >= best / 2 - 1e-12


def test_one_dear_instance_beats_a_cheap_one_that_is_worth_more_per_cost():
    chosen = select(PLAN, {"scores": np.array([1.0, 50.0, 0.5]), "costs": np.array([0.01, 1.0, 0.5])}, budget=1.0)
    assert chosen.indices.tolist() == [1]


@pytest.mark.parametrize("choice", [Top(), Power(), Softrank(), KCenter()])
@pytest.mark.parametrize("pieces", [None, 7])
def test_spending_adds_up_for_every_choice(rng, choice, pieces):
    sent = {"scores": rng.random(80), "costs": rng.uniform(1, 5, 80), "embeddings": rng.random((80, 2))}
    chosen = select(Plan(CallerScore(), choice), sent, pieces=pieces, budget=40.0, count=60, random_share=0.1)
    spent = sent["costs"][chosen.indices].sum()
    assert spent <= 40
    assert chosen.spending.cost == pytest.approx(spent)
    assert chosen.spending.left == pytest.approx(40 - spent)
    rest = np.setdiff1d(np.arange(80), chosen.indices)
    assert chosen.spending.affordable == (sent["costs"][rest] <= 40 - spent).sum() == 0
    assert (chosen.spending.predicted, chosen.spending.error) == (False, None)
    np.testing.assert_array_equal(chosen.costs, sent["costs"][chosen.indices])
    assert "BUDGET_SPENT" in [code for code, _ in chosen.warnings]


def test_count_still_bounds_the_batch(rng):
    chosen = select(PLAN, {"scores": rng.random(50), "costs": np.ones(50)}, budget=20.0, count=7)
    assert len(chosen.indices) == 7
    assert chosen.spending.left == 13
    assert chosen.spending.affordable == 43
    assert not [code for code, _ in chosen.warnings if code == "BUDGET_SPENT"]


def test_sums_that_only_rounding_pushes_over_the_budget_fit():
    assert len(select(PLAN, {"scores": np.ones(5), "costs": np.full(5, 0.1)}, budget=0.3).indices) == 3


def test_a_budget_below_every_cost_buys_nothing_and_says_so():
    chosen = select(PLAN, {"scores": np.ones(3), "costs": np.full(3, 2.0)}, budget=1.0, count=2)
    assert len(chosen.indices) == 0
    assert chosen.spending.left == 1.0
    assert "BUDGET_SPENT" in [code for code, _ in chosen.warnings]


@pytest.mark.parametrize(("budget", "field"), [(0.0, "budget"), (-1.0, "budget"), (np.nan, "budget"), (np.inf, "budget")])
def test_a_budget_must_be_a_number_above_zero(budget, field):
    with pytest.raises(EngineError) as caught:
        select(PLAN, {"scores": np.ones(3), "costs": np.ones(3)}, budget=budget)
    assert caught.value.field == field


def test_a_budget_needs_costs_and_values_of_zero_or_more():
    with pytest.raises(EngineError) as caught:
        select(PLAN, {"scores": np.ones(3)}, budget=1.0)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "costs")
    with pytest.raises(EngineError) as caught:
        select(PLAN, {"scores": np.array([1.0, -1.0, 2.0]), "costs": np.ones(3)}, budget=1.0)
    assert (caught.value.reason, caught.value.row) == ("SCORE_NEGATIVE", 1)


@pytest.mark.parametrize("cost", [0.0, -1.0])
def test_costs_must_be_above_zero(cost):
    with pytest.raises(EngineError) as caught:
        select(PLAN, {"scores": np.ones(3), "costs": np.array([1.0, cost, 1.0])}, count=1)
    assert (caught.value.field, caught.value.row) == ("costs", 1)
