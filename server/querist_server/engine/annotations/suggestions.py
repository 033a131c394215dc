"""What is asked for of pre-annotations, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations.acceptance import Acceptance
from querist_server.engine.errors import EngineError

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

_BOUNDS = {"top_labels": (1, 100), "coverage": (0.5, 0.9999), "accept_error": (1e-6, 0.5), "accept_confidence": (0.5, 0.999999)}
FORMS = ("CLASSES", "LABELS", "VALUES")
"""What the model predicts: one class of several, labels that do not exclude each other, or a number."""


@dataclass(frozen=True)
class PreAnnotation:
    """What is asked for; the fields are those of the contract's `PreAnnotation`, and one of `FORMS`, which the pool decides."""

    top_labels: int = 3
    coverage: float | None = None
    conformal_score: str = "LEAST_AMBIGUOUS"
    by_class: bool = False
    accept_error: float | None = None
    accept_confidence: float = 0.95
    form: str = "CLASSES"

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                message = f"{name} is {value}; allowed is {low} to {high}"
                raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"pre_annotation.{name}")

    def settled(self, form: str) -> PreAnnotation:
        """Return what is asked for of one of `FORMS`.

        Raises
        ------
        EngineError
            If something is asked for that this form does not have.
        """
        unfit = {
            "by_class": form != "CLASSES" and self.by_class,
            "conformal_score": form != "CLASSES" and self.conformal_score != "LEAST_AMBIGUOUS",
            "accept_error": form == "VALUES" and self.accept_error is not None,
        }
        name = next((name for name, wrong in unfit.items() if wrong), "")
        if name:
            message = f"{name} is for {'classes' if name != 'accept_error' else 'classes and labels'}, and the pool has {form.lower()}"
            raise EngineError("FIELD_CONFLICT", message, field=f"pre_annotation.{name}")
        return replace(self, form=form)

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
        The likeliest classes or labels; -1 for instances that get none. k is 0 for values.
    confidences : ndarray of shape (n, k), float64
        NaN for instances that get none.
    set_sizes : ndarray of shape (n,), int32, or None
        Classes in each conformal set; -1 for an instance that gets none.
    set_labels : ndarray of int32
        The classes of the sets, one instance's after the other's, the likeliest first.
    accepted : ndarray of shape (n,), bool, or None
    set_thresholds : ndarray of shape (1,), (2,) or (C,)
        Empty without sets.
    guaranteed : bool
    acceptance : Acceptance or None
    sure_counts : ndarray of shape (n,), int32, or None
        For labels: how many of the likeliest all apply, with the coverage that was asked for; -1 for an instance that gets none.
    values, lows, highs : ndarray of shape (n,), float64, or None
        For values: the prediction, and the ends of its interval; NaN for an instance that gets none.
    """

    labels: npt.NDArray[np.int32]
    confidences: FloatArray
    set_sizes: npt.NDArray[np.int32] | None
    set_labels: npt.NDArray[np.int32]
    accepted: npt.NDArray[np.bool_] | None
    set_thresholds: FloatArray
    guaranteed: bool
    acceptance: Acceptance | None
    sure_counts: npt.NDArray[np.int32] | None = None
    values: FloatArray | None = None
    lows: FloatArray | None = None
    highs: FloatArray | None = None

    @property
    def largest_set(self) -> int:
        """How many labels the largest set has."""
        return 0 if self.set_sizes is None else max(0, int(self.set_sizes.max(initial=0)))
