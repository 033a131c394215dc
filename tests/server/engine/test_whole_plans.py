"""Plans put together at random, with everything around them: whatever the combination, the rules hold and the cut plays no part."""

import random
from collections import Counter

import numpy as np
import pytest
from engine import columns_for, select
from querist_server.engine.errors import EngineError
from querist_server.engine.guards.group_cap import GroupCap
from querist_server.engine.guards.unlabelable import Unlabelable
from querist_server.engine.part import Need, PoolScore, RowChoice
from querist_server.engine.plan import Plan
from querist_server.engine.registry import CHOICES, GUARDS, SCORES, WEIGHTS
from querist_server.engine.scores._evaluating import Evaluating
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from sklearn.metrics.pairwise import cosine_similarity

ROWS = 150
HONEST = {"COUNT_EXCEEDS_POOL", "FIELD_CONFLICT", "SCORE_NEGATIVE", "POOL_EMPTY"}
"""Reasons for which a combination may be refused."""


def score_of(name, chance):
    if name == "mix":
        return Mix((MixPart(Margin()), MixPart(SCORES["gini"]())), "MIN_MAX")
    if name == "parts_score":
        return SCORES[name](Margin())
    if issubclass(SCORES[name], Evaluating):
        some = {"shortlist": chance.choice([None, 40, 100]), "shortlist_rule": chance.choice(["MARGIN", "RANDOM", "MIXED"])}
        sample = {"evaluation": "SAMPLE", "evaluation_rows": chance.choice([20, 1000]), "class_floor": chance.choice([0.0, 0.1])}
        return SCORES[name](**some, **sample, **({"nodes": 1300} if name == "field_error_reduction" else {}))
    return SCORES[name]()


def guard_of(name, chance):
    if name == "group_cap":
        return GroupCap(most=chance.randint(1, 3))
    return Unlabelable(threshold=0.5) if name == "unlabelable" else GUARDS[name]()


def combination(chance):
    guards = tuple(guard_of(name, chance) for name in chance.sample(sorted(GUARDS), chance.randint(0, 3)))
    weights = tuple(WEIGHTS[name]() for name in chance.sample(sorted(WEIGHTS), chance.randint(0, 2)))
    prefilter = chance.choice([None, None, 60, 100])
    plan = Plan(
        score_of(chance.choice(sorted(SCORES)), chance), CHOICES[chance.choice(sorted(CHOICES))](), prefilter, None, guards, weights
    )
    task = {
        "count": chance.randint(1, 30),
        "random_share": chance.choice([0.0, 0.0, 0.2]),
        "audit_share": chance.choice([0.0, 0.0, 0.2]),
        "budget": chance.choice([None, None, 25.0]),
        "seed": chance.getrandbits(64),
    }
    return plan, task


@pytest.mark.parametrize("number", range(400))
def test_the_rules_hold(number):
    chance, rng = random.Random(number), np.random.default_rng(number)
    plan, task = combination(chance)
    columns, rest = columns_for(plan.needs | {Need.EMBEDDINGS, Need.COSTS, Need.GROUPS, Need.UNLABELABLE}, rng, ROWS)
    columns["embeddings"][::3] = columns["embeddings"][1::3] * 2
    columns["excluded"] = rng.random(ROWS) < 0.1
    task |= rest

    batch = outcome(plan, columns, **task)
    if isinstance(batch, str):
        assert batch.split(":")[0] in HONEST, batch
        for pieces in (7, 64):
            assert outcome(plan, columns, pieces=pieces, **task) == batch
        return

    chosen, audited = batch.indices, np.zeros(len(batch.indices), bool) if batch.audit_draws is None else batch.audit_draws
    assert len(set(chosen.tolist())) == len(chosen) <= task["count"]
    assert len(chosen) == task["count"] or task["budget"] is not None
    assert not columns["excluded"][chosen].any()
    listed = dict(zip(batch.guarded_indices.tolist(), batch.guarded_reasons, strict=True))
    assert len(listed) == batch.guarded_total == sum(batch.guarded_tallies.values())
    assert not set(chosen[~audited].tolist()) & listed.keys()
    assert {int(row) for row in chosen[audited]} <= listed.keys()
    assert batch.statistics.rows == ROWS
    before = sum(reason not in ("GROUP_FULL", "DUPLICATE_IN_BATCH") for reason in listed.values())
    assert batch.statistics.candidates + batch.statistics.excluded + before == ROWS
    if task["budget"] is not None:
        assert columns["costs"][chosen].sum() <= 25 * (1 + 1e-9)
        assert batch.spending.left == pytest.approx(25 - columns["costs"][chosen].sum(), abs=1e-9)
    check_guards(plan, columns, chosen[~audited])
    by_plan = ~audited & ~(batch.random_draws if batch.random_draws is not None else np.zeros(len(chosen), bool))
    assert np.isfinite(batch.scores[by_plan | audited]).all()
    assert np.isfinite(batch.values[by_plan]).all() if plan.weights else batch.values is None
    assert np.isfinite(batch.scores).all() or any(code == "SHORTLISTED" for code, _ in batch.warnings)
    for pieces, threads in ((7, 1), (64, 3)):
        again = select(plan, columns, pieces=pieces, threads=threads, **task)
        for name in ("indices", "scores", "values", "gains", "clusters", "costs", "guarded_indices", "random_draws", "audit_draws"):
            np.testing.assert_array_equal(getattr(again, name), getattr(batch, name), name)


def outcome(plan, columns, **task):
    """Return what was chosen, or why nothing was."""
    try:
        return select(plan, columns, **task)
    except EngineError as error:
        return f"{error.reason}: {error}"


def check_guards(plan, columns, chosen):
    for guard in plan.guards:
        if guard.name == "group_cap":
            assert max(Counter(columns["groups"][chosen].tolist()).values(), default=0) <= guard.most
        if guard.name == "near_duplicate" and len(chosen) > 1:
            alike = cosine_similarity(columns["embeddings"][chosen])
            np.fill_diagonal(alike, -1)
            assert alike.max() < guard.similarity + 1e-9
        if guard.name == "unlabelable":
            assert (columns["unlabelable"][chosen] < guard.threshold).all()


def test_the_combinations_are_of_all_kinds():
    plans = [combination(random.Random(number)) for number in range(400)]
    assert {plan.choice.name for plan, _ in plans} == set(CHOICES)
    assert {plan.score.name for plan, _ in plans} == set(SCORES)
    assert {guard.name for plan, _ in plans for guard in plan.guards} == set(GUARDS)
    assert any(isinstance(plan.score, PoolScore) and task["random_share"] for plan, task in plans)
    assert any(isinstance(plan.choice, RowChoice) and task["budget"] and plan.guards for plan, task in plans)


def test_most_combinations_are_answered():
    refused = 0
    for number in range(60):
        plan, task = combination(random.Random(number))
        columns, rest = columns_for(plan.needs | {Need.COSTS}, np.random.default_rng(number), ROWS)
        refused += isinstance(outcome(plan, columns, **task, **rest), str)
    assert refused < 30
