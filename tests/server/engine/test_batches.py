"""Random shares, prefilters, abstentions, scores of the whole pool, warnings."""

import numpy as np
import plain
import pytest
from engine import columns_for, feed, probabilities, scores_of, select, started
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import Cancelled, EngineError
from querist_server.engine.part import SetChoice
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.entropy import Entropy
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from querist_server.engine.scores.random import Random
from scipy import stats

MIX = Plan(Mix(parts=(MixPart(Margin()), MixPart(Entropy())), scale="Z_SCORE"), Top())


@pytest.mark.parametrize("plan", ["margin", "power_margin", "softrank_bald", "k_center", MIX, Plan(Margin(), Power(), 30)])
@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (0.05, 0), (0.15, 2), (0.25, 2), (0.5, 5), (1.0, 10)])
def test_a_share_is_drawn_and_the_plan_takes_the_rest_from_the_others(rng, plan, share, drawn):
    needs = plan.needs if isinstance(plan, Plan) else None

    columns, task = columns_for(needs or PRESETS[plan].plan.needs, rng, 100)
    batch = select(plan, columns, count=10, random_share=share, seed=3, **task)
    assert len(set(batch.indices.tolist())) == 10
    if not drawn:
        assert batch.random_draws is None
        return
    assert batch.random_draws.sum() == drawn
    np.testing.assert_allclose(batch.inclusion_probabilities, np.where(batch.random_draws, drawn / 100, 0))
    mask = np.zeros(100, bool)
    mask[batch.indices[batch.random_draws]] = True
    if drawn < 10 and plan != "softrank_bald" and plan is not MIX:  # ranks and scales are over all candidates, drawn ones too
        alone = select(plan, {**columns, "excluded": mask}, count=10 - drawn, seed=3, **task)
        np.testing.assert_array_equal(batch.indices[~batch.random_draws], alone.indices)


def test_the_share_is_uniform_and_spread_over_the_batch():
    counts = np.zeros(20)
    for seed in range(2000):
        batch = select("caller", {"scores": np.arange(20.0)}, count=8, random_share=0.25, seed=seed)
        assert batch.random_draws.tolist() == [False, False, True, False, False, False, True, False]
        counts[batch.indices[batch.random_draws]] += 1
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_prefilter_is_a_choice_from_the_best(rng):
    rows = probabilities(rng, 300, 4)
    batch = select(Plan(Margin(), Power(), 40), {"probabilities": rows}, count=15)
    best = plain.ranking(scores_of("margin", {"probabilities": rows}).tolist())[:40]
    mask = np.ones(300, bool)
    mask[best] = False
    alone = select(Plan(Margin(), Power()), {"probabilities": rows, "excluded": mask}, count=15)
    np.testing.assert_array_equal(batch.indices, alone.indices)


def test_rows_without_a_vote_are_guarded_and_listed():
    votes = np.array([[0, 1], [-1, -1], [1, -1], [-1, -1], [-1, 0]])
    batch = select("vote_entropy", {"committee.votes": votes, "excluded": np.array([0, 0, 0, 1, 0], bool)}, class_count=2)
    assert sorted(batch.indices.tolist()) == [0, 2, 4]
    assert (batch.guarded_total, batch.guarded_indices.tolist(), batch.guarded_reasons) == (1, [1], ["NO_VOTES"])
    assert (batch.statistics.candidates, batch.statistics.excluded) == (3, 1)


def test_a_member_without_weight_does_not_count_as_a_vote():
    votes = np.array([[0, -1], [-1, 1]])
    batch = select("vote_entropy", {"committee.votes": votes}, class_count=2, member_weights=np.array([0.0, 1.0]))
    assert batch.indices.tolist() == [1]


@pytest.mark.parametrize("plan", ["margin", "softrank_bald", MIX])
def test_scores_of_the_pool_are_complete_and_nan_for_others(rng, plan):
    from engine import feed, started

    needs = plan.needs if isinstance(plan, Plan) else PRESETS[plan].plan.needs
    columns, task = columns_for(needs, rng, 500)
    excluded = rng.random(500) < 0.2
    run = started(plan, count=5, keep_scores=True, **task)
    feed(run, {**columns, "excluded": excluded}, 90)
    pieces = run.take_scores()
    run.finish()
    pieces += run.take_scores()
    assert [first for first, _ in pieces] == np.cumsum([0, *(len(scores) for _, scores in pieces[:-1])]).tolist()
    scores = np.concatenate([scores for _, scores in pieces])
    np.testing.assert_array_equal(scores, scores_of(plan, {**columns, "excluded": excluded}, **task))
    np.testing.assert_array_equal(np.isnan(scores), excluded)


def test_confidence_and_label_are_the_models_own(rng):
    rows = probabilities(rng, 80, 5)
    batch = select("random", {"probabilities": rows}, count=30)
    np.testing.assert_array_equal(batch.labels, rows[batch.indices].argmax(axis=1))
    np.testing.assert_allclose(batch.confidences, rows[batch.indices].max(axis=1))
    assert select("caller", {"scores": np.arange(9.0)}, count=2).labels is None


def codes(selection):
    return [code for code, _ in selection.warnings]


def test_warnings_are_given_where_they_apply_and_nowhere_else(rng):
    assert codes(select("margin", {"probabilities": probabilities(rng, 50, 4)}, count=3)) == []
    assert codes(select("margin", {"probabilities": probabilities(rng, 50, 2)}, count=3)) == ["BINARY_RANKING"]
    assert codes(select("caller", {"scores": np.ones(9)}, count=3)) == ["ALL_SCORES_EQUAL"]
    assert codes(select("caller", {"scores": np.ones(9)}, count=9)) == []
    sure = np.tile([0.0, 1.0, 0.0], (9, 1))
    sure[0] = [0.2, 0.5, 0.3]
    assert codes(select("margin", {"probabilities": sure}, count=1)) == ["SATURATED_CONFIDENCE"]
    assert codes(select("power_margin", {"probabilities": sure}, count=2)) == ["ZERO_SCORES_DRAWN", "SATURATED_CONFIDENCE"]


