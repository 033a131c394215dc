"""Classes for a person to start from: the likeliest, a set that holds the true one, and what may be accepted unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations import acceptance, conformal
from querist_server.engine.annotations.suggestions import PreAnnotation, Suggestions
from querist_server.engine.kernels import simplex
from querist_server.engine.pool import Side, sent

Array = npt.NDArray[Any]


def suggest(
    asked: PreAnnotation, probabilities: Array, as_sent: Array, silent: npt.NDArray[np.bool_], guaranteed: bool, side: Side
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
    guaranteed : bool
        Whether the calibration set was drawn as the pool was.
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
    truth = sent(side.calibration_classes)
    as_sent = as_sent.astype(np.float64)
    sizes, members, taken_in = None, np.empty(0, np.int32), np.empty(0)
    if asked.coverage is not None:
        taken_in = conformal.thresholds(conformal.unusualness(known, asked.conformal_score), truth, asked.coverage, by_class=asked.by_class)
        inside = conformal.members(conformal.unusualness(as_sent, asked.conformal_score), taken_in)
        falling = np.argsort(-as_sent, axis=1, kind="stable")
        inside = np.take_along_axis(inside, falling, axis=1) & ~silent[:, None]
        sizes = np.where(silent, -1, inside.sum(axis=1)).astype(np.int32)
        members = falling[inside].astype(np.int32)
    found, accepted = None, None
    if asked.accept_error is not None:
        right = known.argmax(axis=1) == truth
        found = acceptance.safe_threshold(known.max(axis=1), right, asked.accept_error, asked.accept_confidence)
        accepted = np.zeros(len(silent), bool) if found is None else (as_sent.max(axis=1) >= found.threshold) & ~silent
    guaranteed = guaranteed and side.calibration_weights is None
    return Suggestions(labels, confidences, sizes, members, accepted, taken_in, guaranteed, found)
