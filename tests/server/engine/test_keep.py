"""Rows that are all kept lie in one piece of memory, and leave it in place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from querist_server.engine import keep


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 200))
def test_every_row_is_kept_in_order_however_memory_grows(pieces, growth):
    before, keep.GROWTH_BYTES = keep.GROWTH_BYTES, growth
    try:
        kept, start = keep.Everything(), 0
        for rows in pieces:
            index = np.arange(start, start + rows)
            kept.add(np.zeros(rows), index, lambda at, index=index: {"double": index[at] * 2, "wide": np.stack([index[at]] * 3, axis=1)})
            start += rows
        columns = kept.columns()
    finally:
        keep.GROWTH_BYTES = before
    if start:
        np.testing.assert_array_equal(columns["index"], np.arange(start))
        np.testing.assert_array_equal(columns["double"], 2 * np.arange(start))
        np.testing.assert_array_equal(columns["wide"][:, 2], np.arange(start))
        assert kept.bytes >= sum(column.nbytes for column in columns.values())


@pytest.mark.parametrize("chunk", [1, 64, 2**20])
def test_rows_leave_within_their_own_memory(rng, chunk, monkeypatch):
    monkeypatch.setattr(keep, "CHUNK_BYTES", chunk)
    index, wide = np.arange(100), rng.random((100, 3))
    expected, out = wide.copy(), rng.random(100) < 0.4
    columns = keep.without({"index": index, "wide": wide, "again": wide}, out)
    np.testing.assert_array_equal(columns["index"], np.flatnonzero(~out))
    np.testing.assert_array_equal(columns["wide"], expected[~out])
    np.testing.assert_array_equal(columns["again"], expected[~out])
    assert np.shares_memory(columns["wide"], wide)


def test_where_none_leaves_nothing_moves():
    columns = {"index": np.arange(5)}
    assert keep.without(columns, np.zeros(5, bool)) is columns
