"""What a batch of labels could turn out to be, and what each outcome would make of the committee's weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import noise, parallel

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

CELLS_AT_A_TIME = 2**18
"""Outcomes x candidates x classes of one block."""


class Outcomes:
    """Combinations of labels of the instances that were taken: all of them while they are few, then draws.

    Parameters
    ----------
    weights : ndarray of shape (K,)
        Of the members, summing to 1.
    most : int
        How many combinations there may be, and how many are drawn beyond.
    seed : int
    """

    def __init__(self, weights: FloatArray, most: int, seed: int) -> None:
        self._weights, self._most, self._seed = weights, most, seed
        self._posteriors: FloatArray = weights[None].copy()
        """The members' weights after each outcome, shape (M, K)."""
        self._chances: FloatArray = np.ones(1)
        self._taken: list[tuple[FloatArray, int]] = []
        self._drawn = False
        self._member = np.empty(0, np.int64)

    def add(self, members: FloatArray, row: int) -> None:
        """Take an instance.

        Parameters
        ----------
        members : ndarray of shape (K, C)
            What each member says of it.
        row : int
            Its row index, by which draws are keyed.
        """
        self._taken.append((members, row))
        if self._drawn:
            self._draw(members, row)
        elif len(self._chances) * members.shape[1] <= self._most:
            together = self._posteriors[:, None, :] * members.T
            self._update(together.reshape(-1, len(members)), np.repeat(self._chances, members.shape[1]))
        else:
            self._begin_to_draw()

    def highest(
        self, members: Array, settled: FloatArray, among: npt.NDArray[np.bool_], checkpoint: Callable[[], None]
    ) -> tuple[int, float]:
        """Return the candidate whose open entropy is most above what is settled, the first of equals, and by how much, at least 0.

        Numbers of float32 take half of the time, and are good enough to tell which candidates are too far behind.

        Parameters
        ----------
        members : ndarray of shape (n, K, C)
        settled : ndarray of shape (n,)
        among : ndarray of shape (n,)
            Which of them may be returned.
        checkpoint : callable
        """
        rough = np.where(among, self.open_entropy(members, checkpoint, np.float32) - settled, -np.inf)
        _, count, classes = members.shape
        off = (
            (count + len(self._chances) + 8) * float(np.finfo(np.float32).eps) * (1 + np.log(classes))
        )  # the longest sums, all rounded alike
        near = np.flatnonzero(among & (rough >= rough.max() - 2 * off) if rough.max() > off else among)
        gains = np.maximum(self.open_entropy(members[near], checkpoint) - settled[near], 0)  # rounding alone leads below
        return int(near[gains.argmax()]), float(gains.max())

    def open_entropy(self, members: Array, checkpoint: Callable[[], None], dtype: npt.DTypeLike = np.float64) -> FloatArray:
        """Return the mean over the outcomes of the entropy of each candidate's label, (n,), in nats, of members (n, K, C)."""
        count, _, classes = members.shape
        entropy = np.empty(count)
        step = max(1, CELLS_AT_A_TIME // (len(self._chances) * classes))
        posteriors, chances = self._posteriors.astype(dtype, copy=False), self._chances.astype(dtype, copy=False)
        tiny = np.finfo(posteriors.dtype).tiny

        def measure(rows: slice) -> None:
            some = np.ascontiguousarray(np.moveaxis(members[rows], 1, 0), dtype)
            shares = posteriors @ some.reshape(len(some), -1)
            shares *= np.log(shares + tiny)
            entropy[rows] = -(chances @ shares).reshape(-1, classes).sum(axis=1)

        parallel.each(measure, parallel.pieces(count, step), checkpoint)
        return entropy

    def _update(self, together: FloatArray, chances: FloatArray) -> None:
        """Weigh the members anew by what they thought likely; outcomes that nobody thinks possible are dropped."""
        likely = together.sum(axis=1)
        possible = likely > 0
        self._posteriors = together[possible] / likely[possible, None]
        self._chances = chances[possible] if self._drawn else (chances * likely)[possible]

    def _begin_to_draw(self) -> None:
        self._drawn = True
        quantiles = (np.arange(self._most) + 0.5) / self._most
        self._member = np.minimum(np.searchsorted(np.cumsum(self._weights), quantiles), np.flatnonzero(self._weights)[-1])
        self._posteriors = np.repeat(self._weights[None], self._most, axis=0)
        self._chances = np.full(self._most, 1 / self._most)
        for members, row in self._taken:
            self._draw(members, row)

    def _draw(self, members: FloatArray, row: int) -> None:
        """Let the member behind each outcome draw the label of an instance."""
        draws = noise.uniform(self._seed, noise.Purpose.OUTCOMES, np.int64(row) * self._most + np.arange(self._most))
        ends = np.cumsum(members / members.sum(axis=1, keepdims=True), axis=1)[self._member]
        labels = np.minimum((draws[:, None] > ends).sum(axis=1), members.shape[1] - 1)
        self._update(self._posteriors * members.T[labels], self._chances)
