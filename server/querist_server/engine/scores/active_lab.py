"""Whether to ask again about what has labels, or anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.crowd.active_lab import ask_next
from querist_server.engine.crowd.votes import Votes
from querist_server.engine.part import Merge, Need, parameter
from querist_server.engine.pool import Context, sent
from querist_server.engine.set_score import Found, SetScore


@dataclass(frozen=True)
class ActiveLab(SetScore):
    """1 less the certainty that is left once one more uninformed annotator had been there."""

    name: ClassVar[str] = "active_lab"
    summary: ClassVar[str] = "Asks again about instances whose labels are doubtful, or anew, on one scale, by who can be trusted."
    formula: ClassVar[str] = "1 - (q (sum_j w_j + w_M) + w / C) / (sum_j w_j + w_M + w); q, w_j, w_M: CROWDLAB's; w: mean of w_j"
    reference: ClassVar[str] = "Goh and Mueller, 2023 (ActiveLab); Goh, Tkachenko and Mueller, 2022 (CROWDLAB)"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.ANSWERS, Need.KEYS})
    merge: ClassVar[Merge] = Merge.GLOBAL
    cost: ClassVar[str] = "N C + answers"

    each_member: bool = parameter(False, doc="Weigh each member of a committee by itself.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent."""
        return self.needs | {Need.COMMITTEE_PROBABILITIES} if self.each_member else self.needs

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the scores of all candidates."""
        answers = sent(context.side.answers)
        models = candidates["probabilities"][None] if not self.each_member else np.moveaxis(candidates["committee_probabilities"], 1, 0)
        models = models.astype(np.float64)
        keys = candidates["key"]
        order = np.argsort(keys, kind="stable")
        known = answers.instances[answers.item]
        place = np.minimum(np.searchsorted(keys[order], known), len(keys) - 1)
        given = (keys[order][place] == known) & (answers.labels[:, 0] >= 0)
        rows, item = np.unique(order[place[given]], return_inverse=True)
        by_item = np.argsort(item, kind="stable")
        who, label = answers.who[given][by_item], answers.labels[given, 0][by_item]
        people, who = np.unique(who, return_inverse=True)
        fresh = np.ones(len(keys), bool)
        fresh[rows] = False
        votes = Votes(item[by_item], who, label, len(rows), len(people), models.shape[2])
        scores = np.empty(len(keys))
        scores[rows], scores[fresh] = ask_next(votes, models[:, rows], models[:, fresh])
        return Found.of_all(scores)
