"""What is folded block by block equals what is computed on the whole."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from querist_server.engine.keep import Best
from querist_server.engine.kernels import top
from querist_server.engine.statistics import ScoreStatistics
from scipy import stats


def kept(values, capacity, cuts):
    keep = Best(capacity)
    rows = np.arange(len(values))
    for piece in np.split(rows, cuts):
        keep.add(values[piece], piece, lambda at, piece=piece: {"copy": values[piece][at]})
    return keep


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=120),
    st.integers(1, 130),
    st.lists(st.integers(0, 120), max_size=5),
)
def test_the_best_rows_are_kept_ties_to_the_lowest_index(numbers, capacity, cuts):
    values = np.array(numbers, float)
    columns = kept(values, capacity, sorted(min(cut, len(values)) for cut in cuts)).columns()
    expected = sorted(sorted(range(len(values)), key=lambda row: (-values[row], row))[:capacity])
    assert columns["index"].tolist() == expected
    np.testing.assert_array_equal(columns["copy"], values[expected])


@pytest.mark.parametrize("order", ["rising", "falling", "constant", "random"])
def test_long_streams_are_kept_in_bounded_memory(rng, order):
    values = {
        "rising": np.arange(200_000.0),
        "falling": -np.arange(200_000.0),
        "constant": np.zeros(200_000),
        "random": rng.random(200_000).round(3),
    }[order]
    keep = kept(values, 50, list(range(1000, 200_000, 1000)))
    assert keep.bytes < 400_000
    assert keep.columns()["index"].tolist() == sorted(top.ranking(values, np.arange(200_000))[:50].tolist())


@settings(deadline=None, max_examples=200)
@example(numbers=[1.7e-288, 16777216.0], cuts=[1])
@example(numbers=[-1e-300, -1e9, 0.0], cuts=[1, 2])
@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_moments_and_histogram_equal_those_of_the_whole(numbers, cuts):
    values = np.array(numbers)
    folded = ScoreStatistics()
    for piece in np.split(values, sorted(min(cut, len(values)) for cut in cuts)):
        folded.add(piece)
    assert folded.low == values.min()
    assert folded.high == values.max()
    scale = max(1.0, np.abs(values).max())
    assert folded.mean == pytest.approx(values.mean(), abs=1e-9 * scale)
    assert folded.std == pytest.approx(values.std(), abs=1e-7 * scale)
    histogram = folded.histogram
    histogram.trim()
    assert len(histogram.counts) <= 64
    bins = np.floor(values / histogram.width).astype(int) - round(histogram.low / histogram.width)
    np.testing.assert_array_equal(histogram.counts, np.bincount(bins, minlength=len(histogram.counts)))


@pytest.mark.parametrize("signs", [[1], [1, -1], [1, 1, 1, -1]])
def test_the_mean_of_scores_near_the_largest_float(signs):
    scores = 1.7e308 * np.tile(np.array(signs, float), 16384 // len(signs))
    folded = ScoreStatistics()
    folded.add(scores)
    assert folded.mean == pytest.approx(1.7e308 * np.mean(signs))


def test_mean_ranks_equal_scipys(rng):
    values = rng.integers(0, 20, 300).astype(float)
    np.testing.assert_array_equal(top.mean_ranks(values), stats.rankdata(values) - 1)
