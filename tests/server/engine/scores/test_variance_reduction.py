import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.variance_reduction import VarianceReduction


def with_one(points):
    return np.c_[points, np.ones(len(points))]


@pytest.mark.parametrize("labelled", [0, 3, 20])
@pytest.mark.parametrize("evaluation", ["POOL", "TARGET"])
def test_equals_the_inverse_with_each_candidate_added(rng, labelled, evaluation):
    known, pool, target = (rng.standard_normal((rows, 5)) * 2 for rows in (labelled, 30, 12))
    others = with_one(target if evaluation == "TARGET" else pool)
    information = with_one(known).T @ with_one(known) + 0.3 * np.eye(6)
    before = np.einsum("ij,jk,ik->i", others, np.linalg.inv(information), others).mean()
    expected = []
    for row in with_one(pool):
        after = np.linalg.inv(information + np.outer(row, row))
        expected.append(before - np.einsum("ij,jk,ik->i", others, after, others).mean())
    beside = {"target.embeddings": target} if evaluation == "TARGET" else {}
    if labelled:
        beside["labelled.embeddings"] = known
    plan = Plan(VarianceReduction(evaluation, ridge=0.3), Top())
    np.testing.assert_allclose(scores_of(plan, {"embeddings": pool}, beside=beside), expected, rtol=1e-10)


def test_more_columns_than_labels_and_no_label_at_all_are_fine(rng):
    found = select("variance_reduction", {"embeddings": rng.standard_normal((20, 50)).astype(np.float32)}, count=5)
    assert np.isfinite(found.scores).all()
    assert found.score_source == "SURROGATE"


def test_a_sample_is_refused():
    with pytest.raises(EngineError, match="costs no more") as caught:
        VarianceReduction("SAMPLE")
    assert caught.value.field == "plan.score.variance_reduction.evaluation"
