"""Labels that do not exclude each other: thresholds by brute force, and coverage over many random splits."""

import numpy as np
import pytest
from engine import select
from querist_server.engine.annotations import labels
from querist_server.engine.annotations.suggestions import PreAnnotation
from querist_server.engine.errors import EngineError

LABELS = 6


def made(rng, rows):
    """Return probabilities that are too sure, and the labels that apply."""
    honest = rng.beta(0.4, 0.8, (rows, LABELS))
    truth = rng.random((rows, LABELS)) < honest
    return np.clip(honest + 0.1 * np.sign(honest - 0.5), 0, 1), truth


@pytest.fixture
def task(rng):
    known, truth = made(rng, 500)
    chances, _ = made(rng, 200)
    return {"label_probabilities": chances}, {
        "beside": {"calibration.label_probabilities": known, "calibration.sets": truth},
        "calibration_origin": "RANDOM",
    }


def asked(columns, calibrated, count=60, **wanted):
    task = {name: calibrated.pop(name) for name in ("random_share",) if name in calibrated}
    return select("label_entropy", columns, count=count, pre_annotation=PreAnnotation(**wanted), **calibrated, **task)


def test_the_likeliest_labels_come_with_their_probabilities(task):
    columns, calibrated = task
    found = asked(columns, calibrated, top_labels=2)
    own = columns["label_probabilities"][found.indices]
    np.testing.assert_array_equal(found.suggestions.labels, np.argsort(-own, axis=1)[:, :2])
    np.testing.assert_allclose(found.suggestions.confidences, -np.sort(-own, axis=1)[:, :2])
    assert found.suggestions.sure_counts is None


@pytest.mark.parametrize("coverage", [0.6, 0.9])
def test_sets_are_those_of_the_definition(task, coverage):
    columns, calibrated = task
    found = asked(columns, calibrated, coverage=coverage).suggestions
    known, truth = calibrated["beside"]["calibration.label_probabilities"], calibrated["beside"]["calibration.sets"]
    rank = int(np.ceil(501 * coverage)) - 1
    outer, inner = [], []
    for row, mark in zip(known, truth, strict=True):
        outer.append(max([0.0, *(1 - row[mark])]))
        inner.append(max([0.0, *row[~mark]]))
    outer, inner = sorted(outer), sorted(inner)
    np.testing.assert_allclose(found.set_thresholds, (outer[rank], inner[rank]))
    ends = np.cumsum(found.set_sizes)
    chosen = asked(columns, calibrated, coverage=coverage)
    for place, row in enumerate(columns["label_probabilities"][chosen.indices]):
        members = set(found.set_labels[ends[place] - found.set_sizes[place] : ends[place]].tolist())
        sure = set(np.flatnonzero(row > inner[rank]).tolist())
        assert members == set(np.flatnonzero(1 - row <= outer[rank]).tolist()) | sure
        assert found.sure_counts[place] == len(sure)
        likeliest = np.argsort(-row, kind="stable")
        assert set(likeliest[: len(sure)].tolist()) == sure
    assert found.guaranteed


@pytest.mark.parametrize("coverage", [0.7, 0.9])
def test_both_sets_hold_what_they_promise_over_200_splits(coverage):
    rng = np.random.default_rng(8)
    chances, truth = made(rng, 700)
    outer_held, inner_held = [], []
    for _ in range(200):
        order = rng.permutation(700)
        known, fresh = order[:200], order[200:]
        outer, inner = labels.set_thresholds(chances[known], truth[known], coverage)
        outer_held.append(np.mean(((1 - chances[fresh] <= outer) | ~truth[fresh]).all(axis=1)))
        inner_held.append(np.mean(((chances[fresh] <= inner) | truth[fresh]).all(axis=1)))
    assert coverage - 0.01 < np.mean(outer_held) < coverage + 0.03
    assert coverage - 0.01 < np.mean(inner_held) < coverage + 0.03


