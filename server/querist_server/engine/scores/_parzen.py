"""What scores have in common that look through a Parzen window classifier on the labelled embeddings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import parzen
from querist_server.engine.kernels.parzen import Windows
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.part import FloatArray, IndexArray, Need, parameter
from querist_server.engine.pool import Context, Side, sent
from querist_server.engine.scores._evaluating import Evaluated, Evaluating, evaluated

LABELLED = frozenset({Need.EMBEDDINGS, Need.LABELLED_EMBEDDINGS, Need.LABELLED_CLASSES, Need.CLASS_COUNT})
"""What windows need."""
BANDWIDTH_SHARE = 0.3
"""Of the median distance: in replays on wine, digits, breast cancer and iris shares of 0.25 to 0.35 were best for error reduction, xPAL and
fields alike, and the whole of it, which is often taken, worse than a random choice."""


def bandwidth_parameter() -> Any:
    """Declare the parameter `bandwidth`."""
    return parameter(None, doc="Bandwidth of the kernel; unset: 0.3 of the labelled set's median distance.", minimum=5e-324)


def settled_labelled(side: Side) -> npt.NDArray[Any]:
    """Return the labelled embeddings.

    Raises
    ------
    EngineError
        If there are none.
    """
    if side.labelled_embeddings is None:
        raise EngineError("INPUT_MISSING", "labelled.embeddings has no rows; at least 1 is needed", field="side.labelled.embeddings")
    return side.labelled_embeddings


def settled_bandwidth(bandwidth: float | None, side: Side, score: str) -> float:
    """Return the bandwidth, found among the labelled embeddings if it is unset.

    Raises
    ------
    EngineError
        If there is no labelled instance, or no two differ.
    """
    labelled = settled_labelled(side)
    if bandwidth is not None:
        return bandwidth
    found = parzen.median_distance(labelled)
    if found is None:
        message = "no two labelled embeddings differ, so that no bandwidth can be found; set one"
        raise EngineError("FIELD_MISSING", message, field=f"plan.score.{score}.bandwidth")
    return BANDWIDTH_SHARE * found


def windows(bandwidth: float | None, context: Context) -> Windows:
    """Return the windows of the labelled set."""
    side = context.side
    return Windows(sent(side.labelled_embeddings), sent(side.labelled_classes), context.classes, sent(bandwidth))


class Parzen:
    """The classifier around candidates and evaluated instances.

    Attributes
    ----------
    cells : float
    masses : ndarray of shape (C, n)
        Around each candidate, with the prior.
    evaluated : ndarray of shape (C, E)
        Around each evaluated instance, with the prior.
    """

    def __init__(self, around: Windows, points: npt.NDArray[Any], others: npt.NDArray[Any], prior: float, context: Context) -> None:
        self._around, self._points = around, points
        self.masses = around.masses(points, context.checkpoint) + (prior + TINY)
        self.evaluated = self.masses if others is points else around.masses(others, context.checkpoint) + (prior + TINY)
        self._others = around.scaled(others)
        self.cells = float(context.classes)

    @property
    def beliefs(self) -> FloatArray:
        """The probability of each class for each candidate, shape (C, n)."""
        return np.asarray(self.masses / self.masses.sum(axis=0))

    def influence(self, rows: IndexArray, evaluated: slice) -> FloatArray:
        """Return the mass that each candidate would lend to each evaluated instance, shape (n, e)."""
        return parzen.kernel(self._around.scaled(self._points[rows]), self._others[evaluated])


class Reduction(Parzen):
    """The expected fall of a loss."""

    def __init__(self, risk: Risk, around: Windows, points: npt.NDArray[Any], others: npt.NDArray[Any], prior: float, context: Context):
        super().__init__(around, points, others, prior, context)
        self._risk = risk
        self.now = risk.of(self.evaluated)
        self._at = slice(0)
        """Which of the evaluated instances were looked at last, of whom the next two speak."""
        self._rest, self._total = risk.rest(self.evaluated[:, :0]), np.empty(0)

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the losses now, less those that are expected."""
        masses, influence = self.evaluated[:, evaluated], self.influence(rows, evaluated)
        if self._at != evaluated:
            self._at, self._rest, self._total = evaluated, self._risk.rest(masses), masses.sum(axis=0)
        return self._risk.gains(self.now[evaluated], self._rest, believed, lambda label: masses[label] + influence, self._total + influence)

    @property
    def ceiling(self) -> float:
        """What no label could gain more than."""
        return float(self.now.mean()) - self._risk.least


@dataclass(frozen=True)
class ParzenScore(Evaluating):
    """A score by the classifier, with its parameters."""

    needs: ClassVar[frozenset[Need]] = LABELLED
    heeds: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})

    bandwidth: float | None = bandwidth_parameter()
    prior: float = parameter(0.001, doc="Mass that each class has everywhere.", minimum=0.0, maximum=1000.0)

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell that the classifier is the server's own."""
        return True

    def settled(self, side: Side, classes: int) -> ParzenScore:  # noqa: ARG002 - any number of classes will do
        """Return the score with its bandwidth."""
        return dataclasses.replace(self, bandwidth=settled_bandwidth(self.bandwidth, side, self.name))

    def prepared(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> tuple[Evaluated, npt.NDArray[Any]]:
        """Return the evaluation set and its embeddings."""
        target = context.side.target_embeddings
        among = evaluated(self.evaluation, self.evaluation_rows, candidates, target, context)
        others = among.pick(candidates["embeddings"], target)
        self.hold(candidates, among, context, more=8.0 * others.size)
        known = len(sent(context.side.labelled_embeddings))
        context.work.allow(float(known) * (len(candidates["index"]) + len(others)), "Send fewer labelled instances.")
        return among, others

    @staticmethod
    def beliefs(candidates: Mapping[str, npt.NDArray[Any]], own: FloatArray) -> FloatArray:
        """Return the caller's class probabilities if they were sent, else the classifier's own, shape (C, n)."""
        return candidates["probabilities"].T.astype(np.float64) if "probabilities" in candidates else own
