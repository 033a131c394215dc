"""How much the label is expected to lower the error of a committee that is weighted anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import joint
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.part import FloatArray, IndexArray, Need, parameter
from querist_server.engine.pool import Context
from querist_server.engine.scores._evaluating import Evaluating, evaluated
from querist_server.engine.set_score import Found


class _Reweighted:
    """The committee before and after a label is known.

    Attributes
    ----------
    now : ndarray of shape (E,)
        The loss of the mean prediction for each evaluated instance.
    """

    def __init__(self, risk: Risk, members: npt.NDArray[Any], others: npt.NDArray[Any], context: Context) -> None:
        self._risk, self._members, self._weights = risk, members, context.weights
        classes = members.shape[2]
        self.cells = float(classes * classes)
        self._others = np.ascontiguousarray(np.moveaxis(others, (0, 1, 2), (2, 0, 1)), np.float64)  # members, classes, instances
        self.now = risk.of(np.tensordot(self._weights, self._others, axes=1) + TINY)

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the losses now, less those that are expected."""
        likely = believed.any(axis=1)
        some = np.moveaxis(self._members[rows], 1, 2)[:, likely].astype(np.float64) * self._weights  # candidates, labels, members
        others = self._others[:, :, evaluated]
        count, labels, members = some.shape
        together = some.reshape(-1, members) @ others.reshape(members, -1)
        masses = np.moveaxis(together.reshape(count, labels, others.shape[1], -1), 2, 0) + TINY
        losses = self._risk.of(masses)  # candidates, labels, instances
        return np.asarray(self.now[evaluated] - np.einsum("yn,nye->ne", believed[likely], losses))


@dataclass(frozen=True)
class CommitteeErrorReduction(Evaluating):
    """Expected error reduction by Bayes' rule over the members, without any retraining."""

    name: ClassVar[str] = "committee_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the error of a committee, weighted anew by what its members said."
    formula: ClassVar[str] = "mean_u [loss(sum_k w_k P_k(u)) - sum_y P(y | x) loss(sum_k w_k P_k(y | x) P_k(u) / P(y | x))]"
    reference: ClassVar[str] = "Tan, Du and Buntine, NeurIPS 2021; Bickford Smith et al., AISTATS 2023"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    targets: ClassVar[Need] = Need.TARGET_COMMITTEE
    cost: ClassVar[str] = "N C K^2 for BRIER over the pool or a target set, else N E C^2 K for an evaluation set of E"

    evaluation: Literal["POOL", "SAMPLE", "TARGET"] = parameter("POOL", doc="Over which instances the error is a mean.")
    loss: Literal["ZERO_ONE", "LOG", "BRIER", "COST"] = parameter("BRIER", doc="The error that is to fall.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set and a cost matrix."""
        return super().required() | ({Need.COST_MATRIX} if self.loss == "COST" else set())

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        members, target = candidates["committee_probabilities"], context.side.target_committee
        rows_first = None if target is None else np.moveaxis(target, 1, 0)
        among = evaluated(self.evaluation, self.evaluation_rows, candidates, rows_first, context)
        beliefs = np.tensordot(context.weights, members, axes=(0, 1)).T.astype(np.float64)
        beliefs /= beliefs.sum(axis=0)
        listed = self.shortlisted(beliefs, candidates, self.shortlist, context)
        others = among.pick(members, rows_first)
        risk = Risk(self.loss, context.cost_matrix)
        if self.loss == "BRIER" and among.size == among.population and not self.class_floor:
            return self._closed(members, others, listed, context)
        self.hold(candidates, among, context, more=8.0 * others.size)
        engine = _Reweighted(risk, members, others, context)
        found = self.found(engine, beliefs, among, listed, risk.span(context.classes), context)
        if not self.class_floor:  # rounding alone leads below 0: every loss is concave, and labels are believed as the members say
            np.maximum(found.scores, 0, out=found.scores)
        return dataclasses.replace(found, ceiling=float(engine.now.mean()) - risk.least)

    @staticmethod
    def _closed(members: npt.NDArray[Any], others: npt.NDArray[Any], listed: IndexArray, context: Context) -> Found:
        """Return the expected reductions of the Brier loss through the members' products."""
        count, classes = members.shape[1:]
        context.work.begin(float(len(others) + len(listed)) * classes * count * count, "Send fewer members.")
        products = joint.gram(others, context.checkpoint)
        scores, scored = np.full(len(members), np.nan), np.zeros(len(members), bool)
        scored[listed] = True
        some = members if len(listed) == len(members) else members[listed]
        scores[listed] = joint.brier_reduction(some, context.weights, products, context.checkpoint)
        context.work.advance(context.work.total)
        return Found(scores, scored, ceiling=1 - float(context.weights @ products @ context.weights))
