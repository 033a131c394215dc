"""How much the label is expected to lower the error of a logistic last layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.information import with_constant
from querist_server.engine.kernels.newton import Layer, fitted
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray, IndexArray, Need, parameter
from querist_server.engine.pool import Context, Side, sent
from querist_server.engine.scores._evaluating import Evaluating, evaluated
from querist_server.engine.scores._parzen import LABELLED, settled_labelled
from querist_server.engine.set_score import Found


class _Step:
    """One Newton step for each candidate and label.

    Attributes
    ----------
    beliefs : ndarray of shape (C, n)
        The layer's own probabilities of the candidates.
    """

    def __init__(self, layer: Layer, risk: Risk, points: npt.NDArray[Any], others: npt.NDArray[Any], context: Context) -> None:
        self.cells = float(context.classes)
        self._risk, self._points = risk, points
        self.beliefs, self._surprise = np.empty((2, context.classes, len(points)))
        for rows in blocks(points, context.checkpoint, 4096):
            known = with_constant(points[rows])
            shares = layer.probabilities(known)
            self.beliefs[:, rows] = shares
            self._surprise[:, rows] = 1 + shares * (1 - shares) * layer.leverage(known)
        known = with_constant(others)
        self._logits = layer.logits(known)
        self._directions = layer.towards(known)
        largest = self._logits.max(axis=0)
        self.now = risk.of(np.exp(self._logits - largest) + TINY)

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the losses now, less those that are expected."""
        known = with_constant(self._points[rows])
        reach = known @ self._directions[:, :, evaluated]
        reach /= self._surprise[:, rows, None]
        others = self._logits[:, None, evaluated] - self.beliefs[:, rows, None] * reach
        reach += others  # the logit of each class if it is the label
        largest = np.maximum(others.max(axis=0), reach.max(axis=0))
        others -= largest
        reach -= largest
        masses, changed = np.exp(others, out=others), np.exp(reach, out=reach)
        masses += TINY
        changed += TINY
        return self._risk.gains(self.now[evaluated], self._risk.rest(masses), believed, lambda label: changed[label])


@dataclass(frozen=True)
class LogisticErrorReduction(Evaluating):
    """Expected error reduction by a Newton step of a softmax layer, the caller's or one that is fitted here."""

    name: ClassVar[str] = "logistic_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the error of a logistic last layer on the embeddings."
    formula: ClassVar[str] = "mean_u [loss(f_u) - sum_y p_y loss(f_u + (e_y - f_x) g(u, x))], g by the class-diagonal Hessian"
    reference: ClassVar[str] = "Roy and McCallum, ICML 2001; Boehning 1992 for the Hessian"
    needs: ClassVar[frozenset[Need]] = LABELLED
    heeds: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.HEAD})
    cost: ClassVar[str] = "C (N E D + N D^2 + D^3) for an evaluation set of E"

    ridge: float = parameter(1.0, doc="Regulariser.", minimum=1e-9, maximum=1e9)
    loss: Literal["ZERO_ONE", "LOG", "BRIER", "COST"] = parameter("ZERO_ONE", doc="The error that is to fall.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set and a cost matrix."""
        return super().required() | ({Need.COST_MATRIX} if self.loss == "COST" else set())

    def surrogate(self, side: Side) -> bool:
        """Tell whether the layer is fitted here."""
        return side.head_weights is None

    def settled(self, side: Side, classes: int) -> LogisticErrorReduction:  # noqa: ARG002 - any number of classes will do
        """Return the score, if there is a labelled set."""
        settled_labelled(side)
        return self

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        side, points = context.side, candidates["embeddings"]
        labelled = sent(side.labelled_embeddings)
        among = evaluated(self.evaluation, self.evaluation_rows, candidates, side.target_embeddings, context)
        width = points.shape[1] + 1
        self.hold(candidates, among, context, more=8.0 * context.classes * width * (width + among.size))
        if side.head_weights is not None:
            weights: FloatArray = np.column_stack((side.head_weights, sent(side.head_bias)))
        else:
            weights = fitted(labelled, sent(side.labelled_classes), context.classes, self.ridge, context.checkpoint)
        risk = Risk(self.loss, context.cost_matrix)
        others = among.pick(points, side.target_embeddings)
        engine = _Step(Layer(weights, labelled, self.ridge, context.checkpoint), risk, points, others, context)
        beliefs = candidates["probabilities"].T.astype(np.float64) if "probabilities" in candidates else engine.beliefs
        listed = self.shortlisted(beliefs, candidates, self.shortlist, context)
        found = self.found(engine, beliefs, among, listed, risk.span(context.classes), context)
        return dataclasses.replace(found, ceiling=float(engine.now.mean()) - risk.least)
