"""Bounds of what candidates add, tightened by the references that changed alone, beside what they add in truth."""

import numpy as np
import pytest
from querist_server.engine.draft import Draft
from querist_server.engine.kernels import coverage, greedy
from querist_server.engine.kernels.coverage import Coverage
from querist_server.engine.kernels.similarity import Kernel
from querist_server.engine.kernels.vectors import unit_rows

KERNELS = [Kernel("RBF", 0.7), Kernel("COSINE"), Kernel("TOP_HAT", 0.9)]
TYPES = [np.float32, np.float64]
SINCE = np.array([0, 3, 5, 8])


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.kind)
@pytest.mark.parametrize("dtype", TYPES)
def test_tightened_bounds_are_bounds_and_tight(rng, kernel, dtype):
    objective, points = _covering(rng, kernel, dtype)
    positions = np.arange(len(points))
    since = rng.choice(SINCE, len(points))
    bounds = np.empty(len(points))
    for taken in range(9):
        bounds[since == taken] = objective.gains(positions[since == taken])
        objective.take(7 * taken)
    tightened, gains = objective.tightened(positions, bounds, since), objective.gains(positions)
    assert (tightened >= gains - objective.rounding).all()
    assert (tightened <= gains + 2e-4 * bounds + 1e-3).all()
    assert (tightened < 0.9 * bounds).mean() > 0.1  # there was something to take off


def test_what_was_forgotten_is_evaluated(rng, monkeypatch):
    objective, points = _covering(rng, KERNELS[0], np.float32)
    monkeypatch.setattr(coverage, "PAST_BYTES", 3 * 4 * len(points))
    bounds = objective.gains(np.arange(50))
    for taken in range(9):
        objective.take(7 * taken)
    assert np.array_equal(objective.tightened(np.arange(50), bounds, np.zeros(50, int)), objective.gains(np.arange(50)))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.kind)
@pytest.mark.parametrize("dtype", TYPES)
def test_the_picks_are_those_of_whole_evaluations(rng, kernel, dtype, monkeypatch):
    objective, points = _covering(rng, kernel, dtype, duplicates=300)
    found = _picks(objective, len(points))
    monkeypatch.setattr(Coverage, "tightens", False)
    plain = Coverage(points, unit_rows(points), np.ones(len(points)), kernel, lambda: None)
    assert found == _picks(plain, len(points))


def test_fewer_pairs_are_looked_at(rng, monkeypatch):
    looked_at = []
    between = Kernel.between
    monkeypatch.setattr(
        Kernel, "between", lambda self, rows, columns: looked_at.append(len(rows) * len(columns)) or between(self, rows, columns)
    )
    pairs = []
    for tightens in (True, False):
        monkeypatch.setattr(Coverage, "tightens", tightens)
        looked_at.clear()
        objective, points = _covering(np.random.default_rng(1), KERNELS[1], np.float32, rows=2000)
        _picks(objective, len(points))
        pairs.append(sum(looked_at))
    assert pairs[0] < 0.6 * pairs[1]


def _covering(rng, kernel, dtype, *, rows=700, duplicates=0):
    points = rng.standard_normal((rows, 16)).astype(dtype)
    points[rows - duplicates :] = points[:duplicates]
    return Coverage(points, unit_rows(points), np.ones(rows), kernel, lambda: None), points


def _picks(objective, rows):
    draft = Draft(rows, 40)
    greedy.exact(objective, draft, rows, lambda: None)
    return draft.taken.tolist()
