"""How much the label is expected to lower the error of a Gaussian field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import laplacian, parzen
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray, IndexArray, Merge, Need, parameter
from querist_server.engine.pool import Context, Side, sent
from querist_server.engine.scores._evaluating import Evaluated, Evaluating, evaluated, spread
from querist_server.engine.scores._parzen import LABELLED, bandwidth_parameter, settled_bandwidth, windows
from querist_server.engine.set_score import Found


class _Field:
    """A harmonic function, and how it moves when a node becomes known.

    Attributes
    ----------
    values : ndarray of shape (C, n)
        The probability of each class at each node.
    """

    def __init__(self, points: FloatArray, labelled: FloatArray, shares: FloatArray, nodes: IndexArray, risk: Risk, context: Context):
        weights = np.empty((len(points), len(points)))
        for rows in blocks(points, context.checkpoint, parzen.ROWS_AT_A_TIME):
            weights[rows] = parzen.kernel(points[rows], points)
        self._inverse, values = laplacian.harmonic(weights, labelled, shares, context.checkpoint)
        self.values = np.maximum(values, 0)  # rounding alone leads below
        self.cells = float(len(values))
        self._risk, self._nodes = risk, nodes
        self.now = risk.of(self.values[:, nodes] + TINY)

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the losses now, less those that are expected; rows are nodes."""
        reach = self._inverse[rows[:, None], self._nodes[evaluated]]
        reach /= self._inverse[rows, rows][:, None]
        masses = self.values[:, None, self._nodes[evaluated]] - reach * self.values[:, rows, None]
        np.maximum(masses, 0, out=masses)
        masses += TINY
        rest, total = self._risk.rest(masses), masses.sum(axis=0) + reach
        return self._risk.gains(self.now[evaluated], rest, believed, lambda label: masses[label] + reach, total)


@dataclass(frozen=True)
class FieldErrorReduction(Evaluating):
    """Expected error reduction of a harmonic function: a known node moves all others by a column of the inverse Laplacian."""

    name: ClassVar[str] = "field_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the error of a Gaussian field on the embeddings."
    formula: ClassVar[str] = "mean_u [loss(F_u) - sum_y p_y loss(F_u + G_ux / G_xx (e_y - F_x))], G = inverse Laplacian"
    reference: ClassVar[str] = "Zhu, Lafferty and Ghahramani, ICML workshop 2003"
    needs: ClassVar[frozenset[Need]] = LABELLED
    heeds: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    merge: ClassVar[Merge] = Merge.GLOBAL
    cost: ClassVar[str] = "m^3 + m E C for m nodes and an evaluation set of E"

    bandwidth: float | None = bandwidth_parameter()
    nodes: int = parameter(3000, doc="Most unlabelled nodes of the graph.", minimum=100, maximum=8000)
    loss: Literal["ZERO_ONE", "LOG", "BRIER", "COST"] = parameter("ZERO_ONE", doc="The error that is to fall.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set and a cost matrix."""
        return super().required() | ({Need.COST_MATRIX} if self.loss == "COST" else set())

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell that the field is the server's own."""
        return True

    def settled(self, side: Side, classes: int) -> FieldErrorReduction:  # noqa: ARG002 - any number of classes will do
        """Return the score with its bandwidth."""
        return dataclasses.replace(self, bandwidth=settled_bandwidth(self.bandwidth, side, self.name))

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions of as many candidates as the graph has room for."""
        side, points = context.side, candidates["embeddings"]
        among = evaluated(self.evaluation, self.evaluation_rows, candidates, side.target_embeddings, context)
        around = windows(self.bandwidth, context)
        masses = around.masses(points, context.checkpoint)
        beliefs = candidates["probabilities"].T.astype(np.float64) if "probabilities" in candidates else masses + TINY
        listed = self.shortlisted(beliefs / beliefs.sum(axis=0), candidates, self._room(len(points), among), context)
        inside = listed if among.positions is None else np.union1d(listed, among.positions)
        nodes = len(inside) + (among.size if among.positions is None else 0)
        self.hold(candidates, among, context, more=16.0 * nodes**2)
        scaled, edges = around.scaled(points[inside]), masses[:, inside]
        if among.positions is None:
            target = sent(side.target_embeddings)
            scaled = np.concatenate((scaled, around.scaled(target)))
            edges = np.concatenate((edges, around.masses(target, context.checkpoint)), axis=1)
            looked_at = np.arange(len(inside), len(scaled))
        else:
            looked_at = np.searchsorted(inside, among.positions)
        shares = np.bincount(sent(side.labelled_classes), minlength=context.classes) / len(sent(side.labelled_classes))
        risk = Risk(self.loss, context.cost_matrix)
        field = _Field(scaled, edges, shares, looked_at, risk, context)
        at = np.searchsorted(inside, listed)
        believed = beliefs[:, listed] if "probabilities" in candidates else field.values[:, at]
        own: FloatArray = np.full((context.classes, len(scaled)), 1 / context.classes)
        own[:, at] = believed / believed.sum(axis=0)
        found = self.found(field, own, among, at, risk.span(context.classes), context)
        return _of_candidates(found, at, listed, len(points), float(field.now.mean()) - risk.least)

    def _room(self, count: int, among: Evaluated) -> int | None:
        """Return how many candidates the graph can hold beside the evaluation set; None for all."""
        beside = among.size if among.positions is None else 0
        if count + beside <= self.nodes:
            return self.shortlist
        room = self.nodes - among.size
        if room < 1:
            message = f"the evaluation set has {among.size} instances and the graph {self.nodes} nodes"
            advice = ", which leaves no room for candidates; evaluate a smaller sample"
            raise EngineError("VALUE_OUT_OF_RANGE", message + advice, field=f"plan.score.{self.name}.evaluation_rows")
        return room if self.shortlist is None else min(room, self.shortlist)


def _of_candidates(found: Found, at: IndexArray, listed: IndexArray, count: int, ceiling: float) -> Found:
    """Return what was found at nodes as columns of the candidates."""
    scored = np.zeros(count, bool)
    scored[listed] = True
    accuracy = {name: spread(column[at], listed, count) for name, column in found.accuracy.items()}
    return Found(spread(found.scores[at], listed, count), scored, accuracy, ceiling)
