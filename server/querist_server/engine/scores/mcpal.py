"""The expected gain of a few labels in the neighbourhood of an instance."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import further_labels
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, Side
from querist_server.engine.scores import _counts
from querist_server.engine.scores._parzen import bandwidth_parameter, settled_bandwidth

MOST_COMBINATIONS = 100_000


@dataclass(frozen=True)
class Mcpal(Score):
    """Multi-class probabilistic active learning: what is known of the neighbourhood is counts, and a few more are averaged over."""

    name: ClassVar[str] = "mcpal"
    summary: ClassVar[str] = "The expected gain in accuracy of a few further labels in the neighbourhood."
    formula: ClassVar[str] = "max_m [E max (a + l) / (A + m) - max a / A] / m over m further labels l, a = counts + prior, A = sum a"
    reference: ClassVar[str] = "Kottke et al., ECAI 2016"
    heeds: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N for each combination of further labels, and N D for each labelled instance"

    counts: Literal["EVIDENCE", "PARZEN"] = parameter("PARZEN", doc="Where the counts come from.")
    most_labels: int = parameter(1, doc="Most further labels.", minimum=1, maximum=4)
    prior: float = parameter(0.001, doc="Added to the count of each class.", minimum=1e-9, maximum=1000.0)
    bandwidth: float | None = bandwidth_parameter()

    def required(self) -> frozenset[Need]:
        """Return what the counts need."""
        return _counts.required(self.counts)

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell whether the counts are found here."""
        return self.counts == "PARZEN"

    def settled(self, side: Side, classes: int) -> Mcpal:
        """Return the score with its bandwidth, if it has one."""
        ways = further_labels.combinations(classes, self.most_labels)
        if ways > MOST_COMBINATIONS:
            message = f"{self.most_labels} labels of {classes} classes have {ways} combinations; allowed are {MOST_COMBINATIONS}"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="plan.score.mcpal.most_labels")
        if self.counts == "EVIDENCE":
            return self
        return dataclasses.replace(self, bandwidth=settled_bandwidth(self.bandwidth, side, self.name))

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the highest gain for each label."""
        counts = _counts.counted(self.counts, self.bandwidth, block, context)
        if self.counts == "PARZEN" and (block.sent_probabilities is not None or block.members is not None):
            counts = counts.sum(axis=1, keepdims=True) * block.probabilities
        parameters = counts + self.prior
        gains = [further_labels.gain(parameters, labels, context.checkpoint) for labels in range(1, self.most_labels + 1)]
        return np.asarray(np.max(gains, axis=0))
