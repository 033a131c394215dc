import numpy as np
import pytest
from engine import scores_of, select
from losses import LOSSES, expected_reduction
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.look_ahead_error_reduction import LookAheadErrorReduction
from sklearn.naive_bayes import GaussianNB

CLASSES = 3


@pytest.fixture
def task(rng):
    """A naive Bayes model that really is retrained."""
    points, labels = rng.standard_normal((60, 2)), rng.integers(0, CLASSES, 60)
    points += labels[:, None]
    known, pool, target = slice(0, 20), slice(20, 40), slice(40, 60)
    model = GaussianNB().fit(points[known], labels[known])
    ahead = np.empty((20, CLASSES, 20, CLASSES))
    for row, point in enumerate(points[pool]):
        for label in range(CLASSES):
            retrained = GaussianNB().fit(np.r_[points[known], [point]], np.r_[labels[known], label])
            ahead[row, label] = retrained.predict_proba(points[target])
    now = model.predict_proba(points[target])
    return {"probabilities": model.predict_proba(points[pool]), "look_ahead": ahead}, {"target.probabilities": now}


@pytest.mark.parametrize("loss", LOSSES)
def test_equals_the_definition(rng, task, loss):
    columns, beside = task
    cost = rng.random((CLASSES, CLASSES))
    more = {"cost_matrix": cost} if loss == "COST" else {}
    expected = expected_reduction(
        loss, columns["probabilities"], beside["target.probabilities"], lambda x, y: columns["look_ahead"][x, y], cost
    )
    found = scores_of(Plan(LookAheadErrorReduction(loss), Top()), columns, beside=beside, **more)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_source_is_the_callers_model(task):
    assert select("look_ahead_eer", task[0], beside=task[1], count=2).score_source == "CLIENT_MODEL"


@pytest.mark.parametrize(
    ("change", "reason", "row"),
    [
        (lambda ahead: ahead[:, :, :5], "SHAPE_MISMATCH", None),
        (lambda ahead: ahead[:, :2], "SHAPE_INVALID", None),
        (lambda ahead: ahead[:, :2, :, :2], "SHAPE_MISMATCH", None),
        (lambda ahead: np.where(np.arange(20)[:, None, None, None] == 7, ahead * 1.1, ahead), "ROW_NOT_NORMALIZED", 7),
        (lambda ahead: np.where(np.arange(20)[:, None, None, None] == 3, np.nan, ahead), "VALUE_NOT_FINITE", 3),
    ],
)
def test_what_does_not_fit_is_named(task, change, reason, row):
    columns, beside = task
    with pytest.raises(EngineError) as caught:
        scores_of("look_ahead_eer", {**columns, "look_ahead": change(columns["look_ahead"])}, beside=beside)
    assert (caught.value.reason, caught.value.row) == (reason, row)
    assert caught.value.field.startswith("look_ahead")
