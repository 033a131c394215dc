import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.member_variance import MemberVariance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_numpys_variance(rng, dtype):
    values = (100 + rng.standard_normal((50, 5))).astype(dtype)
    np.testing.assert_allclose(scores_of("member_variance", {"committee.values": values}), np.var(values.astype(float), axis=1))
    unbiased = scores_of(Plan(MemberVariance(unbiased=True), Top()), {"committee.values": values})
    np.testing.assert_allclose(unbiased, np.var(values.astype(float), axis=1, ddof=1))


def test_weights_count_like_copies(rng):
    values = rng.standard_normal((30, 3))
    weighted = scores_of("member_variance", {"committee.values": values}, member_weights=np.array([1.0, 2.0, 1.0]))
    np.testing.assert_allclose(weighted, scores_of("member_variance", {"committee.values": values[:, [0, 1, 1, 2]]}))


def test_one_member_disagrees_with_nobody(rng):
    values = rng.standard_normal((5, 1))
    for unbiased in (False, True):
        assert scores_of(Plan(MemberVariance(unbiased=unbiased), Top()), {"committee.values": values}).tolist() == [0] * 5


def test_values_too_large_for_a_variance_are_refused():
    with pytest.raises(EngineError) as caught:
        scores_of("member_variance", {"committee.values": np.array([[0.0, 1.0], [1e200, -1e200]])})
    assert (caught.value.reason, caught.value.row) == ("VALUE_NOT_FINITE", 1)