def test_accepted_sets_of_labels_are_wrong_as_rarely_as_promised():
    rng = np.random.default_rng(9)
    broken = tried = 0
    for _ in range(200):
        honest = rng.beta(0.03, 0.03, (900, LABELS))
        truth = rng.random((900, LABELS)) < honest
        columns = {"label_probabilities": honest[600:]}
        beside = {"calibration.label_probabilities": honest[:600], "calibration.sets": truth[:600]}
        found = select("label_entropy", columns, pre_annotation=PreAnnotation(accept_error=0.1), beside=beside, calibration_origin="RANDOM")
        accepted = found.indices[found.suggestions.accepted]
        if found.suggestions.acceptance is not None:
            tried += 1
            above = np.maximum(honest, 1 - honest).min(axis=1) >= found.suggestions.acceptance.threshold
            assert set(accepted.tolist()) == set(np.flatnonzero(above[600:]).tolist())
            share = 1 - np.maximum(honest, 1 - honest)[above].prod(axis=1).mean()  # what is wrong on average, known here
            broken += share > 0.1
    assert tried > 100
    assert broken <= 10


def test_random_draws_get_none(task):
    columns, calibrated = task
    found = asked(columns, {**calibrated, "random_share": 0.2}, coverage=0.8, accept_error=0.5)
    drawn = found.random_draws
    assert drawn.sum() == 12
    assert (found.suggestions.labels[drawn] == -1).all()
    assert (found.suggestions.set_sizes[drawn] == -1).all()
    assert (found.suggestions.sure_counts[drawn] == -1).all()
    assert not found.suggestions.accepted[drawn].any()
    assert (found.suggestions.sure_counts[~drawn] >= 0).all()


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"beside": {}}, "INPUT_MISSING", "side.calibration"),
        ({"calibration_origin": None}, "FIELD_MISSING", "calibration_origin"),
        ({"beside": {"calibration.sets": np.ones((5, LABELS), bool)}}, "FIELD_MISSING", "side.calibration.label_probabilities"),
        (
            {"beside": {"calibration.sets": np.ones((5, LABELS), bool), "calibration.label_probabilities": np.ones((4, LABELS))}},
            "SHAPE_MISMATCH",
            "side.calibration.label_probabilities",
        ),
        (
            {"beside": {"calibration.sets": np.ones((5, 2), bool), "calibration.label_probabilities": np.ones((5, 2))}},
            "SHAPE_MISMATCH",
            "side.calibration.label_probabilities",
        ),
        (
            {"beside": {"calibration.sets": np.ones((5, LABELS), bool), "calibration.label_probabilities": np.full((5, LABELS), 1.5)}},
            "PROBABILITY_ABOVE_ONE",
            "side.calibration.label_probabilities",
        ),
        (
            {"beside": {"calibration.sets": np.ones((0, LABELS), bool), "calibration.label_probabilities": np.ones((0, LABELS))}},
            "SHAPE_INVALID",
            "side.calibration.sets",
        ),
    ],
)
def test_what_does_not_fit_is_refused(task, change, reason, field):
    columns, calibrated = task
    with pytest.raises(EngineError) as caught:
        asked(columns, {**calibrated, **change}, coverage=0.9)
    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize("wrong", [{"by_class": True}, {"conformal_score": "ADAPTIVE"}])
def test_options_of_classes_are_refused(task, wrong):
    columns, calibrated = task
    with pytest.raises(EngineError) as caught:
        asked(columns, calibrated, coverage=0.9, **wrong)
    assert (caught.value.reason, caught.value.field) == ("FIELD_CONFLICT", f"pre_annotation.{next(iter(wrong))}")


def test_a_small_calibration_set_leaves_nothing_out_and_nothing_sure(rng):
    known, truth = made(rng, 5)
    beside = {"calibration.label_probabilities": known, "calibration.sets": truth}
    found = asked({"label_probabilities": made(rng, 30)[0]}, {"beside": beside, "calibration_origin": "RANDOM"}, 10, coverage=0.99)
    assert (found.suggestions.set_sizes == LABELS).all()
    assert (found.suggestions.sure_counts == 0).all()
    assert np.isinf(found.suggestions.set_thresholds).all()
