"""The farthest point, against all distances."""

import numpy as np
import pytest
from measured import measured_by
from places import Places
from querist_server.engine.kernels import farthest, parallel
from querist_server.engine.kernels.farthest import Farthest

SHAPES = {
    "gaussian": lambda rng: rng.standard_normal((400, 16)),
    "clusters": lambda rng: rng.standard_normal((12, 16))[rng.integers(0, 12, 400)] * 9 + rng.standard_normal((400, 16)),
    "heavy tails": lambda rng: rng.standard_t(1.2, (400, 5)),
    "far from the origin": lambda rng: 1e4 + rng.standard_normal((400, 16)),
    "specks far apart": lambda rng: rng.standard_normal((6, 3))[rng.integers(0, 6, 400)] * 1e3 + rng.standard_normal((400, 3)) * 1e-3,
    "few different": lambda rng: rng.standard_normal((9, 4))[rng.integers(0, 9, 400)],
    "all the same": lambda _: np.ones((400, 4)),
    "a lattice, full of ties": lambda _: np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(400, 2),
    "a line": lambda rng: rng.random((400, 1)),
    "near the largest": lambda rng: rng.uniform(-1, 1, (400, 4)) * 2e18,
    "as far apart as is allowed": lambda _: np.where(np.isin(np.arange(400), (137, 300)), -1.0, 1.0)[:, None] * np.full(4, 4.6e18),
    "near the smallest": lambda rng: rng.standard_normal((400, 4)) * 1e-21,
}


def naive(points, picks, started, closed):
    """All distances by differences, in the points' own type, one by one."""
    nearest = np.full(len(points), np.inf)
    for centre in started:
        nearest = np.minimum(nearest, np.einsum("ij,ij->i", points - centre, points - centre))
    found, squared, is_open = [], [], np.ones(len(points), bool)
    for pick in range(picks):
        if pick or len(started):
            position = int(np.where(is_open, nearest, -np.inf).argmax())
            squared.append(float(nearest[position]))
        else:
            position = 0
        found.append(position)
        is_open[position] = False
        is_open[closed(position)] = False
        nearest = np.minimum(nearest, np.einsum("ij,ij->i", points - points[position], points - points[position]))
    return found, squared


def lazy(points, picks, started, closed):
    points_left, is_open = Farthest(points, lambda: None), np.ones(len(points), bool)
    if len(started):
        points_left.start(started)
    found, squared = [], []
    for _ in range(picks):
        if points_left.begun:
            position, far = points_left.find(is_open)
            squared.append(far)
        else:
            position = 0
        found.append(position)
        is_open[position] = False
        is_open[closed(position)] = False
        points_left.add(points[position])
    return found, squared


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("listed", [1, 8, 64, 1024])
def test_equals_all_distances(rng, monkeypatch, shape, dtype, listed):
    monkeypatch.setattr(farthest, "LISTED", listed)
    points = SHAPES[shape](rng).astype(dtype)
    assert lazy(points, 150, points[:0], lambda _: []) == naive(points, 150, points[:0], lambda _: [])


@pytest.mark.parametrize("shape", ["gaussian", "clusters", "a lattice, full of ties"])
def test_equals_all_distances_from_labelled_ones_with_candidates_that_close(rng, monkeypatch, shape):
    monkeypatch.setattr(farthest, "LISTED", 32)
    points = SHAPES[shape](rng)
    labelled = points[rng.integers(0, 400, 30)] + 0.25
    neighbours = [rng.integers(0, 400, 3) for _ in points]
    assert lazy(points, 90, labelled, neighbours.__getitem__) == naive(points, 90, labelled, neighbours.__getitem__)


def test_threads_do_not_change_a_bit(rng, monkeypatch):
    monkeypatch.setattr(farthest, "BLOCK_BYTES", 2000)
    points = rng.standard_normal((400, 16)).astype(np.float32)
    alone = lazy(points, 60, points[:0], lambda _: [])
    with parallel.lent(places := Places(3)):
        assert lazy(points, 60, points[:0], lambda _: []) == alone
    assert places.borrowed > 0


def test_few_points_are_measured(rng, monkeypatch):
    measured = measured_by(farthest, monkeypatch)
    points = rng.standard_normal((20_000, 32)).astype(np.float32)
    lazy(points, 100, points[:0], lambda _: [])
    assert sum(measured) < 20_000  # against 2,000,000 of all pairs
