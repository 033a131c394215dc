"""Labels for a person to start from, in the form in which the model predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations import classes, labels, values
from querist_server.engine.annotations.suggestions import PreAnnotation, Suggestions
from querist_server.engine.pool import Side

PREDICTIONS = {
    "CLASSES": ("probabilities", "logits", "committee.probabilities", "committee.logits"),
    "LABELS": ("label_probabilities",),
    "VALUES": ("predicted_values",),
}
"""The columns of the pool that each form goes by; the first form that has one is taken."""
TRUTHS = {"CLASSES": "calibration.classes", "LABELS": "calibration.sets", "VALUES": "calibration.values"}
"""The calibration set that each form goes by."""


def suggest(
    asked: PreAnnotation, columns: Mapping[str, npt.NDArray[Any]], silent: npt.NDArray[np.bool_], origin: str | None, side: Side
) -> Suggestions:
    """Return labels for the chosen instances.

    Parameters
    ----------
    asked : PreAnnotation
    columns : mapping of str to ndarray
        Predictions for the chosen instances.
    silent : ndarray of shape (n,), bool
        Instances that get none.
    origin : str or None
        Where the calibration set comes from.
    side : Side
        Holds the calibration set.
    """
    guaranteed = asked.coverage is not None and origin == "RANDOM"
    if asked.form == "LABELS":
        return labels.suggest(asked, columns["label_probabilities"].astype(np.float64), silent, guaranteed, side)
    if asked.form == "VALUES":
        return values.suggest(asked, columns["predicted_values"], columns.get("predicted_variances"), silent, guaranteed, side)
    as_sent = columns.get("uncalibrated", columns["probabilities"])
    return classes.suggest(asked, columns["probabilities"], as_sent, silent, guaranteed, side)
