"""A batch that is uncertain and diverse at once: seeding on gradients, without the gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, sampling, top
from querist_server.engine.kernels.gradients import Gradients
from querist_server.engine.part import Merge, Need, SetChoice
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Badge(SetChoice):
    """K-means++ seeding on last-layer gradients (p - e) (x) x under the predicted labels, of which only the factors are kept."""

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
        gradients = Gradients(candidates["probabilities"], candidates["embeddings"], context.checkpoint)
        draws = noise.uniform(context.seed, noise.Purpose.CHOICE, np.arange(draft.count))
        nearest = np.full(len(candidates["index"]), np.inf)
        position: int | None = int(np.where(draft.open, gradients.squared_lengths, -1).argmax())
        step = 0
        while not draft.full:
            if position is None:
                draft.fill(top.ranking(candidates["value"], candidates["index"]))
                return
            draft.take(position)
            gradients.lower(nearest, position)
            step += 1
            if step < draft.count:
                position = sampling.draw(np.where(draft.open, nearest, 0.0), float(draws[step]))
