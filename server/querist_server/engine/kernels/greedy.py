"""Greedy maximisation of a submodular objective without evaluating every candidate at every step.

A gain never rises as the set grows, so the gain that a candidate had at an earlier step bounds the one that it has now: only the candidates
with the highest bounds are evaluated again, in blocks, until no bound is above the best fresh gain (Minoux 1978). Some objectives know
cheaply by how much a gain has fallen at least; then most candidates are ruled out by that, and a few evaluated. Ties go to the lowest
position: gains that differ by no more than their rounding are equal, since a matrix product rounds one and the same row differently at
another place in its block.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, parallel

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

BLOCK_ROWS = 128
"""Candidates that are looked at together."""
FEW_ROWS = 16
"""Candidates that are evaluated together once their bounds are tight: mostly the first of them is the best."""


class Objective(ABC):
    """A monotone submodular function of the set that was taken."""

    @abstractmethod
    def gains(self, positions: IndexArray) -> FloatArray:
        """Return what each of these candidates would add now, shape (n,), 0 or more. Several threads may ask at once."""

    @abstractmethod
    def take(self, position: int) -> None:
        """Add a candidate to the set."""

    rounding: float = 0.0
    """Gains that differ by no more are equal."""
    tightens: ClassVar[bool] = False
    """Whether bounds can be tightened."""

    def tightened(self, positions: IndexArray, bounds: FloatArray, since: IndexArray) -> FloatArray:
        """Return bounds of what some candidates would add now, for less than it costs to evaluate them.

        Parameters
        ----------
        positions : ndarray of shape (n,)
        bounds : ndarray of shape (n,)
            What each would at most have added when the set had so many members:
        since : ndarray of shape (n,)
        """
        raise NotImplementedError


class Bounds:
    """Bounds of all gains, and how to find the largest gain by as few evaluations as possible.

    Parameters
    ----------
    objective : Objective
    size : int
        Number of candidates n.
    costs : ndarray of shape (n,) or None
        If given, gains are compared per cost.
    checkpoint : callable
    """

    def __init__(self, objective: Objective, size: int, costs: FloatArray | None, checkpoint: Callable[[], None]) -> None:
        self._objective, self._costs, self._checkpoint = objective, costs, checkpoint
        self._everyone = np.arange(size)
        self._rounding = np.full(size, objective.rounding) / (1 if costs is None else costs)
        self._taken = 0
        self._since = np.zeros(size, np.int64)
        self.gains = self._evaluated(self._everyone)

    def best(self, among: npt.NDArray[np.bool_]) -> int:
        """Return the candidate with the largest gain."""
        keys = self._keys()
        keys[~among] = -np.inf
        stale = among.copy()
        loose = stale & (self._since < self._taken) if self._objective.tightens else np.zeros_like(stale)
        best, winner = -np.inf, len(keys)
        while True:
            may_win = np.where(self._everyone < winner, keys >= best - self._rounding, keys > best + self._rounding)
            contenders = np.flatnonzero(stale & may_win)
            if not len(contenders):
                return winner
            if best == -np.inf or not self._objective.tightens:
                contenders = _highest(contenders, keys, BLOCK_ROWS)
            if len(some := contenders[loose[contenders]]):
                self._lower(some, self._objective.tightened(some, self.gains[some], self._since[some]))
                keys[some] = self._keys(some)
                loose[some] = False
            if self._objective.tightens:
                contenders = _highest(contenders, keys, FEW_ROWS)
            self._lower(contenders, self._evaluated(contenders))
            stale[contenders] = False
            fresh = keys[contenders] = self._keys(contenders)
            position = int(contenders[(fresh >= fresh.max() - self._rounding[contenders]).argmax()])
            ahead = keys[position] - best
            if ahead > self._rounding[position] or (ahead >= -self._rounding[position] and position < winner):
                best, winner = float(keys[position]), position

    def take(self, position: int) -> None:
        """Add a candidate to the set."""
        self._objective.take(position)
        self._taken += 1

    def _lower(self, positions: IndexArray, bounds: FloatArray) -> None:
        self.gains[positions] = np.minimum(self.gains[positions], bounds)
        self._since[positions] = self._taken

    def _keys(self, positions: IndexArray | None = None) -> FloatArray:
        at = self._everyone if positions is None else positions
        return self.gains[at] if self._costs is None else self.gains[at] / self._costs[at]

    def _evaluated(self, positions: IndexArray) -> FloatArray:
        gains = np.empty(len(positions))

        def evaluate(some: slice) -> None:
            gains[some] = self._objective.gains(positions[some])

        parallel.each(evaluate, parallel.pieces(len(positions), BLOCK_ROWS), self._checkpoint)
        return gains


def best(objective: Callable[[], Objective], draft: Draft, size: int, checkpoint: Callable[[], None]) -> float | None:
    """Fill the draft greedily, within its budget if it has one; return the share of the best possible that is surely reached, if known.

    Parameters
    ----------
    objective : callable
        Makes the objective of an empty set.
    draft : Draft
    size : int
        Number of candidates.
    checkpoint : callable
    """
    if draft.costs is None:
        return exact(objective(), draft, size, checkpoint)
    within_budget(objective, draft, size, checkpoint)
    return None


def exact(objective: Objective, draft: Draft, size: int, checkpoint: Callable[[], None], *, per_cost: bool = False) -> float | None:
    """Take the largest gain, again and again, until the draft is full.

    Returns
    -------
    float or None
        The share of the best possible objective that is surely reached: what was reached over what was reached plus as many of the largest
        gains as the draft may hold, for no other set can add more than these. None with a budget, or if all gains are 0.
    """
    bounds = Bounds(objective, size, draft.costs if per_cost else None, checkpoint)
    reached = 0.0
    while not draft.full:
        position = bounds.best(draft.open)
        gain = float(bounds.gains[position])
        draft.take(position, gain=gain)
        bounds.take(position)
        reached += gain
    return _guarantee(reached, bounds.gains, draft)


def within_budget(objective: Callable[[], Objective], draft: Draft, size: int, checkpoint: Callable[[], None]) -> None:
    """Take the better of two greedy runs, by gain and by gain per cost: at least (1 - 1/e) / 2 of the best (Leskovec et al., KDD 2007).

    Both runs begin with an empty set, so that `objective` makes two objectives.
    """
    trials = []
    for per_cost in (False, True):
        trial = draft.trial()
        exact(objective(), trial, size, checkpoint, per_cost=per_cost)
        trials.append((trial, 0.0 if trial.gains is None else float(trial.gains.sum())))
    (plain, by_gain), (thrifty, by_cost) = trials
    better = thrifty if by_cost > by_gain else plain
    gains = better.gains
    for number, position in enumerate(better.taken.tolist()):
        draft.take(position, gain=np.nan if gains is None else float(gains[number]))


def stochastic(objective: Objective, draft: Draft, size: int, loss: float, seed: int, checkpoint: Callable[[], None]) -> None:
    """Take the largest gain of a random subset, again and again (Mirzasoleiman et al., AAAI 2015)."""
    draws = int(np.ceil(size / draft.count * np.log(1 / loss)))
    step = 0
    while not draft.full:
        checkpoint()
        may = np.flatnonzero(draft.open)
        uniform = noise.uniform(seed, noise.Purpose.SUBSET, np.arange(step * draws, (step + 1) * draws))
        drawn = np.unique(may[(uniform * len(may)).astype(np.int64)])
        gains = np.concatenate([objective.gains(drawn[start : start + BLOCK_ROWS]) for start in range(0, len(drawn), BLOCK_ROWS)])
        best = int(gains.argmax())
        draft.take(int(drawn[best]), gain=float(gains[best]))
        objective.take(int(drawn[best]))
        step += 1


def _highest(positions: IndexArray, keys: FloatArray, most: int) -> IndexArray:
    """Return the positions with the highest keys, at most so many, ties to the lowest."""
    if len(positions) <= most:
        return positions
    least = np.partition(keys[positions], len(positions) - most)[len(positions) - most]
    above = positions[keys[positions] > least]
    return np.sort(np.concatenate((above, positions[keys[positions] == least][: most - len(above)])))


def _guarantee(reached: float, gains: FloatArray, draft: Draft) -> float | None:
    """Return the share of the best possible objective that is surely reached, for a draft without a budget."""
    if not reached or draft.costs is not None:
        return None
    rest = np.delete(gains, draft.taken)
    most = np.partition(rest, len(rest) - draft.count)[len(rest) - draft.count :] if len(rest) > draft.count else rest
    return reached / (reached + float(most.sum()))
