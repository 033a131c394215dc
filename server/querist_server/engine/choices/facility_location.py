"""Instances that stand for all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.choices._references import drawn_references
from querist_server.engine.choices._weights import as_weights
from querist_server.engine.draft import Draft
from querist_server.engine.kernels import greedy, purity
from querist_server.engine.kernels.coverage import Coverage
from querist_server.engine.kernels.similarity import Kernel
from querist_server.engine.kernels.vectors import smallest_gap, unit_rows
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

MOST_PSEUDO_LABELS = 100
PURITY_ROWS = 2000
"""Most rows among which a pure radius is looked for."""


@dataclass(frozen=True)
class FacilityLocation(SetChoice):
    """Greedy facility location, which is MaxHerding, UHerding and ProbCover by its kernel and weights."""

    name: ClassVar[str] = "facility_location"
    summary: ClassVar[str] = "Takes the instances that best stand for all others, beside the labelled set."
    formula: ClassVar[str] = "argmax_S sum_u w_u max_{j in S and labelled} k(u, j), greedily"
    reference: ClassVar[str] = "Bae et al., ECCV 2024 and ICLR 2025; Yehuda et al., NeurIPS 2022"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N E D for E = min(N, reference_rows), and a small part of it for each pick"

    kernel: Literal["RBF", "COSINE", "TOP_HAT"] = parameter("RBF", doc="How alike two instances are.")
    bandwidth: float = parameter(1.0, doc="Bandwidth of the kernel RBF.", minimum=1e-6, maximum=1e6)
    adaptive: bool = parameter(False, doc="Take the smallest distance above 0 between two labelled instances as bandwidth.")
    radius: float | None = parameter(None, doc="Radius of the kernel TOP_HAT; unset: found by purity.", minimum=1e-6, maximum=2.0)
    weigh_by_score: bool = parameter(False, doc="Weigh each instance by its score.")
    reference_rows: int = parameter(10_000, doc="Most instances that the sum runs over.", minimum=100, maximum=1_000_000)
    sampling_loss: float = parameter(0.0, doc="Loss of stochastic greedy; 0 is exact.", minimum=0.0, maximum=0.5)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> float | None:
        """Take the largest gain, again and again."""
        points, rows = candidates["embeddings"], candidates["index"]
        drawn = drawn_references(rows, self.reference_rows, context.seed)
        weights = as_weights(candidates["value"], rows, self.name)[drawn] if self.weigh_by_score else np.ones(len(drawn))
        references = unit_rows(points[drawn])
        kernel = self._kernel(references, draft.count, context)

        def objective() -> Coverage:
            coverage = Coverage(points, references, weights, kernel, context.checkpoint)
            if context.side.labelled_embeddings is not None:
                coverage.cover(context.side.labelled_embeddings)
            return coverage

        if self.sampling_loss:
            greedy.stochastic(objective(), draft, len(points), self.sampling_loss, context.seed, context.checkpoint)
            return None
        return greedy.best(objective, draft, len(points), context.checkpoint)

    def _kernel(self, references: npt.NDArray[Any], count: int, context: Context) -> Kernel:
        labelled = context.side.labelled_embeddings
        if self.kernel == "TOP_HAT":
            if self.radius is not None:
                return Kernel("TOP_HAT", self.radius)
            clusters = min(MOST_PSEUDO_LABELS, count + (0 if labelled is None else len(labelled)))
            some: FloatArray = references[:: max(1, len(references) // PURITY_ROWS)]
            return Kernel("TOP_HAT", purity.pure_radius(some, clusters, context.seed, context.checkpoint))
        if self.kernel == "RBF" and self.adaptive and labelled is not None:
            return Kernel("RBF", smallest_gap(labelled, context.checkpoint) or self.bandwidth)
        return Kernel(self.kernel, self.bandwidth)
