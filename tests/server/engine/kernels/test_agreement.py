import tracemalloc

import numpy as np
import pytest
from querist_server.engine.kernels import agreement
from sklearn.metrics import cohen_kappa_score, f1_score


@pytest.mark.parametrize("classes", [2, 3, 9])
def test_agreement_is_that_of_scikit_learn_however_classes_are_numbered(classes, rng):
    one = rng.integers(0, classes, 200)
    other = np.where(rng.random(200) < 0.7, one, rng.integers(0, classes, 200))
    kappa = agreement.cohen_kappa(one, other)
    assert kappa == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)
    scores = f1_score(one, other, average=None, labels=[1] if classes == 2 else range(classes))
    assert agreement.delta_f(one, other, classes) == pytest.approx(1 - min(scores), abs=1e-12)
    sparse = np.cumsum(rng.integers(1, 2**40, classes))
    assert agreement.cohen_kappa(sparse[one], sparse[other]) == kappa


def test_a_large_class_takes_no_memory():
    """Regression test: a class of 2^40 once asked for eight times as many bytes."""
    one, other = np.array([0, 1, 2**40]), np.array([0, 2**40, 2**40])
    tracemalloc.start()
    agreement.cohen_kappa(one, other)
    agreement.delta_f(one, other, 3)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()
