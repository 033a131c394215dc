import itertools

import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.k_dpp import KDpp
from querist_server.engine.errors import EngineError
from scipy.stats import rankdata


def matrix(points, values, choice):
    quality = np.exp(choice.theta * (rankdata(values) - 1) / (len(values) - 1) / 2)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    cosines = unit @ unit.T
    kernel = (1 + cosines) / 2 if choice.kernel == "COSINE" else np.exp(-(2 - 2 * cosines) / choice.bandwidth**2)
    return quality[:, None] * kernel * quality


@pytest.mark.parametrize("choice", [KDpp(), KDpp(theta=4.0), KDpp(kernel="RBF", bandwidth=0.7), KDpp(theta=0.0, kernel="RBF")])
def test_each_pick_has_the_largest_determinant(rng, choice):
    points, values = rng.standard_normal((25, 6)), rng.random(25)
    whole = matrix(points, values, choice)
    found = drawn_up(choice, 6, embeddings=points, score=values)
    taken: list[int] = []
    for row in found.taken.tolist():
        determinants = {other: np.linalg.det(whole[np.ix_([*taken, other], [*taken, other])]) for other in range(25) if other not in taken}
        assert determinants[row] == pytest.approx(max(determinants.values()), rel=1e-8)
        taken.append(row)
    assert (np.diff(found.gains) <= 1e-9).all()


def test_is_not_far_from_the_best_set(rng):
    choice = KDpp(theta=0.0, kernel="RBF")
    for _ in range(10):
        points = rng.standard_normal((9, 3))
        whole = matrix(points, np.zeros(9), choice)
        taken = drawn_up(choice, 3, embeddings=points).taken
        best = max(np.linalg.det(whole[np.ix_(some, some)]) for some in itertools.combinations(range(9), 3))
        assert np.linalg.det(whole[np.ix_(taken, taken)]) >= best / 36  # (k!)^-2, the guarantee of the greedy


def test_where_the_rank_is_exhausted_the_rest_goes_by_score(rng):
    points = np.repeat(rng.standard_normal((3, 4)), 5, axis=0)
    values = rng.random(15)
    taken = drawn_up(KDpp(), 15, embeddings=points, score=values).taken
    assert sorted(taken.tolist()) == list(range(15))
    assert {row // 5 for row in taken[:3].tolist()} == {0, 1, 2}
    rest = taken[3:]
    assert rest.tolist() == sorted(rest.tolist(), key=lambda row: -values[row])


def test_only_kernels_that_are_positive_definite():
    with pytest.raises(EngineError) as caught:
        KDpp(kernel="TOP_HAT")
    assert caught.value.field == "plan.choice.k_dpp.kernel"
