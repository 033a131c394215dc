"""The calibration set: what the model said of instances of which the truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import intake
from querist_server.engine.calibrations import temperature
from querist_server.engine.errors import EngineError
from querist_server.engine.side_checks import check_classes, check_lengths, finite, known_classes, refuse_empty

Array = npt.NDArray[Any]

_OF_CLASSES = ("calibration.classes", "calibration.probabilities", "calibration.logits", "calibration.weights")
_OF_LABELS = ("calibration.sets", "calibration.label_probabilities")
_OF_VALUES = ("calibration.values", "calibration.predicted_values", "calibration.predicted_variances")


def calibrations(sent: Mapping[str, Array], classes: int, label_probabilities: Array | None) -> dict[str, Any]:
    """Return the fields of `Side` that hold the calibration set, checked.

    Parameters
    ----------
    sent : mapping of str to ndarray
        By path below `Side`.
    classes : int
        Number of classes C, 0 if there are none.
    label_probabilities : ndarray or None
        First rows of the pool's.

    Raises
    ------
    EngineError
        If something is missing or does not fit.
    """
    for names in (_OF_CLASSES, _OF_LABELS, _OF_VALUES):
        check_lengths(sent, names)
    return {
        "calibration_logits": _calibration_logits(sent, classes),
        "calibration_classes": known_classes(sent, "calibration.classes", classes),
        "calibration_weights": _calibration_weights(sent),
        **_labels(sent, label_probabilities),
        **_values(sent),
    }


def _calibration_logits(sent: Mapping[str, Array], classes: int) -> npt.NDArray[np.float64] | None:
    """Return the logits of the calibration set, or the logarithms of its probabilities."""
    found = [name for name in ("calibration.probabilities", "calibration.logits") if name in sent]
    if not found:
        if any(name in sent for name in _OF_CLASSES):
            raise EngineError("FIELD_MISSING", "a calibration set needs probabilities or logits", field="side.calibration.probabilities")
        return None
    if len(found) > 1:
        raise EngineError(
            "FIELD_CONFLICT", "send probabilities or logits of the calibration set, not both", field="side.calibration.logits"
        )
    name = found[0]
    if "calibration.classes" not in sent:
        raise EngineError("FIELD_MISSING", "a calibration set needs the true classes", field="side.calibration.classes")
    refuse_empty(name, sent[name])
    if not len(sent[name]):
        raise EngineError("SHAPE_INVALID", "the calibration set has no rows; at least 1 is needed", field=f"side.{name}")
    if name == "calibration.logits":
        logits = intake.logit_rows(sent[name], f"side.{name}", 0)
    else:
        logits = temperature.logs(intake.probability_rows(sent[name], f"side.{name}", 0))
    check_classes(name, logits, classes)
    return logits.astype(np.float64)


def _calibration_weights(sent: Mapping[str, Array]) -> npt.NDArray[np.float64] | None:
    name = "calibration.weights"
    weights = finite(sent, name)
    if weights is None:
        return None
    if (weights < 0).any():
        row = int((weights < 0).argmax())
        raise EngineError("WEIGHTS_INVALID", f"a weight is {weights[row]:g}; allowed is 0 or more", field=f"side.{name}", row=row)
    if not weights.any():
        raise EngineError("WEIGHTS_INVALID", "all weights are 0; at least one must be above 0", field=f"side.{name}")
    return np.ldexp(weights, -np.frexp(weights.max())[1])  # an exact power of two, so that their sum does not overflow


def _labels(sent: Mapping[str, Array], pool: Array | None) -> dict[str, Any]:
    found = _together(sent, _OF_LABELS)
    if not found:
        return {}
    sets, chances = intake.marks(sent["calibration.sets"], "side.calibration.sets", 0), finite(sent, "calibration.label_probabilities")
    if chances is None or chances.shape != sets.shape or (pool is not None and pool.shape[1] != sets.shape[1]):
        width = "L" if pool is None else pool.shape[1]
        message = f"sets are {list(sets.shape)}, label_probabilities {list(sent[_OF_LABELS[1]].shape)}; both must be [n, {width}]"
        raise EngineError("SHAPE_MISMATCH", message, field="side.calibration.label_probabilities")
    wrong = ((chances < 0) | (chances > 1)).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        reason = "PROBABILITY_NEGATIVE" if (chances[row] < 0).any() else "PROBABILITY_ABOVE_ONE"
        raise EngineError(reason, "a probability is not from 0 to 1", field="side.calibration.label_probabilities", row=row)
    return {"calibration_sets": sets, "calibration_label_probabilities": chances}


def _values(sent: Mapping[str, Array]) -> dict[str, Any]:
    found = _together(sent, _OF_VALUES[:2])
    if not found:
        return {}
    variances = finite(sent, "calibration.predicted_variances")
    if variances is not None and (variances < 0).any():
        row = int((variances < 0).argmax())
        message = f"a variance is {variances[row]:g}; allowed is 0 or more"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="side.calibration.predicted_variances", row=row)
    return {
        "calibration_values": finite(sent, "calibration.values"),
        "calibration_predicted_values": finite(sent, "calibration.predicted_values"),
        "calibration_predicted_variances": variances,
    }


def _together(sent: Mapping[str, Array], names: tuple[str, ...]) -> bool:
    """Tell whether a pair of truth and prediction was sent; refuse one without the other, and none of any."""
    there = [name for name in names if name in sent]
    if there and len(there) < len(names):
        missing = next(name for name in names if name not in sent)
        raise EngineError("FIELD_MISSING", f"{there[0]} needs {missing}", field=f"side.{missing}")
    if there and not len(sent[there[0]]):
        raise EngineError("SHAPE_INVALID", "the calibration set has no rows; at least 1 is needed", field=f"side.{there[0]}")
    return bool(there)
