"""Instances that stand for what the unwanted ones do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.choices._references import drawn_references
from querist_server.engine.draft import Draft
from querist_server.engine.kernels import greedy
from querist_server.engine.kernels.coverage import Coverage
from querist_server.engine.kernels.similarity import Kernel
from querist_server.engine.kernels.vectors import unit_rows
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context, sent


@dataclass(frozen=True)
class Flcg(SetChoice):
    """Facility location under a condition: references are covered by the unwanted examples from the start."""

    name: ClassVar[str] = "flcg"
    summary: ClassVar[str] = "Takes the instances that best stand for what is unlike the unwanted ones."
    formula: ClassVar[str] = "argmax_S sum_u max(0, max_S s(u, j) - nu max_unwanted s(u, p)), s = (1 + cos) / 2, greedily"
    reference: ClassVar[str] = "Kothawade et al., NeurIPS 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS, Need.UNWANTED})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N E D for E = min(N, reference_rows), and a small part of it for each pick"

    nu: float = parameter(1.0, doc="How strongly the unwanted ones push away.", minimum=0.0, maximum=1e6)
    reference_rows: int = parameter(10_000, doc="Most instances that the sum runs over.", minimum=100, maximum=1_000_000)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> float | None:
        """Take the largest gain, again and again."""
        points = candidates["embeddings"]
        references = unit_rows(points[drawn_references(candidates["index"], self.reference_rows, context.seed)])

        def objective() -> Coverage:
            coverage = Coverage(points, references, np.ones(len(references)), Kernel("COSINE"), context.checkpoint)
            coverage.cover(sent(context.side.unwanted), self.nu)
            return coverage

        return greedy.best(objective, draft, len(points), context.checkpoint)
