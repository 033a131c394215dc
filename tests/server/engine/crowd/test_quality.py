"""How often annotators are right: intervals hold at the nominal rate, and what cannot be compared has none."""

import numpy as np
import pytest
from crowds import crowd, nothing
from querist_server.engine.crowd import dawid_skene
from querist_server.engine.crowd import quality as quality_module
from querist_server.engine.crowd.quality import quality, without_own
from querist_server.engine.crowd.votes import Votes


@pytest.mark.parametrize(("annotators", "classes", "each"), [(8, 2, 4), (8, 4, 3), (20, 3, 5), (5, 6, 5)])
def test_intervals_of_95_percent_hold_the_truth_about_as_often(annotators, classes, each):
    rng, held = np.random.default_rng(7), []
    for _ in range(40):
        votes, _, accuracy = crowd(rng, 250, annotators, classes, each)
        found = quality(votes, without_own(votes, dawid_skene.one_coin(votes, nothing).posteriors)[0])
        held += ((found.low <= accuracy) & (accuracy <= found.high)).tolist()
    assert np.mean(held) > 0.90


def test_others_are_those_without_oneself(rng):
    votes, _, _ = crowd(rng, 50, 5, 3, 3)
    posteriors = dawid_skene.one_coin(votes, nothing).posteriors
    chances, best = without_own(votes, posteriors)
    place = 17
    keep = np.arange(len(votes.item)) != place
    without = Votes(votes.item[keep], votes.who[keep], votes.label[keep], 50, 5, 3)
    others = without.counts[votes.item[place]]
    if others.max() == 2:  # two who agree outweigh any share of the classes here
        assert best[place] == others.argmax()
    assert 0 < chances[place] < 1


def test_nobody_else_is_no_quality():
    votes = Votes(np.array([0, 1, 2, 2]), np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3, 3, 2)
    chances, best = without_own(votes, votes.counts)
    found = quality(votes, chances)
    assert np.isnan(found.mean[0])
    assert not np.isnan(found.mean[1:]).any()
    assert best[:2].tolist() == [-1, -1]


def test_more_labels_make_it_more_certain(rng):
    small, _, _ = crowd(rng, 60, 6, 3, 4)
    large, _, _ = crowd(rng, 2000, 6, 3, 4)
    widths = []
    for votes in (small, large):
        found = quality(votes, without_own(votes, dawid_skene.one_coin(votes, nothing).posteriors)[0])
        widths.append(np.mean(found.high - found.low))
    assert widths[1] < widths[0] / 3


def test_blocks_make_no_difference(rng, monkeypatch):
    votes, _, _ = crowd(rng, 80, 5, 4, 3)
    posteriors = dawid_skene.one_coin(votes, nothing).posteriors
    whole = without_own(votes, posteriors)
    monkeypatch.setattr(quality_module, "CELLS_AT_A_TIME", 28)
    for one, other in zip(whole, without_own(votes, posteriors), strict=True):
        assert np.array_equal(one, other)
