import numpy as np
import pytest
from engine import select
from querist_server.engine.annotations import conformal
from querist_server.engine.annotations.pre_annotation import PreAnnotation
from querist_server.engine.errors import EngineError
from scipy.special import softmax

CLASSES = 5


@pytest.fixture
def task(rng):
    logits = rng.standard_normal((900, CLASSES)) * 4
    classes = (rng.random((900, 1)) > softmax(logits / 1.5, axis=1).cumsum(axis=1)).sum(axis=1)
    beside = {"calibration.logits": logits[:600], "calibration.classes": classes[:600]}
    return {"logits": logits[600:]}, {"beside": beside, "calibration_origin": "RANDOM"}, classes[600:]


def sets_of(suggestions):
    ends = np.cumsum(np.maximum(suggestions.set_sizes, 0))
    assert ends[-1] == len(suggestions.set_labels)
    return [None if size < 0 else suggestions.set_labels[end - size : end] for size, end in zip(suggestions.set_sizes, ends, strict=True)]


def test_the_likeliest_classes_come_with_calibrated_confidence(task):
    columns, calibrated, _ = task
    found = select("margin", columns, count=40, pre_annotation=PreAnnotation(top_labels=2), **calibrated)
    shares = softmax(columns["logits"] / found.calibration.temperature, axis=1)[found.indices]
    order = np.argsort(-shares, axis=1)[:, :2]
    np.testing.assert_array_equal(found.suggestions.labels, order)
    np.testing.assert_allclose(found.suggestions.confidences, np.take_along_axis(shares, order, axis=1))
    np.testing.assert_array_equal(found.suggestions.labels[:, 0], found.labels)
    assert (found.suggestions.set_sizes, found.suggestions.accepted) == (None, None)


@pytest.mark.parametrize("score", ["LEAST_AMBIGUOUS", "ADAPTIVE", "REGULARIZED"])
@pytest.mark.parametrize("by_class", [False, True])
def test_sets_are_made_by_the_probabilities_as_they_were_sent(task, score, by_class):
    columns, calibrated, _ = task
    asked = PreAnnotation(coverage=0.9, conformal_score=score, by_class=by_class)
    found = select("margin", columns, count=50, pre_annotation=asked, **calibrated)
    known = softmax(calibrated["beside"]["calibration.logits"], axis=1)
    taken_in = conformal.thresholds(
        conformal.unusualness(known, score), calibrated["beside"]["calibration.classes"], 0.9, by_class=by_class
    )
    np.testing.assert_allclose(found.suggestions.set_thresholds, taken_in)
    own = softmax(columns["logits"], axis=1)[found.indices]
    for row, members in zip(own, sets_of(found.suggestions), strict=True):
        inside = conformal.unusualness(row[None], score)[0] <= taken_in
        assert set(members.tolist()) == set(np.flatnonzero(inside).tolist())
        assert (np.diff(row[members]) <= 0).all()
    assert found.suggestions.guaranteed


def test_what_is_accepted_is_above_the_threshold(task):
    columns, calibrated, classes = task
    found = select("least_confidence", columns, pre_annotation=PreAnnotation(accept_error=0.3), **calibrated)
    largest = softmax(columns["logits"], axis=1).max(axis=1)[found.indices]
    accepted, safe = found.suggestions.accepted, found.suggestions.acceptance
    np.testing.assert_array_equal(accepted, largest >= safe.threshold)
    assert 0 < accepted.sum() < len(accepted)
    assert safe.bound <= 0.3
    assert (classes[found.indices] != found.labels)[accepted].mean() < 0.3


def test_draws_that_measure_the_model_get_no_suggestion(task):
    columns, calibrated, _ = task
    asked = PreAnnotation(coverage=0.9, accept_error=0.3)
    found = select("margin", columns, count=40, random_share=0.25, pre_annotation=asked, **calibrated)
    quiet = found.random_draws
    assert quiet.sum() == 10
    assert (found.suggestions.labels[quiet] == -1).all()
    assert np.isnan(found.suggestions.confidences[quiet]).all()
    assert not found.suggestions.accepted[quiet].any()
    assert [each is None for each in sets_of(found.suggestions)] == quiet.tolist()
    assert (found.suggestions.labels[~quiet] >= 0).all()


@pytest.mark.parametrize("change", [{"calibration_origin": "CHOSEN"}, {"weights": True}])
def test_no_guarantee_without_a_uniform_draw(rng, task, change):
    columns, calibrated, _ = task
    if change.pop("weights", False):
        calibrated = {**calibrated, "beside": {**calibrated["beside"], "calibration.weights": rng.random(600)}}
    found = select("margin", columns, count=5, pre_annotation=PreAnnotation(coverage=0.9), **{**calibrated, **change})
    assert not found.suggestions.guaranteed


def test_a_committees_mean_will_do_for_labels_alone(rng):
    columns = {"committee.probabilities": rng.dirichlet(np.ones(3), (20, 4))}
    found = select("bald", columns, count=5, pre_annotation=PreAnnotation(top_labels=100))
    assert found.suggestions.labels.shape == (5, 3)


@pytest.mark.parametrize(
    ("columns", "asked", "field"),
    [
        ({"scores": np.arange(5.0)}, PreAnnotation(), "probabilities"),
        ({"probabilities": np.full((5, 2), 0.5)}, PreAnnotation(coverage=0.9), "side.calibration"),
        ({"probabilities": np.full((5, 2), 0.5)}, PreAnnotation(accept_error=0.1), "side.calibration"),
    ],
)
def test_what_is_missing_is_named(columns, asked, field):
    with pytest.raises(EngineError) as caught:
        select("random", columns, pre_annotation=asked)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", field)


@pytest.mark.parametrize(
    "wrong", [{"top_labels": 0}, {"coverage": 0.4}, {"coverage": float("nan")}, {"accept_error": 0.6}, {"accept_confidence": 1.0}]
)
def test_numbers_have_bounds(wrong):
    with pytest.raises(EngineError) as caught:
        PreAnnotation(**wrong)
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", f"pre_annotation.{next(iter(wrong))}")
