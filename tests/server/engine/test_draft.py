"""The rules that a draft keeps, whatever a choice does with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from querist_server.engine.draft import Draft


class Halves:
    """Closes what has the same remainder as what was taken."""

    reason = "GROUP_FULL"

    def __init__(self, size: int, modulus: int, closed: int) -> None:
        self.remainders, self.closed = np.arange(size) % modulus, closed

    def closed_from_the_start(self):
        return np.arange(self.closed)

    def closed_by(self, position):
        return np.flatnonzero(self.remainders == self.remainders[position])


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 6), st.integers(0, 3), st.randoms(use_true_random=False))
def test_whatever_is_taken_the_rules_hold(size, count, modulus, closed, chance):
    costs = np.array([chance.uniform(0.5, 2) for _ in range(size)])
    draft = Draft(size, count, watch=lambda: [Halves(size, modulus, min(closed, size))], costs=costs, budget=5.0)
    seen: set[int] = set(np.flatnonzero(~draft.open).tolist())
    while not draft.full:
        position = chance.choice(np.flatnonzero(draft.open).tolist())
        newly = draft.take(position)
        assert position in newly
        assert not seen & set(newly.tolist())
        seen |= set(newly.tolist())
        assert seen == set(np.flatnonzero(~draft.open).tolist())
    taken = draft.taken.tolist()
    assert len(set(taken)) == len(taken) <= count
    assert costs[taken].sum() <= 5 * (1 + 1e-9)
    assert len({position % modulus for position in taken}) == len(taken)
    assert not any(position < closed for position in taken)
    reported = np.concatenate([np.empty(0, int), *(positions for _, positions in draft.closures)]).tolist()
    assert len(set(reported)) == len(reported)
    assert not set(reported) & set(taken)


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(12)), st.integers(1, 12), st.booleans())
def test_filling_is_taking_one_by_one(order, count, watched):
    def watch():
        return [Halves(12, 5, 1)] if watched else []

    filled, taken = Draft(12, count, watch=watch), Draft(12, count, watch=watch)
    filled.fill(np.array(order))
    for position in order:
        if taken.wanted and taken.open[position]:
            taken.take(position)
    assert filled.taken.tolist() == taken.taken.tolist()
    np.testing.assert_array_equal(filled.open, taken.open)


def test_nothing_is_taken_twice_or_beyond_the_count():
    draft = Draft(5, 2)
    draft.take(3)
    with pytest.raises(AssertionError):
        draft.take(3)
    draft.take(1)
    assert draft.full
    with pytest.raises(AssertionError):
        draft.take(0)


def test_turns_go_round_until_the_draft_is_full():
    draft = Draft(9, 6)
    draft.close(np.array([1]))
    draft.take_in_turns([(7, iter([0, 1, 2])), (8, iter([3])), (9, iter([4, 5, 6, 7, 8]))])
    assert draft.taken.tolist() == [0, 3, 4, 2, 5, 6]
    assert draft.clusters.tolist() == [7, 8, 9, 7, 9, 9]


def test_a_trial_begins_anew_under_the_same_rules():
    draft = Draft(6, 3, watch=lambda: [Halves(6, 2, 0)], costs=np.ones(6), budget=2.0)
    trial = draft.trial()
    trial.take(0)
    trial.take(1)
    assert trial.full
    assert draft.open.all()
    assert (draft.count, draft.wanted) == (3, 3)


def test_gains_and_clusters_are_none_without_any():
    draft = Draft(3, 3)
    draft.take(0)
    assert draft.gains is None
    assert draft.clusters is None
    draft.take(1, gain=2.0)
    draft.take(2, cluster=4)
    np.testing.assert_array_equal(draft.gains, [np.nan, 2, np.nan])
    assert draft.clusters.tolist() == [-1, -1, 4]
