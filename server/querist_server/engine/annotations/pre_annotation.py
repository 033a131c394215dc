"""Labels for a person to start from: the likeliest classes, a set that holds the true one, and what may be accepted unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations import acceptance, conformal
from querist_server.engine.annotations.acceptance import Acceptance
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import simplex
from querist_server.engine.pool import Side, sent

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

_BOUNDS = {"top_labels": (1, 100), "coverage": (0.5, 0.9999), "accept_error": (1e-6, 0.5), "accept_confidence": (0.5, 0.999999)}


@dataclass(frozen=True)
class PreAnnotation:
    """What is asked for; the fields are those of the contract's `PreAnnotation`."""

    top_labels: int = 3
    coverage: float | None = None
    conformal_score: str = "LEAST_AMBIGUOUS"
    by_class: bool = False
    accept_error: float | None = None
    accept_confidence: float = 0.95

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                message = f"{name} is {value}; allowed is {low} to {high}"
                raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"pre_annotation.{name}")

    @property
    def needs_calibration(self) -> bool:
        """Whether a calibration set is needed."""
        return self.coverage is not None or self.accept_error is not None


@dataclass(frozen=True)
class Suggestions:
    """Labels for each of n chosen instances, and what stands behind them.

    Attributes
    ----------
    labels : ndarray of shape (n, k), int32
        The likeliest classes; -1 for instances that get none.
    confidences : ndarray of shape (n, k), float64
        NaN for instances that get none.
    set_sizes : ndarray of shape (n,), int32, or None
        Classes in each conformal set; -1 for an instance that gets none.
    set_labels : ndarray of int32
        The classes of the sets, one instance's after the other's, the likeliest first.
    accepted : ndarray of shape (n,), bool, or None
    set_thresholds : ndarray of shape (1,) or (C,)
        Empty without sets.
    guaranteed : bool
    acceptance : Acceptance or None
    """

    labels: npt.NDArray[np.int32]
    confidences: FloatArray
    set_sizes: npt.NDArray[np.int32] | None
    set_labels: npt.NDArray[np.int32]
    accepted: npt.NDArray[np.bool_] | None
    set_thresholds: FloatArray
    guaranteed: bool
    acceptance: Acceptance | None


def suggest(
    asked: PreAnnotation, probabilities: Array, as_sent: Array, silent: npt.NDArray[np.bool_], origin: str | None, side: Side
) -> Suggestions:
    """Return labels for the chosen instances.

    Parameters
    ----------
    asked : PreAnnotation
    probabilities : ndarray of shape (n, C)
        Of the chosen instances, calibrated.
    as_sent : ndarray of shape (n, C)
        The same before calibration, by which sets and thresholds go, so that the calibration set is used once.
    silent : ndarray of shape (n,), bool
        Instances that get none.
    origin : str or None
        Where the calibration set comes from.
    side : Side
        Holds the calibration set.
    """
    probabilities = probabilities.astype(np.float64)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, : asked.top_labels]
    labels = np.where(silent[:, None], -1, order).astype(np.int32)
    confidences = np.where(silent[:, None], np.nan, np.take_along_axis(probabilities, order, axis=1))
    if not asked.needs_calibration:
        return Suggestions(labels, confidences, None, np.empty(0, np.int32), None, np.empty(0), False, None)
    known = np.asarray(simplex.softmax(sent(side.calibration_logits)))
    classes = sent(side.calibration_classes)
    as_sent = as_sent.astype(np.float64)
    sizes, members, taken_in = None, np.empty(0, np.int32), np.empty(0)
    if asked.coverage is not None:
        taken_in = conformal.thresholds(
            conformal.unusualness(known, asked.conformal_score), classes, asked.coverage, by_class=asked.by_class
        )
        inside = conformal.members(conformal.unusualness(as_sent, asked.conformal_score), taken_in)
        falling = np.argsort(-as_sent, axis=1, kind="stable")
        inside = np.take_along_axis(inside, falling, axis=1) & ~silent[:, None]
        sizes = np.where(silent, -1, inside.sum(axis=1)).astype(np.int32)
        members = falling[inside].astype(np.int32)
    found, accepted = None, None
    if asked.accept_error is not None:
        right = known.argmax(axis=1) == classes
        found = acceptance.safe_threshold(known.max(axis=1), right, asked.accept_error, asked.accept_confidence)
        accepted = np.zeros(len(silent), bool) if found is None else (as_sent.max(axis=1) >= found.threshold) & ~silent
    guaranteed = asked.coverage is not None and origin == "RANDOM" and side.calibration_weights is None
    return Suggestions(labels, confidences, sizes, members, accepted, taken_in, guaranteed, found)
