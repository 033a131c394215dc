"""The batch while it is drawn up: what has been taken, what may still be taken, and what closed the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

IndexArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NO_CLUSTER = -1
BUDGET_TOLERANCE = 1e-9
"""Share of the budget by which rounding may make a sum of costs exceed it: three labels at 0.1 fit into 0.3."""


class Watcher(Protocol):
    """Says which candidates a batch closes: what a guard that looks at the batch makes of one selection."""

    reason: str
    """Why they are closed: a name of the contract's `GuardReason`."""

    def closed_from_the_start(self) -> IndexArray:
        """Return the positions that what was drawn before closes."""

    def closed_by(self, position: int) -> IndexArray:
        """Return the positions that may no longer be taken once this one is. It is called once for each that is taken, in order."""


class Draft:
    """Takes candidates one by one and keeps the rules: none twice, no more than asked for, the guards' limits, the budget.

    A choice works in terms of positions among its candidates. It looks at `open`, calls `take`, and stops when the draft is `full`.

    Parameters
    ----------
    size : int
        Number of candidates n.
    count : int
        Most that may be taken.
    watch : callable
        Makes the watchers that close candidates as the batch grows.
    costs : ndarray of shape (n,), float64, or None
        What each candidate's label costs; given exactly if there is a budget.
    budget : float
        What all taken together may cost.
    checkpoint : callable
        Called at each take; raises `Cancelled` if the caller has gone.
    """

    def __init__(
        self,
        size: int,
        count: int,
        *,
        watch: Callable[[], Sequence[Watcher]] = tuple,
        costs: FloatArray | None = None,
        budget: float = np.inf,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        self.count = count
        self.costs = costs
        self.closures: list[tuple[str, IndexArray]] = []
        """Reasons, and the positions that were closed for them."""
        self._watch, self._budget, self._checkpoint = watch, budget, checkpoint
        self._watchers = watch()
        self._open = np.ones(size, bool)
        self._taken: list[int] = []
        self._gains: list[float] = []
        self._clusters: list[int] = []
        self._left = budget * (1 + BUDGET_TOLERANCE)
        self._close_unaffordable()
        for watcher in self._watchers:
            self._close(watcher.reason, watcher.closed_from_the_start())

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which candidates may still be taken, shape (n,). To be read only; it changes with every take."""
        return self._open

    @property
    def full(self) -> bool:
        """Whether nothing more can be taken: there are enough, or none is open."""
        return len(self._taken) >= self.count or not self._open.any()

    @property
    def bound(self) -> bool:
        """Whether anything but what was taken can close a candidate: a guard, or a budget."""
        return bool(self._watchers) or self.costs is not None

    @property
    def wanted(self) -> int:
        """How many may still be taken."""
        return self.count - len(self._taken)

    @property
    def taken(self) -> IndexArray:
        """Positions in the order they were taken."""
        return np.array(self._taken, np.int64)

    @property
    def gains(self) -> FloatArray | None:
        """What each added to the choice's objective when it was taken, NaN where it has no such number; None if none has."""
        gains = np.array(self._gains, np.float64)
        return None if np.isnan(gains).all() else gains

    @property
    def clusters(self) -> IndexArray | None:
        """The cluster that each was taken from, -1 for none; None if none has one."""
        clusters = np.array(self._clusters, np.int64)
        return None if (clusters == NO_CLUSTER).all() else clusters

    def take(self, position: int, *, gain: float = np.nan, cluster: int = NO_CLUSTER) -> IndexArray:
        """Take an open candidate.

        Parameters
        ----------
        position : int
        gain : float
            What it adds to the choice's objective, if the choice has one.
        cluster : int
            The cluster that it stands for, if the choice made any.

        Returns
        -------
        ndarray of int64
            All positions that this closed: its own, and what guards and budget close. Without either just its own.
        """
        self._checkpoint()
        position = int(position)
        if not self._open[position] or not self.wanted:
            raise AssertionError(f"position {position} is not open")
        self._append(position, gain, cluster)
        self._open[position] = False
        if not self.bound:
            return np.array([position])
        closed = [np.array([position])]
        closed += [self._close(watcher.reason, watcher.closed_by(position)) for watcher in self._watchers]
        if self.costs is not None:
            self._left -= float(self.costs[position])
            closed.append(self._close_unaffordable())
        return np.concatenate(closed)

    def trial(self) -> Draft:
        """Return an empty draft with the same rules, to try something out."""
        return Draft(len(self._open), self.count, watch=self._watch, costs=self.costs, budget=self._budget, checkpoint=self._checkpoint)

    def fill(self, order: IndexArray) -> None:
        """Take what is open in the given order until the draft is full."""
        if not self.bound:
            fitting = order[self._open[order]][: self.wanted]
            self._open[fitting] = False
            for position in fitting.tolist():
                self._append(position, np.nan, NO_CLUSTER)
            return
        for position in order.tolist():
            if not self.wanted:
                return
            if self._open[position]:
                self.take(position)

    def take_in_turns(self, queues: Sequence[tuple[int, Iterator[int]]]) -> None:
        """Take the next open position of one cluster after the other, round after round, until the draft is full.

        Parameters
        ----------
        queues : sequence of (int, iterator of int)
            Clusters in the order of their turns, and their positions in the order in which they are to be taken.
        """
        while queues:
            still = []
            for cluster, queue in queues:
                if self.full:
                    return
                position = next((member for member in queue if self._open[member]), None)
                if position is not None:
                    self.take(position, cluster=cluster)
                    still.append((cluster, queue))
            queues = still

    def close(self, positions: IndexArray) -> None:
        """Close candidates for reasons of the caller's own, which are not reported."""
        self._open[positions] = False

    def _append(self, position: int, gain: float, cluster: int) -> None:
        self._taken.append(position)
        self._gains.append(float(gain))
        self._clusters.append(int(cluster))

    def _close(self, reason: str, positions: IndexArray) -> IndexArray:
        newly = positions[self._open[positions]]
        if len(newly):
            self._open[newly] = False
            self.closures.append((reason, newly))
        return newly

    def _close_unaffordable(self) -> IndexArray:
        if self.costs is None:
            return np.empty(0, np.int64)
        dear = np.flatnonzero(self._open & (self.costs > self._left))
        self._open[dear] = False
        return dear
