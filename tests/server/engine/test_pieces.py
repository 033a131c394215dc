"""Rows in many small pieces are the same rows, and weigh no more."""

import tracemalloc

import numpy as np
import pytest
from querist_server.engine.pieces import MOST_LOOSE, Pieces, join_columns


@pytest.mark.parametrize("count", [1, 2, MOST_LOOSE - 1, MOST_LOOSE, MOST_LOOSE + 1, 3 * MOST_LOOSE + 7])
def test_pieces_are_put_together_in_order(count):
    pieces = Pieces(np.concatenate)
    assert not pieces
    for index in range(count):
        pieces.append(np.full(index % 3, index), index % 3)
    expected = np.concatenate([np.full(index % 3, index) for index in range(count)])
    assert pieces
    assert pieces.rows == len(expected)
    assert (pieces.joined() == expected).all()


def test_one_piece_is_not_copied():
    pieces, only = Pieces(np.concatenate), np.arange(5)
    pieces.append(only, 5)
    assert pieces.joined() is only
    assert pieces.first is only


@pytest.mark.parametrize(("rows", "most"), [(0, 1), (1, 40)])
def test_small_pieces_weigh_little(rows, most):
    """20,000 arrays of one byte would take 2 MB and more."""
    pieces = Pieces(join_columns)
    tracemalloc.start()
    for _ in range(20_000):
        pieces.append({"x": np.zeros(rows, np.uint8)}, rows)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20_000 * most + 100_000
