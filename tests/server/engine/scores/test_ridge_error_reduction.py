import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.ridge_error_reduction import RidgeErrorReduction


@pytest.mark.parametrize("evaluation", ["POOL", "TARGET"])
def test_equals_the_refit_with_each_label(rng, evaluation):
    """The Brier loss falls by the expected squared change of the outputs, since what is expected of them does not change."""
    known, pool, target = (np.c_[rng.standard_normal((rows, 4)), np.ones(rows)] for rows in (15, 25, 9))
    believed = rng.dirichlet(np.ones(3), 25)
    others = target if evaluation == "TARGET" else pool
    information = known.T @ known + 0.7 * np.eye(5)
    expected = []
    for row, shares in zip(pool, believed, strict=True):
        refit = np.linalg.inv(information + np.outer(row, row))
        total = 0.0
        for label, share in enumerate(shares):
            moved = others @ refit @ np.outer(row, np.eye(3)[label] - shares)  # from outputs that say `shares` at the candidate
            total += share * (moved**2).sum(axis=1).mean()
        expected.append(total)
    beside = {"labelled.embeddings": known[:, :4]} | ({"target.embeddings": target[:, :4]} if evaluation == "TARGET" else {})
    plan = Plan(RidgeErrorReduction(evaluation, ridge=0.7), Top())
    found = scores_of(plan, {"embeddings": pool[:, :4], "probabilities": believed}, beside=beside)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_certain_label_gains_nothing(rng):
    columns = {"embeddings": rng.standard_normal((5, 3)), "probabilities": np.eye(2)[[0, 1, 0, 1, 1]]}
    found = select("ridge_eer", columns)
    assert found.scores.tolist() == [0] * 5
    assert found.score_source == "CLIENT_MODEL_AND_SURROGATE"


def test_a_sample_is_refused():
    with pytest.raises(EngineError) as caught:
        RidgeErrorReduction("SAMPLE")
    assert caught.value.field == "plan.score.ridge_error_reduction.evaluation"
