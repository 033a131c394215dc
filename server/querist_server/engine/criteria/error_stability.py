"""How far a surrogate's error can still move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter

FIRST = 3
"""Of how many of the first rounds the smallest bound is the measure."""


@dataclass(frozen=True)
class ErrorStability(Criterion):
    """A bound on how far the labels of the last round can have moved the error of a Bayesian ridge regression."""

    name: ClassVar[str] = "error_stability"
    summary: ClassVar[str] = "Stops once new labels can hardly move the error of a surrogate that is fitted to the embeddings."
    formula: ClassVar[str] = (
        "R / smallest R of the first 3 rounds <= most; R: sum over labels of exp(L(KL)) - 1, both ways; L(x) = W((x-1)/e) + 1"
    )
    reference: ClassVar[str] = "Ishibashi and Hino, AISTATS 2020"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABELLED_EMBEDDINGS, Need.LABELLED_CLASSES})
    evidence: ClassVar[Field] = Field.SUPPORT

    most: float = parameter(0.04, doc="The largest ratio.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        bounds = evidence.campaign.series(lambda each: each.stability)
        known = bounds[~np.isnan(bounds)]
        if np.isnan(bounds[-1]) or len(known) <= FIRST:
            message = f"it takes {FIRST + 1} rounds with all labelled embeddings (at most 1,024 columns) and classes, new ones at the end"
            return inconclusive(message)
        measure = known[:FIRST].min()
        ratio = float(bounds[-1] / measure) if measure > 0 else 1.0
        return at_most(ratio, self.most, f"new labels move a surrogate's error by at most {ratio:.3f} of what they did at first")
