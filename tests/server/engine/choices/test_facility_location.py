import itertools

import numpy as np
import pytest
from drafts import drawn_up
from engine import select
from querist_server.engine.choices.facility_location import FacilityLocation
from querist_server.engine.draft import Draft
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import greedy
from querist_server.engine.plan import Plan
from querist_server.engine.pool import Context, Side
from querist_server.engine.scores.caller import CallerScore
from skactiveml.pool import MaxHerding
from sklearn.metrics import pairwise_distances


def similarities(points, others, choice):
    """Return similarities of unit vectors, by scipy's distances."""
    squared = pairwise_distances(*(some / np.linalg.norm(some, axis=1, keepdims=True) for some in (points, others))) ** 2
    if choice.kernel == "COSINE":
        return 1 - squared / 4
    if choice.kernel == "TOP_HAT":
        return (squared <= choice.radius**2).astype(float)
    return np.exp(-squared / choice.bandwidth**2)


def worth(alike, weights, covered, some):
    return float((weights * np.maximum(covered, alike[:, list(some)].max(axis=1) if len(some) else 0)).sum())


CHOICES = [
    FacilityLocation(),
    FacilityLocation(bandwidth=0.4),
    FacilityLocation("COSINE"),
    FacilityLocation("TOP_HAT", radius=0.5),
    FacilityLocation(weigh_by_score=True),
]


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("labels", [0, 5])
@pytest.mark.parametrize("block", [128, 4])
def test_every_pick_gains_most_and_gains_fall(rng, choice, labels, block, monkeypatch):
    monkeypatch.setattr(greedy, "BLOCK_ROWS", block)
    points, labelled, values = rng.standard_normal((60, 3)), rng.standard_normal((labels, 3)), rng.random(60)
    alike = similarities(points, points, choice)
    covered = similarities(points, labelled, choice).max(axis=1) if labels else np.zeros(60)
    weights = values / values.max() if choice.weigh_by_score else np.ones(60)
    side = Side(labelled_embeddings=labelled if labels else None)
    found = drawn_up(choice, 12, side=side, embeddings=points, score=values)
    for step, row in enumerate(found.taken.tolist()):
        before = found.taken[:step].tolist()
        now = worth(alike, weights, covered, before)
        gains = [worth(alike, weights, covered, [*before, other]) - now for other in range(60)]
        assert gains[row] == pytest.approx(max(gains), abs=1e-9)
        assert found.gains[step] == pytest.approx(gains[row], abs=1e-9)
    assert (np.diff(found.gains) <= 1e-9).all()


@pytest.mark.parametrize("choice", CHOICES)
def test_the_guarantee_holds_against_the_best_set(rng, choice):
    for _ in range(8):
        points, values = rng.standard_normal((9, 3)), rng.random(9)
        alike = similarities(points, points, choice)
        weights = values / values.max() if choice.weigh_by_score else np.ones(9)
        draft, context = Draft(9, 3), Context(seed=1)
        candidates = {"index": np.arange(9), "score": values, "value": values, "embeddings": points}
        guarantee = choice.choose(candidates, draft, context)
        reached = worth(alike, weights, 0, draft.taken)
        best = max(worth(alike, weights, 0, some) for some in itertools.combinations(range(9), 3))
        assert 1 - 1 / np.e <= reached / best
        assert 0.5 <= guarantee <= reached / best + 1e-9


def test_max_herding_equals_scikit_activeml(rng):
    points = rng.standard_normal((80, 4))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    theirs = MaxHerding(metric_dict={"gamma": 1.0}, random_state=1).query(unit, np.full(80, np.nan), batch_size=15)
    assert drawn_up(FacilityLocation(), 15, embeddings=points).taken.tolist() == np.asarray(theirs).tolist()


def test_float32_finds_sets_as_good_as_float64(rng):
    points = rng.standard_normal((300, 8))
    alike = similarities(points, points, FacilityLocation())
    found = [drawn_up(FacilityLocation(), 20, embeddings=points.astype(dtype)).taken for dtype in (np.float32, np.float64)]
    assert worth(alike, 1, 0, found[0]) == pytest.approx(worth(alike, 1, 0, found[1]), rel=1e-5)


