"""A share of the batch for every class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import top
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class ClassBalanced(SetChoice):
    """Fills what classes lack, by quotas for predicted classes or greedily by expected counts."""

    name: ClassVar[str] = "class_balanced"
    summary: ClassVar[str] = "Takes instances so that labelled and taken together come close to equal numbers of all classes."
    formula: ClassVar[str] = (
        "quotas: best of each predicted class; greedy: argmax_i s_i + strength sum_c p_ic max(0, target - n_c - sum_taken p_c) / B"
    )
    reference: ClassVar[str] = "Bengar et al., WACV 2022"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "N C; B N C for greedy"

    method: Literal["QUOTAS", "GREEDY"] = parameter("QUOTAS", doc="How classes are balanced.")
    strength: float = parameter(1.0, doc="Weight of balance against the score, for GREEDY.", minimum=0.0, maximum=1e6)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take what classes lack."""
        probabilities = candidates["probabilities"]
        labelled = context.side.labelled_classes
        counts = (
            np.zeros(probabilities.shape[1]) if labelled is None else np.bincount(labelled, minlength=probabilities.shape[1]).astype(float)
        )
        lacking = np.maximum(0.0, (counts.sum() + draft.count) / len(counts) - counts)
        if self.method == "QUOTAS":
            self._by_quota(candidates, draft, lacking)
        else:
            self._greedily(candidates, draft, lacking, context)

    @staticmethod
    def _by_quota(candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, lacking: FloatArray) -> None:
        """Take the best of each predicted class up to its quota, all by falling value, then the best of what is left."""
        ranking = top.ranking(candidates["value"], candidates["index"])
        predicted = candidates["probabilities"].argmax(axis=1)
        left = _shares(lacking, draft.count)
        for position in ranking.tolist():
            if draft.full or not left.any():
                break
            if draft.open[position] and left[predicted[position]]:
                left[predicted[position]] -= 1
                draft.take(position)
        draft.fill(ranking)

    def _greedily(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, lacking: FloatArray, context: Context) -> None:
        """Take the highest score plus expected contribution to what classes still lack."""
        probabilities, values = candidates["probabilities"], candidates["value"]
        low, high = float(values.min()), float(values.max())
        scores = (values - low) / (high - low) if high > low else np.zeros(len(values))
        while not draft.full:
            worth = scores.copy()
            for rows in blocks(probabilities, context.checkpoint):
                worth[rows] += self.strength * (probabilities[rows].astype(np.float64) @ np.maximum(0.0, lacking)) / draft.count
            position = int(np.where(draft.open, worth, -np.inf).argmax())
            draft.take(position, gain=float(worth[position]))
            lacking -= probabilities[position]


def _shares(lacking: FloatArray, count: int) -> npt.NDArray[np.int64]:
    """Return whole numbers in proportion to what is lacking that sum to the count, by largest remainders, ties to the lowest class."""
    exact = lacking / lacking.sum() * count if lacking.sum() > 0 else np.full(len(lacking), count / len(lacking))
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: count - int(whole.sum())]] += 1
    return whole
