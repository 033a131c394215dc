"""At most so many instances of a patient, a video, a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.part import Guard, IndexArray, Need, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class GroupCap(Guard):
    """Closes a group once the batch holds enough of it."""

    name: ClassVar[str] = "group_cap"
    summary: ClassVar[str] = "Limits how many instances a batch takes from one group: a patient, a video, a source."
    formula: ClassVar[str] = "at most `most` of each group in a batch"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.GROUPS})

    most: int = parameter(1, doc="Most instances of a group in one batch.", minimum=1)

    @property
    def looks_at_batch(self) -> bool:
        """Always."""
        return True

    def watch(
        self,
        candidates: Mapping[str, npt.NDArray[Any]],
        before: Mapping[str, npt.NDArray[Any]] | None,
        context: Context,  # noqa: ARG002 - the same signature for every guard
    ) -> _Groups:
        """Return what counts the groups of the batch."""
        return _Groups(candidates["groups"], None if before is None else before["groups"], self.most)


class _Groups:
    """Counts how many of each group were taken."""

    reason = "GROUP_FULL"

    def __init__(self, groups: npt.NDArray[np.int64], before: npt.NDArray[np.int64] | None, most: int) -> None:
        names, self._of_row = np.unique(groups, return_inverse=True)
        self._most = most
        self._counts = np.zeros(len(names), np.int64)
        if before is not None:
            known = np.isin(before, names)
            np.add.at(self._counts, np.searchsorted(names, before[known]), 1)
        self._rows = np.argsort(self._of_row, kind="stable")
        self._ends = np.cumsum(np.bincount(self._of_row, minlength=len(names)))

    def closed_from_the_start(self) -> IndexArray:
        """Return the members of groups that are full already."""
        return np.flatnonzero(self._counts[self._of_row] >= self._most)

    def closed_by(self, position: int) -> IndexArray:
        """Return the members of the group, if it is full now."""
        group = self._of_row[position]
        self._counts[group] += 1
        if self._counts[group] < self._most:
            return np.empty(0, np.int64)
        return self._rows[self._ends[group - 1] if group else 0 : self._ends[group]]
