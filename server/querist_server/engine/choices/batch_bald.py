"""The set whose labels together tell most about the committee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import committee
from querist_server.engine.kernels.outcomes import Outcomes
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class BatchBald(SetChoice):
    """BatchBALD: greedy in the mutual information of all labels of the batch and the member.

    What an instance adds is what is open about its label once those of the batch are known, less what each member by itself leaves open.
    The first is a mean over all combinations of labels, or over draws once these are too many.
    """

    name: ClassVar[str] = "batch_bald"
    summary: ClassVar[str] = "Takes the set whose labels together tell most about which member is right; for small batches."
    formula: ClassVar[str] = "argmax_x H(y_x | y_S) - sum_k w_k H(P_k(y_x)), greedily"
    reference: ClassVar[str] = "Kirsch, van Amersfoort and Gal, NeurIPS 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "B N C K M for M = min(C^B, most_outcomes)"

    most_outcomes: int = parameter(10_000, doc="Most combinations of labels, and draws beyond.", minimum=100, maximum=1_000_000)
    most_cells: float = parameter(1e11, doc="Most candidates x combinations x classes, over all picks.", minimum=1e6, maximum=1e15)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take what adds most, again and again."""
        members, rows = candidates["committee_probabilities"], candidates["index"]
        self._refuse_long_work(len(members), members.shape[2], draft.count)
        settled = committee.mean_entropy(np.moveaxis(members, 1, 0), context.weights)
        outcomes = Outcomes(context.weights, self.most_outcomes, context.seed)
        while not draft.full:
            position, gain = outcomes.highest(members, settled, draft.open, context.checkpoint)
            draft.take(position, gain=gain)
            outcomes.add(members[position].astype(np.float64), int(rows[position]))

    def _refuse_long_work(self, count: int, classes: int, batch: int) -> None:
        cells = float(count) * classes * sum(min(float(classes) ** min(pick, 64), self.most_outcomes) for pick in range(batch))
        if cells > self.most_cells:
            message = f"a batch of {batch} from {count} candidates takes {cells:.3g} steps; most_cells allows {self.most_cells:.3g}. "
            advice = "Prefilter, or use the score bald with the choice power, which does about as well"
            raise EngineError("VALUE_OUT_OF_RANGE", message + advice, field="plan.choice.batch_bald.most_cells")