@pytest.mark.parametrize(
    ("task", "reason", "field"),
    [
        ({"count": 0}, "VALUE_OUT_OF_RANGE", "count"),
        ({"count": -3}, "VALUE_OUT_OF_RANGE", "count"),
        ({"count": 6}, "COUNT_EXCEEDS_POOL", "count"),
        ({"count": 1, "random_share": 1.5}, "VALUE_OUT_OF_RANGE", "random_share"),
        ({"count": 1, "random_share": float("nan")}, "VALUE_OUT_OF_RANGE", "random_share"),
        ({"random_share": 0.5}, "FIELD_CONFLICT", "random_share"),
        ({"count": 1, "exclude_indices": np.array([-1])}, "INDEX_OUT_OF_RANGE", "exclude_indices"),
        ({"count": 1, "exclude_indices": np.array([5])}, "INDEX_OUT_OF_RANGE", "exclude_indices"),
        ({"count": 1, "exclude_indices": np.arange(5)}, "POOL_EMPTY", ""),
        ({"count": 1, "expected_rows": 4}, "SHAPE_MISMATCH", "expected_rows"),
        ({"count": 1, "class_count": 1}, "VALUE_OUT_OF_RANGE", "class_count"),
        ({"count": 1, "class_count": 7}, "SHAPE_MISMATCH", "class_count"),
        ({"count": 1, "member_weights": np.array([1.0])}, "WEIGHTS_INVALID", "member_weights"),
        ({"count": 1, "member_weights": np.array([0.0])}, "WEIGHTS_INVALID", "member_weights"),
        ({"count": 1, "cost_matrix": np.eye(3)}, "SHAPE_MISMATCH", "cost_matrix"),
    ],
)
def test_what_is_asked_must_make_sense(rng, task, reason, field):
    with pytest.raises(EngineError) as caught:
        select("margin", {"probabilities": probabilities(rng, 5, 4)}, **task)
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize("scale", ["MIN_MAX", "Z_SCORE"])
def test_huge_scores_mix_and_weights_beyond_all_bounds_are_refused(scale):
    huge = np.array([1e308, -1e308, 1e307])
    fine = Plan(Mix(parts=(MixPart(CallerScore()), MixPart(CallerScore())), scale=scale), Top())
    np.testing.assert_allclose(scores_of(fine, {"scores": huge}), scores_of(fine, {"scores": huge / 1e300}), rtol=1e-12)
    plan = Plan(Mix(parts=(MixPart(CallerScore(), 1.7e308), MixPart(CallerScore(), 1.7e308)), scale=scale), Top())
    with pytest.raises(EngineError) as caught:
        select(plan, {"scores": huge}, count=1)
    assert (caught.value.reason, caught.value.field) == ("VALUE_NOT_FINITE", "plan.score")


def test_costs_too_large_to_be_added_are_refused_with_their_row():
    with pytest.raises(EngineError) as caught:
        select("expected_cost", {"probabilities": np.full((3, 2), 0.50049)}, count=1, cost_matrix=np.full((2, 2), 1.797e308))
    assert (caught.value.reason, caught.value.row) == ("VALUE_NOT_FINITE", 0)


def test_a_prefilter_smaller_than_the_batch_is_refused():
    with pytest.raises(EngineError, match="at least count"):
        select(Plan(Margin(), Top(), 3), {"probabilities": np.full((9, 2), 0.5)}, count=4)


@pytest.mark.parametrize("preset", ["diverse_mini_batch", "cluster_margin", "mmr", "k_dpp", "badge_shortlist", "class_balanced"])
def test_a_prefilter_by_factor_streams_in_memory_that_does_not_grow_with_the_pool(rng, preset):
    held = []
    for rows in (20_000, 80_000):
        run = started(preset, count=10)
        for _ in range(0, rows, 5000):
            run.feed({"probabilities": rng.dirichlet(np.ones(3), 5000).astype("f4"), "embeddings": rng.random((5000, 8), np.float32)})
        batch = run.finish()
        assert batch.statistics.rows == rows
        assert run.task.plan.prefilter == 1000
        assert run.task.plan.prefilter_factor is None
        held.append(batch.statistics.bytes_kept)
    assert max(held) < 1_500_000  # 2 x 1,000 + 4,096 rows may pile up before the best are picked out


@pytest.mark.parametrize(("count", "kept"), [(10, 1000), (100, 1000), (150, 1500), (None, None)])
def test_a_prefilter_by_factor_is_ten_times_the_batch_and_at_least_a_thousand(count, kept):
    assert PRESETS["mmr"].plan.resolved(count).prefilter == kept


@pytest.mark.parametrize(
    "choice", [name for name, part in CHOICES.items() if issubclass(part, SetChoice) and name != "softrank"]
)  # which is one sort
def test_every_choice_stops_when_the_caller_has_gone(rng, choice):
    plan = Plan(Random(), CHOICES[choice]())
    columns, task = columns_for(plan.needs, rng, 200)
    run = started(plan, count=100, **task)
    feed(run, columns)
    calls = 0

    def checkpoint():
        nonlocal calls
        calls += 1
        if calls > 3:
            raise Cancelled

    object.__setattr__(run._context, "checkpoint", checkpoint)
    with pytest.raises(Cancelled):
        run.finish()
