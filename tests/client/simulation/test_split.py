import numpy as np
import pytest
from querist.simulation.split import share_out


def shared(labels: np.ndarray, seed: int, **sizes: int):
    sizes = {"test_rows": 10, "validation_rows": 5, "start": 8, **sizes}
    return share_out(np.arange(len(labels), dtype=float)[:, None], labels, seed, **sizes)


@pytest.mark.parametrize("seed", range(20))
def test_parts_share_no_row_and_rare_classes_are_in_pool_start_and_test(seed):
    labels = np.repeat(np.arange(4), [50, 30, 2, 2])
    data = shared(labels, seed)
    parts = [data.test, data.validation, data.pool]
    assert [len(part) for part in parts] == [10, 5, 69]
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    assert set(labels[data.test]) == set(labels[data.pool]) == set(labels[data.pool][data.first]) == {0, 1, 2, 3}
    assert len(set(data.first)) == 8


def test_the_tightest_fit_is_found():
    labels = np.repeat(np.arange(3), 2)
    for seed in range(30):
        data = shared(labels, seed, test_rows=3, validation_rows=0, start=3)
        assert sorted(labels[data.test]) == sorted(labels[data.pool]) == [0, 1, 2]


def test_without_rare_classes_a_split_is_the_cut_of_one_permutation():
    labels = np.tile(np.arange(3), 40)
    data = shared(labels, 5)
    order = np.random.default_rng(5).permutation(120)
    np.testing.assert_array_equal(np.concatenate((data.test, data.validation, data.pool)), order)
    one_each = [next(place for place, row in enumerate(data.pool) if labels[row] == kind) for kind in range(3)]
    assert data.first.tolist() == one_each + [place for place in range(len(data.pool)) if place not in one_each][:5]
