"""The instances of a batch one by one, as labelling tools take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.integrations.shapes import Label, suggested
from querist.results import Batch


@dataclass(frozen=True)
class Candidate:
    """An instance that is to be labelled.

    Attributes
    ----------
    id : object
        The caller's.
    rank : int
        1 for the first.
    priority : float
        1 for the first, falling to just above 0.
    score : float
        The strategy's.
    label : str, tuple or None
        What a person may begin with.
    confidence : float or None
        How sure the model is of its likeliest class.
    group : int or None
        The cluster that it was taken from.
    """

    id: Any
    rank: int
    priority: float
    score: float
    label: Label | None
    confidence: float | None
    group: int | None

    def facts(self, prefix: str = "querist_") -> dict[str, float | int]:
        """Return what tools can sort and filter by, under names in lower case."""
        told = {"rank": self.rank, "priority": self.priority, "score": self.score, "group": self.group}
        return {prefix + name: value for name, value in told.items() if value is not None}


def candidates(batch: Batch, classes: Sequence[str] | None, labels: Mapping[Any, Label] | None) -> list[Candidate]:
    """Return the instances of a batch, the first to be labelled first.

    Parameters
    ----------
    batch : Batch
        With ids: select with ``ids=``.
    classes : sequence of str or None
        The tool's names of the model's classes, in the model's order: instances then begin with what
        `querist.integrations.shapes.suggested` says.
    labels : mapping of id to label, or None
        Labels to begin with instead.

    Raises
    ------
    ValueError
        If the batch has no ids, or both kinds of labels are given.
    """
    if batch.ids is None:
        raise ValueError("the batch has no ids, by which a tool knows its instances: select with ids=")
    if classes is not None and labels is not None:
        raise ValueError("give classes, from which labels are made, or labels; not both")
    begin: Sequence[Label | None] = [None if labels is None else labels.get(name) for name in batch.ids]
    if classes is not None:
        begin = suggested(batch, classes)
    sure = [None] * len(batch) if batch.confidences is None else [None if np.isnan(each) else each for each in batch.confidences.tolist()]
    groups = [-1] * len(batch) if batch.clusters is None else batch.clusters.tolist()
    columns = zip(batch.ids, batch.priorities.tolist(), batch.scores.tolist(), begin, sure, groups, strict=True)
    return [
        Candidate(name, rank, priority, score, label, confidence, group if group >= 0 else None)
        for rank, (name, priority, score, label, confidence, group) in enumerate(columns, 1)
    ]
