"""How much the label is expected to lower the error of a Parzen window classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy.typing as npt

from querist_server.engine.kernels.risk import Risk
from querist_server.engine.part import Need, parameter
from querist_server.engine.pool import Context
from querist_server.engine.scores._parzen import ParzenScore, Reduction, windows
from querist_server.engine.set_score import Found


@dataclass(frozen=True)
class ParzenErrorReduction(ParzenScore):
    """Expected error reduction by kernel masses: one more label adds its kernel to the mass of its class."""

    name: ClassVar[str] = "parzen_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the error of a Parzen window classifier on the embeddings."
    formula: ClassVar[str] = "mean_u [loss(F_u) - sum_y p_y loss(F_u + k(u, x) e_y)]"
    reference: ClassVar[str] = "Roy and McCallum, ICML 2001; Chapelle, AISTATS 2005"
    cost: ClassVar[str] = "N E (D + C) for an evaluation set of E"

    loss: Literal["ZERO_ONE", "LOG", "BRIER", "COST"] = parameter("ZERO_ONE", doc="The error that is to fall.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set and a cost matrix."""
        return super().required() | ({Need.COST_MATRIX} if self.loss == "COST" else set())

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        among, others = self.prepared(candidates, context)
        risk = Risk(self.loss, context.cost_matrix)
        engine = Reduction(risk, windows(self.bandwidth, context), candidates["embeddings"], others, self.prior, context)
        beliefs = self.beliefs(candidates, engine.beliefs)
        listed = self.shortlisted(beliefs, candidates, self.shortlist, context)
        found = self.found(engine, beliefs, among, listed, risk.span(context.classes), context)
        return dataclasses.replace(found, ceiling=engine.ceiling)
