"""How little is known of the probabilities of the classes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

from querist_server.engine.kernels import dirichlet
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, Side
from querist_server.engine.scores import _counts
from querist_server.engine.scores._parzen import bandwidth_parameter, settled_bandwidth


@dataclass(frozen=True)
class Dirichlet(Score):
    """Epistemic uncertainty by evidence for each class, from an evidential model or from the labels around."""

    name: ClassVar[str] = "dirichlet"
    summary: ClassVar[str] = "How little is known of the class probabilities, by the evidence for each class."
    formula: ClassVar[str] = "I(y; pi), C prior / A, sum var(pi) or h(pi) for pi ~ Dirichlet(a), a = counts + prior, A = sum a"
    reference: ClassVar[str] = "Malinin and Gales, NeurIPS 2018; Sensoy et al., NeurIPS 2018"
    cost: ClassVar[str] = "N C, and N D for each labelled instance if the counts are found here"

    criterion: Literal["INFORMATION", "VACUITY", "VARIANCE", "ENTROPY"] = parameter("INFORMATION", doc="What is measured.")
    counts: Literal["EVIDENCE", "PARZEN"] = parameter("EVIDENCE", doc="Where the counts come from.")
    prior: float = parameter(1.0, doc="Added to the count of each class.", minimum=1e-6, maximum=1000.0)
    bandwidth: float | None = bandwidth_parameter()

    def required(self) -> frozenset[Need]:
        """Return what the counts need."""
        return _counts.required(self.counts)

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell whether the counts are found here."""
        return self.counts == "PARZEN"

    def settled(self, side: Side, classes: int) -> Dirichlet:  # noqa: ARG002 - any number of classes will do
        """Return the score with its bandwidth, if it has one."""
        if self.counts == "EVIDENCE":
            return self
        return dataclasses.replace(self, bandwidth=settled_bandwidth(self.bandwidth, side, self.name))

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the measure of each row."""
        parameters = _counts.counted(self.counts, self.bandwidth, block, context) + self.prior
        match self.criterion:
            case "INFORMATION":
                return dirichlet.information(parameters)
            case "VARIANCE":
                return dirichlet.variance(parameters)
            case "ENTROPY":
                return dirichlet.entropy(parameters)
            case "VACUITY":
                return self.prior * parameters.shape[1] / parameters.sum(axis=1)
