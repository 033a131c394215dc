"""Whole columns against numpy's own row by row."""

import numpy as np
import pytest
from querist_server.engine.kernels import simplex, uncertainty

TIED = np.linspace(0, 1, 4)
"""Few different values, so that most rows have several largest."""


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (700, 2), (700, 10), (700, 32), (700, 33), (3, 700, 5), (4, 60, 5), (600, 1), (0, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_most_likely_class_is_the_lowest_of_the_largest(rng, shape, dtype):
    for values in (rng.random(shape).astype(dtype), rng.choice(TIED, shape).astype(dtype)):
        for layout in (values, simplex.by_class(values)):
            found = uncertainty.most_likely(layout)
            assert found.dtype == np.int64
            np.testing.assert_array_equal(found, values.argmax(axis=-1))


@pytest.mark.parametrize("rows", [1, 5, 700])
@pytest.mark.parametrize("classes", [2, 10, 40])
def test_the_leading_class_comes_with_its_probability(rng, rows, classes):
    values = rng.choice(TIED, (rows, classes)).astype(np.float32)
    labels, largest = uncertainty.leading(simplex.by_class(values))
    np.testing.assert_array_equal(labels, values.argmax(axis=1))
    np.testing.assert_array_equal(largest, values.max(axis=1))


@pytest.mark.parametrize("shape", [(1, 2), (9, 3), (50, 32), (50, 33), (3, 20, 4), (0, 5)])
@pytest.mark.parametrize("turned", [1, 100, 10**6])
def test_turned_values_are_the_same_with_the_rows_of_a_class_side_by_side(rng, monkeypatch, shape, turned):
    monkeypatch.setattr(simplex, "TURNED_BYTES", turned)
    values = np.moveaxis(rng.random((shape[1], shape[0], shape[2])), 1, 0) if len(shape) == 3 else rng.random(shape)
    found = simplex.by_class(values)
    np.testing.assert_array_equal(found, values)
    assert (found.swapaxes(-1, -2) if shape[-1] <= simplex.FEW_CLASSES else found).flags.c_contiguous


@pytest.mark.parametrize("classes", [3, 40])
def test_what_is_turned_already_is_not_copied(rng, classes):
    turned = simplex.by_class(rng.random((50, classes)))
    assert np.shares_memory(simplex.by_class(turned), turned)
