"""A batch that is uncertain and diverse at once: seeding on gradients, without the gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, top
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice
from querist_server.engine.pool import Context

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Badge(SetChoice):
    """K-means++ seeding on last-layer gradients (p - e) (x) x under the predicted labels.

    A squared distance between two such gradients follows from products of their factors, so that a pick costs N (C + D) and nothing of size
    C D is ever made (the factorisation is that of Zhang et al., LabelBench, 2023).
    """

    name: ClassVar[str] = "badge"
    summary: ClassVar[str] = "Uncertain and diverse at once: spreads the batch over the gradients that labels would cause."
    formula: ClassVar[str] = "k-means++ on (p - e_predicted) (x) x, the longest first"
    reference: ClassVar[str] = "Ash et al., ICLR 2020"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "B N (C + D)"

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Draw in proportion to the squared distance to the nearest that was taken."""
        gradients = _Gradients(candidates["probabilities"], candidates["embeddings"])
        draws = noise.uniform(context.seed, noise.Purpose.CHOICE, np.arange(draft.count))
        position = int(np.where(draft.open, gradients.squared_lengths, -1).argmax())
        nearest = np.where(draft.open, np.inf, 0.0)
        for step in range(1, draft.count + 1):
            if draft.full:
                return
            closed = draft.take(position)
            np.minimum(nearest, gradients.squared_distances(position), out=nearest)
            nearest[closed] = 0.0
            mass = np.cumsum(nearest)
            if mass[-1] <= 0:
                draft.fill(top.ranking(candidates["value"], candidates["index"]))
            elif step < draft.count:
                target = min(draws[step] * mass[-1], np.nextafter(mass[-1], 0.0))  # the product may round up to the end
                position = int(np.searchsorted(mass, target, side="right"))


class _Gradients:
    """Last-layer gradients by their factors: residuals (n, C) and embeddings (n, D)."""

    def __init__(self, probabilities: Array, embeddings: Array) -> None:
        self._residuals = probabilities.copy()
        self._residuals[np.arange(len(probabilities)), probabilities.argmax(axis=1)] -= 1
        self._embeddings = embeddings
        self._rounding = 32 * max(float(np.finfo(factor.dtype).eps) for factor in (probabilities, embeddings))
        residual_lengths = np.einsum("ij,ij->i", self._residuals, self._residuals, dtype=np.float64)
        self.squared_lengths = residual_lengths * np.einsum("ij,ij->i", embeddings, embeddings, dtype=np.float64)

    def squared_distances(self, centre: int) -> FloatArray:
        """Return the squared distance of every gradient to one of them; exactly 0 where it drowns in rounding."""
        products = np.einsum("ij,j->i", self._residuals, self._residuals[centre]).astype(np.float64)
        products *= np.einsum("ij,j->i", self._embeddings, self._embeddings[centre])
        lengths = self.squared_lengths + self.squared_lengths[centre]
        distances = lengths - 2 * products
        distances[distances <= self._rounding * lengths] = 0.0
        distances[centre] = 0.0
        return distances
