import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.mcpal import Mcpal
from scipy.spatial.distance import cdist
from skactiveml.pool import cost_reduction


@pytest.mark.parametrize("labels", [1, 2, 3, 4])
@pytest.mark.parametrize("classes", [2, 3, 6])
def test_equals_scikit_activeml(rng, labels, classes):
    counts = rng.gamma(1.0, 2.0, (25, classes))
    counts[0], counts[1] = 0, counts[1].max()
    plan = Plan(Mcpal(counts="EVIDENCE", most_labels=labels), Top())
    np.testing.assert_allclose(scores_of(plan, {"evidence": counts}), cost_reduction(counts, m_max=labels, prior=1e-3), atol=1e-12)


@pytest.mark.parametrize("sent", [False, True])
def test_counts_are_kernel_masses_shared_out_by_the_callers_predictions(rng, sent):
    known, pool, classes = rng.standard_normal((8, 3)), rng.standard_normal((20, 3)), rng.integers(0, 3, 8)
    kernel = np.exp(-(cdist(pool, known) ** 2) / 0.81)
    predictions = rng.dirichlet(np.ones(3), 20)
    counts = kernel.sum(axis=1, keepdims=True) * predictions if sent else kernel @ np.eye(3)[classes]
    columns = {"embeddings": pool} | ({"probabilities": predictions} if sent else {})
    beside = {"labelled.embeddings": known, "labelled.classes": classes}
    found = select(Plan(Mcpal(bandwidth=0.9), Top()), columns, beside=beside, class_count=3)
    np.testing.assert_allclose(found.scores, cost_reduction(counts, m_max=1, prior=1e-3)[found.indices], atol=1e-12)
    assert found.score_source == ("CLIENT_MODEL_AND_SURROGATE" if sent else "SURROGATE")


def test_evidence_is_the_callers_own(rng):
    assert select(Plan(Mcpal(counts="EVIDENCE"), Top()), {"evidence": rng.random((4, 3))}).score_source == "CLIENT_MODEL"


def test_too_many_combinations_are_refused(rng):
    with pytest.raises(EngineError, match="allowed are 100000") as caught:
        select(Plan(Mcpal(counts="EVIDENCE", most_labels=4), Top()), {"evidence": rng.random((4, 50))})
    assert caught.value.field == "plan.score.mcpal.most_labels"
