import itertools

import numpy as np
import pytest
from drafts import drawn_up
from engine import select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.errors import EngineError
from querist_server.engine.pipeline import Run
from querist_server.engine.plan import Plan
from querist_server.engine.pool import Side
from querist_server.engine.scores.caller import CallerScore
from skactiveml.pool import CoreSet

PLAN = Plan(CallerScore(), KCenter())


def radius(points, centres):
    return max(min(np.linalg.norm(point - points[centre]) for centre in centres) for point in points)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_naive_greedy(rng, dtype):
    points, scores = rng.standard_normal((150, 6)).astype(dtype), rng.random(150)
    expected = [int(scores.argmax())]
    for _ in range(19):
        gaps = [min(np.linalg.norm(point.astype(float) - points[centre].astype(float)) for centre in expected) for point in points]
        expected.append(int(np.argmax(gaps)))
    assert select(PLAN, {"embeddings": points, "scores": scores}, count=20).indices.tolist() == expected


def test_is_within_twice_the_optimum_on_small_pools(rng):
    for _ in range(20):
        points = rng.random((9, 2))
        chosen = select(PLAN, {"embeddings": points, "scores": rng.random(9)}, count=3).indices
        best = min(radius(points, centres) for centres in itertools.combinations(range(9), 3))
        assert radius(points, chosen) <= 2 * best + 1e-12


def test_points_far_from_the_origin_keep_their_distances():
    points = np.array([[1e8, 0.0], [1e8, 1.0], [1e8, 3.0], [1e8, 3.5]])
    assert select(PLAN, {"embeddings": points, "scores": np.array([1.0, 0, 0, 0])}, count=3).indices.tolist() == [0, 3, 1]


def test_stops_between_picks_when_the_caller_has_gone(rng):
    class Gone(Exception):
        pass

    def checkpoint():
        nonlocal calls
        calls += 1
        if calls > 5:
            raise Gone

    from engine import LIMITS
    from querist_server.engine.pipeline import Task

    calls = 0
    run = Run(Task(plan=PLAN, count=50, seed=1), LIMITS, checkpoint=checkpoint)
    run.feed({"embeddings": rng.random((100, 2)), "scores": np.zeros(100)})
    with pytest.raises(Gone):
        run.finish()


def test_embeddings_must_be_sent():
    with pytest.raises(EngineError) as caught:
        select(PLAN, {"scores": np.zeros(3)}, count=1)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "embeddings")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_away_from_the_labelled_set(rng, dtype):
    points, labelled = rng.standard_normal((120, 4)).astype(dtype), rng.standard_normal((15, 4)).astype(dtype)
    found = drawn_up(KCenter(), 12, side=Side(labelled_embeddings=labelled), embeddings=points)
    centres = list(labelled.astype(float))
    for row, gain in zip(found.taken.tolist(), found.gains.tolist(), strict=True):
        gaps = [min(np.linalg.norm(point - centre) for centre in centres) for point in points.astype(float)]
        assert int(np.argmax(gaps)) == row
        assert gain == pytest.approx(max(gaps), rel=1e-5)
        centres.append(points[row].astype(float))


def test_equals_scikit_activeml(rng):
    points, labelled = rng.standard_normal((80, 4)), rng.standard_normal((6, 4))
    theirs = CoreSet(random_state=1).query(np.vstack((labelled, points)), np.r_[np.zeros(6), np.full(80, np.nan)], batch_size=15)
    mine = drawn_up(KCenter(), 15, side=Side(labelled_embeddings=labelled), embeddings=points).taken
    assert (np.asarray(theirs) - 6).tolist() == mine.tolist()


def test_outliers_are_passed_over_if_asked(rng):
    points = np.vstack((rng.random((98, 2)), [[500.0, 0], [0, -900]]))
    plain = drawn_up(KCenter(), 4, embeddings=points).taken
    robust = drawn_up(KCenter(ignored_share=0.02), 4, embeddings=points).taken
    assert {98, 99} <= set(plain.tolist())
    assert not {98, 99} & set(robust.tolist())
    everyone = drawn_up(KCenter(ignored_share=0.02), 100, embeddings=points).taken
    assert sorted(everyone.tolist()) == list(range(100))


def test_the_robust_pick_is_the_farthest_of_the_rest(rng):
    points = rng.standard_normal((100, 3))
    found = drawn_up(KCenter(ignored_share=0.1), 8, embeddings=points).taken.tolist()
    for step in range(1, 8):
        gaps = np.array([min(np.linalg.norm(point - points[row]) for row in found[:step]) for point in points])
        assert gaps[found[step]] == np.sort(gaps)[-11]
