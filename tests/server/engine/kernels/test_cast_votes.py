"""Weighted votes against a count by hand, with few classes and with many."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from querist_server.engine.kernels import committee


def by_hand(votes, weights):
    """Return each row's shares as {class: share} and its concentration, in exact arithmetic."""
    for row in votes.T:
        shares, squares = defaultdict(Fraction), Fraction()
        for vote, weight in zip(row, map(Fraction, weights), strict=True):
            if vote != committee.ABSTAINED:
                shares[int(vote)] += weight
                squares += weight**2
        total = sum(shares.values())
        yield {name: share / total for name, share in shares.items() if share}, squares / total**2 if total else 1


@pytest.mark.parametrize("classes", [1, 2, 7, 24, 25, 3_000, 2**31 - 1])
@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64])
def test_votes_are_counted_as_by_hand(classes, kind):
    drawn = np.random.default_rng(classes)
    votes = drawn.integers(-1, min(classes, np.iinfo(kind).max), (3, 400)).astype(kind)
    votes[1, ::3] = votes[0, ::3]
    votes[:, :5] = committee.ABSTAINED
    weights = np.array([0.5, 0.25, 0.25])
    cast = committee.cast_votes(votes, weights, classes)
    labels, shares = cast.leading()
    for row, (expected, concentration) in enumerate(by_hand(votes, weights)):
        there = cast.shares[row] > 0
        assert dict(zip(cast.classes[row][there].tolist(), cast.shares[row][there], strict=True)) == pytest.approx(expected)
        assert cast.concentration[row] == pytest.approx(float(concentration))
        most = max(expected.values(), default=0)
        assert shares[row] == pytest.approx(float(most))
        assert labels[row] == min((name for name, share in expected.items() if share == most), default=0)


def test_a_member_without_weight_has_no_vote():
    cast = committee.cast_votes(np.array([[5], [2], [5]]), np.array([0.0, 1.0, 0.0]), 10_000)
    assert [array.tolist() for array in cast.leading()] == [[2], [1.0]]
    nobody = committee.cast_votes(np.array([[5], [-1]]), np.array([0.0, 1.0]), 10_000)
    assert [array.tolist() for array in nobody.leading()] == [[0], [0.0]]


@pytest.mark.parametrize("classes", [5, 40, 41, 500])
def test_shares_of_all_classes_and_of_one_are_those_of_a_plain_count(classes):
    drawn = np.random.default_rng(classes)
    votes, weights = drawn.integers(-1, classes, (5, 300)), drawn.dirichlet(np.ones(5))
    expected = np.zeros((300, classes))
    for member, weight in zip(votes, weights, strict=True):
        np.add.at(expected, (np.flatnonzero(member >= 0), member[member >= 0]), weight)
    expected /= expected.sum(axis=1, keepdims=True)
    cast = committee.cast_votes(votes, weights, classes)
    np.testing.assert_allclose(cast.of_all(classes, np.arange(300)), expected, atol=1e-15)
    some = np.array([299, 3, 3])
    np.testing.assert_array_equal(cast.of_all(classes, some), cast.of_all(classes, np.arange(300))[some])
    for label in (0, 1, classes - 1):
        np.testing.assert_array_equal(cast.of_one(label), cast.of_all(classes, np.arange(300))[:, label])
