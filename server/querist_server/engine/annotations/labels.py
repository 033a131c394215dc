"""Labels that do not exclude each other, for a person to start from: which surely apply, and which may.

Two thresholds on the probabilities, each found on the calibration set (Cauchois, Gupta and Duchi, JMLR 2021, inner and outer sets): the
outer set holds every label that applies, and the inner one none that does not, each with the coverage that was asked for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations import acceptance, conformal
from querist_server.engine.annotations.suggestions import PreAnnotation, Suggestions
from querist_server.engine.pool import Side, sent

FloatArray = npt.NDArray[np.float64]

APPLIES = 0.5
"""From which probability on a label is taken to apply, where all labels of an instance are to be accepted unseen."""


def suggest(asked: PreAnnotation, chances: FloatArray, silent: npt.NDArray[np.bool_], guaranteed: bool, side: Side) -> Suggestions:
    """Return labels for the chosen instances.

    Parameters
    ----------
    asked : PreAnnotation
    chances : ndarray of shape (n, L)
        Probabilities of the labels of the chosen instances.
    silent : ndarray of shape (n,), bool
        Instances that get none.
    guaranteed : bool
        Whether the calibration set was drawn as the pool was.
    side : Side
        Holds the calibration set.
    """
    falling = np.argsort(-chances, axis=1, kind="stable")
    order = falling[:, : asked.top_labels]
    labels = np.where(silent[:, None], -1, order).astype(np.int32)
    confidences = np.where(silent[:, None], np.nan, np.take_along_axis(chances, order, axis=1))
    sizes, members, thresholds, sure = None, np.empty(0, np.int32), np.empty(0), None
    if asked.coverage is not None:
        outer, inner = set_thresholds(sent(side.calibration_label_probabilities), sent(side.calibration_sets), asked.coverage)
        thresholds = np.array([outer, inner])
        certain = (chances > inner).sum(axis=1)
        inside = np.arange(chances.shape[1]) < np.maximum((1 - chances <= outer).sum(axis=1), certain)[:, None]
        inside &= ~silent[:, None]
        sizes = np.where(silent, -1, inside.sum(axis=1)).astype(np.int32)
        members = falling[inside].astype(np.int32)
        sure = np.where(silent, -1, certain).astype(np.int32)
    found, accepted = None, None
    if asked.accept_error is not None:
        known, truth = sent(side.calibration_label_probabilities), sent(side.calibration_sets)
        right = ((known >= APPLIES) == truth).all(axis=1)
        found = acceptance.safe_threshold(least_certain(known), right, asked.accept_error, asked.accept_confidence)
        accepted = np.zeros(len(silent), bool) if found is None else (least_certain(chances) >= found.threshold) & ~silent
    return Suggestions(labels, confidences, sizes, members, accepted, thresholds, guaranteed, found, sure_counts=sure)


def set_thresholds(chances: FloatArray, truth: npt.NDArray[np.bool_], coverage: float) -> tuple[float, float]:
    """Return the largest 1 - p of a label in the outer set, and the p beyond which a label is in the inner one.

    An instance to which no label applies is no surprise to the outer set, and one to which all do none to the inner.
    """
    outer = np.where(truth, 1 - chances, 0.0).max(axis=1)
    inner = np.where(truth, 0.0, chances).max(axis=1)
    return conformal.quantile(outer, coverage), conformal.quantile(inner, coverage)


def least_certain(chances: FloatArray) -> FloatArray:
    """Return the probability of the least certain of the decisions on an instance's labels."""
    return np.asarray(np.maximum(chances, 1 - chances).min(axis=1))
