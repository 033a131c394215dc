"""Intervals of predicted values: by brute force, and coverage over many random splits."""

import numpy as np
import pytest
from engine import select
from querist_server.engine.annotations.suggestions import PreAnnotation
from querist_server.engine.errors import EngineError


def made(rng, rows):
    """Return predictions, variances that are half of what they should be, and true values."""
    predicted, deviation = rng.normal(size=rows) * 10, rng.gamma(2.0, 1.0, rows)
    return predicted, deviation**2 / 2, predicted + deviation * rng.standard_t(4, rows)


def task(rng, variances, rows=400, fresh=150):
    predicted, spread, truth = made(rng, rows + fresh)
    columns = {"predicted_values": predicted[rows:]}
    beside = {"calibration.predicted_values": predicted[:rows], "calibration.values": truth[:rows]}
    if variances:
        columns["predicted_variances"] = spread[rows:]
        beside["calibration.predicted_variances"] = spread[:rows]
    return columns, {"beside": beside, "calibration_origin": "RANDOM"}, truth[rows:]


@pytest.mark.parametrize("variances", [False, True])
@pytest.mark.parametrize("coverage", [0.6, 0.9])
def test_intervals_are_those_of_the_definition(rng, variances, coverage):
    columns, calibrated, _ = task(rng, variances)
    found = select("random", columns, count=40, pre_annotation=PreAnnotation(coverage=coverage), **calibrated)
    beside = calibrated["beside"]
    residuals = np.abs(beside["calibration.values"] - beside["calibration.predicted_values"])
    width = np.ones(40)
    if variances:
        residuals /= np.sqrt(beside["calibration.predicted_variances"])
        width = np.sqrt(columns["predicted_variances"][found.indices])
    threshold = np.sort(residuals)[int(np.ceil(401 * coverage)) - 1]
    middle = columns["predicted_values"][found.indices]
    np.testing.assert_allclose(found.suggestions.lows, middle - threshold * width)
    np.testing.assert_allclose(found.suggestions.highs, middle + threshold * width)
    np.testing.assert_array_equal(found.suggestions.values, middle)
    assert found.suggestions.guaranteed
    assert found.suggestions.labels.shape == (40, 0)


@pytest.mark.parametrize("variances", [False, True])
def test_intervals_hold_what_they_promise_over_200_splits(variances):
    rng, held = np.random.default_rng(4), []
    for _ in range(200):
        columns, calibrated, truth = task(rng, variances)
        found = select("random", columns, pre_annotation=PreAnnotation(coverage=0.9), **calibrated)
        true = truth[found.indices]
        held.append(np.mean((found.suggestions.lows <= true) & (true <= found.suggestions.highs)))
    assert 0.89 < np.mean(held) < 0.92


def test_without_a_coverage_there_is_a_value_alone(rng):
    columns, _, _ = task(rng, variances=True)
    found = select("random", columns, count=10, random_share=0.2, pre_annotation=PreAnnotation())
    assert (found.suggestions.lows, found.suggestions.highs) == (None, None)
    assert np.isnan(found.suggestions.values[found.random_draws]).all()
    np.testing.assert_array_equal(
        found.suggestions.values[~found.random_draws], columns["predicted_values"][found.indices[~found.random_draws]]
    )


def test_too_small_a_calibration_set_holds_everything(rng):
    columns, calibrated, _ = task(rng, variances=False, rows=5)
    found = select("random", columns, count=10, pre_annotation=PreAnnotation(coverage=0.95), **calibrated).suggestions
    assert np.isneginf(found.lows).all()
    assert np.isposinf(found.highs).all()


def test_a_variance_of_zero_is_no_promise_of_no_error(rng):
    columns, calibrated, _ = task(rng, variances=True)
    columns["predicted_variances"][:] = 0
    calibrated["beside"]["calibration.predicted_variances"][:] = 0
    found = select("random", columns, count=10, pre_annotation=PreAnnotation(coverage=0.9), **calibrated).suggestions
    assert (found.highs > found.lows).all()


@pytest.mark.parametrize("drop", ["calibration.predicted_variances", "predicted_variances"])
def test_variances_on_one_side_alone_are_refused(rng, drop):
    columns, calibrated, _ = task(rng, variances=True)
    (calibrated["beside"] if drop.startswith("calibration") else columns).pop(drop)
    with pytest.raises(EngineError, match="both have predicted variances") as caught:
        select("random", columns, count=10, pre_annotation=PreAnnotation(coverage=0.9), **calibrated)
    assert caught.value.field == (f"side.{drop}" if drop.startswith("calibration") else drop)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"calibration.predicted_variances": np.full(400, -1.0)}, "VALUE_OUT_OF_RANGE", "side.calibration.predicted_variances"),
        ({"calibration.values": np.full(400, np.nan)}, "VALUE_NOT_FINITE", "side.calibration.values"),
        ({"calibration.values": np.ones(3)}, "SHAPE_MISMATCH", "side.calibration.predicted_values"),
    ],
)
def test_what_does_not_fit_is_refused(rng, change, reason, field):
    columns, calibrated, _ = task(rng, variances=True)
    calibrated["beside"] |= change
    with pytest.raises(EngineError) as caught:
        select("random", columns, count=10, pre_annotation=PreAnnotation(coverage=0.9), **calibrated)
    assert caught.value.reason == reason
    assert caught.value.field in (field, "side.calibration.values")


def test_values_are_not_accepted_unseen(rng):
    columns, calibrated, _ = task(rng, variances=False)
    with pytest.raises(EngineError) as caught:
        select("random", columns, count=10, pre_annotation=PreAnnotation(accept_error=0.1), **calibrated)
    assert (caught.value.reason, caught.value.field) == ("FIELD_CONFLICT", "pre_annotation.accept_error")
