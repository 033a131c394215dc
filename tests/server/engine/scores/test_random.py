import numpy as np
from engine import scores_of, select
from scipy import stats

ROWS = {"scores": np.zeros(20_000)}


def test_is_uniform():
    assert stats.kstest(scores_of("random", ROWS), "uniform").pvalue > 1e-4


def test_no_two_rows_share_a_number():
    assert len(np.unique(scores_of("random", ROWS))) == 20_000


def test_depends_on_the_seed_and_on_nothing_else():
    first, again, other = (scores_of("random", ROWS, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.03  # four standard errors of an uncorrelated pair


def test_neighbouring_rows_and_seeds_are_uncorrelated():
    values = np.stack([scores_of("random", ROWS, seed=seed) for seed in range(5)])
    assert abs(np.corrcoef(values[0, :-1], values[0, 1:])[0, 1]) < 0.03
    assert np.abs(np.corrcoef(values) - np.eye(5)).max() < 0.03


def test_every_row_is_chosen_equally_often_and_says_so():
    counts = np.zeros(10)
    for seed in range(3000):
        chosen = select("random", {"scores": np.zeros(10)}, count=3, seed=seed)
        np.testing.assert_allclose(chosen.inclusion_probabilities, 0.3)
        counts[chosen.indices] += 1
    assert stats.chisquare(counts).pvalue > 1e-4
