import numpy as np
import pytest
from engine import scores_of, select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.value_of_information import ValueOfInformation
from skactiveml.classifier import ParzenWindowClassifier
from skactiveml.pool import ValueOfInformationEER

CLASSES, KNOWN = 3, 11


def drawn(rng, pool=48):
    points = rng.standard_normal((KNOWN + pool, 4))
    return {"embeddings": points[KNOWN:]}, {"labelled.embeddings": points[:KNOWN], "labelled.classes": rng.integers(0, CLASSES, KNOWN)}


@pytest.mark.parametrize("pool", [1, 2, 48])
def test_equals_scikit_activeml(rng, pool):
    columns, beside = drawn(rng, pool)
    everything = np.concatenate((beside["labelled.embeddings"], columns["embeddings"]))
    labels = np.concatenate((beside["labelled.classes"].astype(float), np.full(pool, np.nan)))
    classifier = ParzenWindowClassifier(
        classes=list(range(CLASSES)), metric="rbf", metric_dict={"gamma": 0.3}, class_prior=0.2, random_state=0
    )
    _, utilities = ValueOfInformationEER(subtract_current=True, random_state=0).query(everything, labels, classifier, return_utilities=True)
    plan = Plan(ValueOfInformation(evaluation="POOL", bandwidth=0.3**-0.5, prior=0.2), Top())
    ours = scores_of(plan, columns, beside=beside, class_count=CLASSES)
    np.testing.assert_allclose(ours * len(everything), utilities[0, KNOWN:], atol=1e-12)


def test_a_sample_estimates_the_pool(rng):
    columns, beside = drawn(rng, 500)
    whole = scores_of(Plan(ValueOfInformation(evaluation="POOL", bandwidth=2.5), Top()), columns, beside=beside, class_count=CLASSES)
    plan = Plan(ValueOfInformation(evaluation_rows=100, bandwidth=2.5), Top())
    inside = []
    for seed in range(20):
        found = select(plan, columns, beside=beside, class_count=CLASSES, seed=seed)
        inside.append(np.abs(found.scores - whole[found.indices]) < 2 * found.components["standard_error"])
    assert 0.88 < np.mean(inside) < 0.99


def test_a_target_set_is_refused(rng):
    with pytest.raises(EngineError) as caught:
        ValueOfInformation(evaluation="TARGET")
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", "plan.score.value_of_information.evaluation")
