"""How much the label is expected to lower the risk over labelled and unlabelled instances."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import parzen
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray
from querist_server.engine.pool import Context, sent
from querist_server.engine.scores._evaluating import truncated
from querist_server.engine.scores._parzen import ParzenScore, Reduction, windows
from querist_server.engine.set_score import Found


@dataclass(frozen=True)
class ValueOfInformation(ParzenScore):
    """Value of information: unlabelled instances count by what is believed of them, labelled ones by their label.

    The candidate itself changes sides once its label is known, which is put right after the mean over the unlabelled.
    """

    name: ClassVar[str] = "value_of_information"
    summary: ClassVar[str] = "How much the label is expected to lower the risk over labelled and unlabelled instances together."
    formula: ClassVar[str] = "[sum of unlabelled 1 - sum q^2, and of labelled 1 - q_y] now, less that expected, / (N + n)"
    reference: ClassVar[str] = "Kapoor, Horvitz and Basu, IJCAI 2007"
    cost: ClassVar[str] = "N E (D + C) for an evaluation set of E"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.evaluation == "TARGET":
            message = "evaluation is TARGET; allowed are POOL and SAMPLE, since the labelled and the unlabelled are what is looked at"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"plan.score.{self.name}.evaluation")

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        among, others = self.prepared(candidates, context)
        points, risk = candidates["embeddings"], Risk("BRIER")
        around = windows(self.bandwidth, context)
        engine = Reduction(risk, around, points, others, self.prior, context)
        beliefs = self.beliefs(candidates, engine.beliefs)
        listed = self.shortlisted(beliefs, candidates, self.shortlist, context)
        found = self.found(engine, beliefs, among, listed, 1.0, context)
        believed, _ = truncated(beliefs[:, listed] / beliefs[:, listed].sum(axis=0), self.class_floor)
        labelled = sent(context.side.labelled_embeddings)
        own = engine.masses[:, listed]
        total = len(points) * found.scores[listed] + _moved(risk, own, believed)
        total += self._of_labelled(around, points[listed], believed, context)
        size = len(points) + len(labelled)
        scores = found.scores.copy()
        scores[listed] = total / size
        accuracy = {name: values * (len(points) / size if name == "standard_error" else 1) for name, values in found.accuracy.items()}
        return dataclasses.replace(found, scores=scores, accuracy=accuracy, ceiling=engine.ceiling + len(labelled) / size)

    def _of_labelled(self, around: parzen.Windows, points: npt.NDArray[Any], believed: FloatArray, context: Context) -> FloatArray:
        """Return how much nearer the labelled instances come to their labels, summed, for each candidate."""
        labelled, classes = sent(context.side.labelled_embeddings), sent(context.side.labelled_classes)
        masses = around.masses(labelled, context.checkpoint) + (self.prior + TINY)
        total, right = masses.sum(axis=0), masses[classes, np.arange(len(classes))]
        known = around.scaled(labelled)
        gains = np.empty(len(points))
        for rows in blocks(points, context.checkpoint, rows=64):
            influence = parzen.kernel(around.scaled(points[rows]), known)
            after = (right + believed[classes][:, rows].T * influence) / (total + influence)
            gains[rows] = (after - right / total).sum(axis=1)
        return gains


def _moved(risk: Risk, masses: FloatArray, believed: FloatArray) -> FloatArray:
    """Return what a candidate's change of sides adds: the loss that is expected of it as one of many, less that of its own label.

    Parameters
    ----------
    masses : ndarray of shape (C, n)
        Around each candidate.
    believed : ndarray of shape (C, n)
    """
    rest = risk.rest(masses)
    gains = np.zeros(masses.shape[1])
    for label, share in enumerate(believed):
        certain = masses[label] + 1
        wrong = rest.total[label] / (rest.total[label] + certain)
        gains += share * (risk.changed(rest, label, certain) - wrong)
    return gains
