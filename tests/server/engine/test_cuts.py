"""One answer, however the rows were cut, and on however many threads."""

import dataclasses

import numpy as np
import pytest
from engine import columns_for, select
from querist_server.engine import grid
from querist_server.engine.presets import PRESETS

ROWS = 1300


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(grid, "BLOCK_BYTES", 8 * 1024)  # so that the pool spans many blocks


def assert_same(one, other):
    for field in dataclasses.fields(one):
        if field.name in ("seconds", "statistics", "components"):
            continue
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)
    assert one.components.keys() == other.components.keys()
    for name, value in one.components.items():
        np.testing.assert_array_equal(value, other.components[name], err_msg=name)
    for name, value in dataclasses.asdict(one.statistics).items():
        np.testing.assert_array_equal(value, getattr(other.statistics, name), err_msg=name)


@pytest.mark.parametrize("preset", sorted(PRESETS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pieces_and_threads_do_not_change_a_bit(rng, preset, dtype):
    plan = PRESETS[preset].plan
    columns, task = columns_for(plan.needs, rng, ROWS, dtype)
    columns |= {"keys": rng.permutation(ROWS), "excluded": rng.random(ROWS) < 0.1}
    task |= {"count": 6 if preset == "batch_bald" else 100, "random_share": 0.2}  # which is for small batches
    whole = select(plan, columns, **task)
    for pieces, threads in ((7, 1), (100, 3), (1009, 2), (None, 4)):
        assert_same(select(plan, columns, pieces=pieces, threads=threads, **task), whole)


@pytest.mark.parametrize("preset", ["margin", "power_bald", "softrank_bald", "k_center"])
def test_single_rows_do_not_change_a_bit(rng, preset):
    plan = PRESETS[preset].plan
    columns, task = columns_for(plan.needs, rng, 700, np.float32)
    assert_same(select(plan, columns, pieces=1, count=50, **task), select(plan, columns, count=50, **task))


def test_the_grid_follows_from_the_width_of_a_row_alone():
    for width in (1, 8, 40, 4000, 10**6):
        rows = grid.block_rows(width)
        assert grid.FEWEST_ROWS <= rows <= grid.MOST_ROWS
        assert rows & (rows - 1) == 0


@pytest.mark.parametrize("length", [1, 3, 64])
def test_blocks_are_the_slices_of_the_whole(rng, length):
    whole = {"a": rng.random((203, 2)), "b": np.arange(203)}
    cutter = grid.Grid(length)
    cuts = []
    start = 0
    while start < 203:
        rows = min(int(rng.integers(0, 90)), 203 - start)
        cuts += cutter.add({name: column[start : start + rows] for name, column in whole.items()}, rows)
        start += rows
    cuts += cutter.rest()
    assert [cut.first_row for cut in cuts] == list(range(0, 203, length))
    for cut in cuts:
        for name, column in whole.items():
            np.testing.assert_array_equal(cut.columns[name], column[cut.first_row : cut.first_row + length])
