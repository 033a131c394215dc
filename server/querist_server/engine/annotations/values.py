"""Numbers for a person to start from: the prediction, and an interval that holds the true value as often as was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations import conformal
from querist_server.engine.annotations.suggestions import PreAnnotation, Suggestions
from querist_server.engine.errors import EngineError
from querist_server.engine.pool import Side, sent

Array = npt.NDArray[Any]

LEAST_DEVIATION = 1e-12
"""Below it, relative to the largest of the calibration set, a predicted deviation counts as this much."""


def suggest(
    asked: PreAnnotation, predicted: Array, variances: Array | None, silent: npt.NDArray[np.bool_], guaranteed: bool, side: Side
) -> Suggestions:
    """Return predictions for the chosen instances with intervals as wide as residuals are, or as these are in predicted deviations.

    Parameters
    ----------
    asked : PreAnnotation
    predicted : ndarray of shape (n,)
        For the chosen instances.
    variances : ndarray of shape (n,) or None
        What the model says of how exact these are; used if the calibration set has them, too.
    silent : ndarray of shape (n,), bool
        Instances that get none.
    guaranteed : bool
        Whether the calibration set was drawn as the pool was.
    side : Side
        Holds the calibration set.

    Raises
    ------
    EngineError
        If only one of the pool and the calibration set has variances.
    """
    values = np.where(silent, np.nan, predicted.astype(np.float64))
    rows = len(values)
    lows = highs = None
    thresholds = np.empty(0)
    if asked.coverage is not None:
        known = side.calibration_predicted_variances
        if (known is None) != (variances is None):
            missing = "calibration.predicted_variances" if known is None else "predicted_variances"
            message = f"the pool and the calibration set must both have predicted variances, or neither: {missing} is missing"
            raise EngineError("FIELD_MISSING", message, field=f"side.{missing}" if known is None else missing)
        residuals = np.abs(sent(side.calibration_values) - sent(side.calibration_predicted_values))
        width, known_width = np.ones(rows), np.ones(len(residuals))
        if known is not None and variances is not None:
            least = LEAST_DEVIATION * float(np.sqrt(known.max())) or 1.0
            width, known_width = (np.maximum(np.sqrt(each.astype(np.float64)), least) for each in (variances, known))
        thresholds = np.array([conformal.quantile(residuals / known_width, asked.coverage)])
        with np.errstate(invalid="ignore"):  # an infinite threshold makes an infinite interval
            lows, highs = values - thresholds * width, values + thresholds * width
    none = np.empty((rows, 0))
    return Suggestions(
        none.astype(np.int32), none, None, np.empty(0, np.int32), None, thresholds, guaranteed, None, values=values, lows=lows, highs=highs
    )
