"""How many decisions the label is expected to turn, and for the better."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.part import FloatArray, IndexArray
from querist_server.engine.pool import Context
from querist_server.engine.scores._parzen import Parzen, ParzenScore, windows
from querist_server.engine.set_score import Found


class _Turned(Parzen):
    """The error rate that falls where the label of a candidate turns the decision for an evaluated instance."""

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the expected gains under the classifier that knows the label."""
        masses, influence = self.evaluated[:, evaluated], self.influence(rows, evaluated)
        decided, highest = masses.argmax(axis=0), masses.max(axis=0)
        total = masses.sum(axis=0) + influence
        gains = np.zeros_like(influence)
        for label, share in enumerate(believed):
            if not share.any():
                continue
            turned = influence + (masses[label] - highest)
            np.maximum(turned, 0, out=turned)
            turned[:, decided == label] = 0
            turned *= share[:, None]
            gains += turned
        gains /= total
        return gains


@dataclass(frozen=True)
class Xpal(ParzenScore):
    """Extended probabilistic gain: only decisions that turn count, judged by what is known once the label is."""

    name: ClassVar[str] = "xpal"
    summary: ClassVar[str] = "The error rate that is expected to fall where the label turns a decision of a Parzen window classifier."
    formula: ClassVar[str] = "sum_y p_y mean_u [y is not argmax F_u] max(0, F_uy + k(u, x) - max F_u) / (sum F_u + k(u, x))"
    reference: ClassVar[str] = "Kottke et al., Machine Learning 2021"
    cost: ClassVar[str] = "N E (D + C) for an evaluation set of E"

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected gains."""
        among, others = self.prepared(candidates, context)
        engine = _Turned(windows(self.bandwidth, context), candidates["embeddings"], others, self.prior, context)
        beliefs = self.beliefs(candidates, engine.beliefs)
        listed = self.shortlisted(beliefs, candidates, self.shortlist, context)
        found = self.found(engine, beliefs, among, listed, 1.0, context)
        now = 1 - engine.evaluated.max(axis=0) / engine.evaluated.sum(axis=0)
        return dataclasses.replace(found, ceiling=float(now.mean()))
