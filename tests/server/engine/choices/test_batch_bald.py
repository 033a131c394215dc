import numpy as np
import pytest
from engine import committee, select
from querist_server.engine.choices.batch_bald import BatchBald
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.random import Random
from scipy import stats
from skactiveml.pool._bald import batch_bald


def chosen(members, count, weights=None, seed=7, **parameters):
    plan = Plan(Random(), BatchBald(**parameters))
    return select(plan, {"committee.probabilities": members}, count=count, member_weights=weights, seed=seed)


def information(members, weights, rows):
    """Return the mutual information of the labels of some rows and the member, over all outcomes."""
    joint = weights[None]
    for row in rows:
        joint = (joint[:, None] * members[row].T[None]).reshape(-1, len(weights))
    settled = sum(weights @ stats.entropy(members[row], axis=1) for row in rows)
    return stats.entropy(joint.sum(axis=1)) - settled


@pytest.mark.parametrize("classes", [2, 4])
def test_equals_scikit_activeml_while_exact(rng, classes):
    members = rng.dirichlet(np.ones(classes), (50, 7)) + 0.001  # above the 1e-7 at which the peer clips
    members /= members.sum(axis=2, keepdims=True)
    peer = batch_bald(np.moveaxis(members, 1, 0).copy(), 5, n_MC_samples=100_000)  # [members, rows, classes]; altered in place
    found = chosen(members, 5)
    assert found.indices.tolist() == np.nanargmax(peer, axis=1).tolist()
    np.testing.assert_allclose(np.cumsum(found.gains), np.nanmax(peer, axis=1), atol=1e-12)


def test_each_pick_adds_the_most_information_by_weighted_members(rng):
    members, weights = committee(rng, 25, 5, 3), np.array([1.0, 0, 4, 2, 1])
    found = chosen(members, 5, weights)
    batch = []
    for row, gain in zip(found.indices.tolist(), found.gains, strict=True):
        before = information(members, weights / 8, batch)
        gains = [-1 if other in batch else information(members, weights / 8, [*batch, other]) - before for other in range(25)]
        assert gains[row] == pytest.approx(max(gains), abs=1e-12)
        assert gain == pytest.approx(gains[row], abs=1e-12)
        batch.append(row)


def test_the_first_pick_is_balds_and_gains_never_rise(rng):
    members = committee(rng, 60, 8, 3)
    found = chosen(members, 8)
    assert found.indices[0] == select("bald", {"committee.probabilities": members}, count=1).indices[0]
    assert (np.diff(found.gains) <= 1e-12).all()


def test_a_twin_adds_less_than_in_bald(rng):
    members = np.repeat(committee(rng, 10, 6, 3), 2, axis=0)
    batch = chosen(members, 4).indices // 2
    assert len(set(batch.tolist())) > len(set((select("bald", {"committee.probabilities": members}, count=4).indices // 2).tolist()))


def test_draws_estimate_what_all_outcomes_say(rng):
    members = rng.dirichlet(np.full(4, 0.4), (40, 10))
    exact = chosen(members, 5, most_outcomes=1000)
    off = []
    for seed in range(10):
        drawn = chosen(members, 5, seed=seed, most_outcomes=100)
        assert drawn.indices[:4].tolist() == exact.indices[:4].tolist()  # 4^3 outcomes are still gone through
        off.append(drawn.gains[4] - exact.gains[4])
    assert np.std(off) > 0
    assert abs(np.mean(off)) < 0.03
    many = chosen(members, 5, most_outcomes=255)
    assert many.gains[4] == pytest.approx(exact.gains[4], abs=0.03)


def test_a_long_batch_neither_vanishes_nor_repeats(rng):
    members = committee(rng, 120, 4, 3)
    found = chosen(members, 120, most_outcomes=100)
    assert sorted(found.indices.tolist()) == list(range(120))
    assert np.isfinite(found.gains).all()
    assert (found.gains >= 0).all()


def test_what_would_take_too_long_is_refused_and_the_way_out_is_named(rng):
    with pytest.raises(EngineError, match="score bald with the choice power") as caught:
        chosen(committee(rng, 100, 4, 3), 50, most_cells=1e6)
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", "plan.choice.batch_bald.most_cells")
