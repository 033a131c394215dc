"""Allowed numbers at the edge of what a float holds."""

import numpy as np
import pytest
from engine import committee, scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.part import Plan
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.mix import Mix, MixPart
from querist_server.engine.scores.ratio import Ratio


@pytest.mark.parametrize("strategy", ["bald", "vote_entropy", "consensus_entropy", "max_kl", "probability_std"])
@pytest.mark.parametrize("size", [1e308, 5e-324, 2.0**-1000])
def test_only_the_proportions_of_weights_count(rng, strategy, size):
    columns = {"committee.probabilities": committee(rng, 50, 3, 4)}
    expected = scores_of(strategy, columns, member_weights=np.array([1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(scores_of(strategy, columns, member_weights=np.array([size, 0.0, size])), expected)


def test_statistics_of_huge_scores_are_numbers(rng):
    """Regression test: an infinite square times no rows is not a number."""
    plan = Plan(Mix((MixPart(Margin()), MixPart(Ratio(), 1e308)), "RANK"), Top())
    statistics = select(plan, {"probabilities": rng.dirichlet(np.ones(3), 20)}).statistics
    assert not np.isnan([statistics.score_min, statistics.score_max, statistics.score_mean, statistics.score_std]).any()
    assert statistics.histogram_counts.sum() == 20