def test_the_bandwidth_adapts_to_the_labelled_set(rng):
    points, labelled = rng.standard_normal((50, 3)), rng.standard_normal((6, 3))
    gaps = pairwise_distances(labelled / np.linalg.norm(labelled, axis=1, keepdims=True))
    side = Side(labelled_embeddings=np.vstack((labelled, labelled[:1] * 2)))  # the same direction twice does not count
    adaptive = drawn_up(FacilityLocation(adaptive=True), 10, side=side, embeddings=points).taken
    fixed = drawn_up(FacilityLocation(bandwidth=float(gaps[gaps > 1e-9].min())), 10, side=side, embeddings=points).taken
    assert adaptive.tolist() == fixed.tolist()
    alone = drawn_up(FacilityLocation(adaptive=True), 10, embeddings=points).taken
    assert alone.tolist() == drawn_up(FacilityLocation(), 10, embeddings=points).taken.tolist()


def test_a_radius_is_found_within_which_clusters_are_pure(rng):
    centres = np.eye(4)
    points = np.vstack([centre + 0.02 * rng.standard_normal((25, 4)) for centre in centres])
    found = drawn_up(FacilityLocation("TOP_HAT"), 4, embeddings=points)
    assert sorted(found.taken // 25) == [0, 1, 2, 3]
    assert found.gains.sum() == 100


def test_a_drawn_reference_stands_for_the_whole(rng):
    points = rng.standard_normal((3000, 4))
    alike = similarities(points, points, FacilityLocation())
    whole = worth(alike, 1, 0, drawn_up(FacilityLocation(), 10, embeddings=points).taken)
    drawn = worth(alike, 1, 0, drawn_up(FacilityLocation(reference_rows=500), 10, embeddings=points).taken)
    assert drawn > 0.97 * whole


def test_stochastic_greedy_is_nearly_as_good(rng):
    points = rng.standard_normal((400, 4))
    alike = similarities(points, points, FacilityLocation())
    exact = worth(alike, 1, 0, drawn_up(FacilityLocation(), 20, embeddings=points).taken)
    for seed in range(5):
        some = drawn_up(FacilityLocation(sampling_loss=0.1), 20, seed=seed, embeddings=points).taken
        assert len(set(some.tolist())) == 20
        assert worth(alike, 1, 0, some) > 0.9 * exact


def test_within_a_budget_the_better_of_two_runs(rng):
    for _ in range(10):
        points, costs = rng.standard_normal((8, 3)), rng.uniform(0.2, 2, 8)
        alike, budget = similarities(points, points, FacilityLocation()), 2.5
        sent = {"scores": rng.random(8), "embeddings": points, "costs": costs}
        chosen = select(Plan(CallerScore(), FacilityLocation()), sent, budget=budget)
        assert costs[chosen.indices].sum() <= budget
        affordable = (some for size in range(1, 9) for some in itertools.combinations(range(8), size) if costs[list(some)].sum() <= budget)
        best = max(worth(alike, 1, 0, some) for some in affordable)
        assert worth(alike, 1, 0, chosen.indices) >= (1 - 1 / np.e) / 2 * best
        assert chosen.gains.sum() == pytest.approx(worth(alike, 1, 0, chosen.indices))
        assert chosen.guarantee is None


@pytest.mark.parametrize("choice", CHOICES)
def test_nothing_to_gain_still_fills_the_batch(choice):
    same = np.zeros((12, 3))
    assert sorted(drawn_up(choice, 12, embeddings=same).taken.tolist()) == list(range(12))


def test_a_negative_score_is_no_weight(rng):
    with pytest.raises(EngineError) as caught:
        plan = Plan(CallerScore(), FacilityLocation(weigh_by_score=True))
        select(plan, {"scores": np.array([1.0, -2.0, 1.0]), "embeddings": rng.random((3, 2))}, count=1)
    assert (caught.value.reason, caught.value.row) == ("SCORE_NEGATIVE", 1)
    assert caught.value.field == "plan.choice.facility_location.weigh_by_score"


def test_far_fewer_gains_are_evaluated_than_by_going_through_all(rng, monkeypatch):
    from querist_server.engine.kernels.coverage import Coverage

    evaluated = []
    gains = Coverage.gains
    monkeypatch.setattr(Coverage, "gains", lambda self, positions: evaluated.append(len(positions)) or gains(self, positions))
    monkeypatch.setattr(greedy, "BLOCK_ROWS", 16)
    drawn_up(FacilityLocation(), 30, embeddings=rng.standard_normal((1500, 8)))
    assert sum(evaluated) < 0.4 * 30 * 1500
