"""The point farthest from a growing set of centres, found exactly by few exact distances.

A distance to the nearest centre never rises as centres are added, so that what it was bounds what it is. Bounds come from inner products,
a matrix product for many centres at once, and allow for their rounding; distances as such are measured, by differences, of the few points
alone whose bounds are above all others. The points with the highest bounds are listed: as long as the farthest is at least as far as
everything that is not listed may be, new centres are compared with the list alone. Then the next points by their bounds are compared with
what they missed; most points never are, since the farthest is farther than they were long ago.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import parallel
from querist_server.engine.kernels.distances import BLOCK_BYTES, Places, nearest_of, squared_to

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

LISTED = 1024
"""Points of a list, and so about how many may fall behind before others must be looked at."""
LOOKED_AT = 4
"""Points that are compared with the centres that they missed, in lists; twice as many each time that did not suffice."""


class Farthest:
    """Finds the farthest point from a growing set of centres.

    Parameters
    ----------
    points : ndarray of shape (n, D), float32 or float64
    checkpoint : callable
        Called between blocks.
    """

    def __init__(self, points: Array, checkpoint: Callable[[], None]) -> None:
        self._points, self._checkpoint = points, checkpoint
        self._middle = _middle(points)
        self._slack = (2 * points.shape[1] + 16) * float(np.finfo(points.dtype).eps)
        self._underflow = 8 * points.shape[1] * float(np.finfo(points.dtype).tiny)
        self._bounds = np.full(len(points), np.inf)
        self._measured = np.zeros(len(points), np.int64)  # by how many centres the bound is a distance
        self._heeded = np.zeros(len(points), np.int64)  # by how many centres the bound was lowered
        self._centres, self._moved = Places(points[:0]), Places(points[:0])
        self._listed, self._least = np.empty(0, np.int64), np.inf
        self._listed_rows: Array | None = None
        self.begun = False
        """Whether there is a centre."""

    def start(self, centres: Array) -> None:
        """Begin with many centres at once, (m, D)."""
        self._bounds, _ = nearest_of(self._points, centres, self._checkpoint)
        self.begun = True

    def add(self, centre: Array) -> None:
        """Add a centre (D,)."""
        self._centres.add(centre)
        self._moved.add(self._from_middle(centre))
        self.begun = True

    def find(self, among: npt.NDArray[np.bool_]) -> tuple[int, float]:
        """Return the farthest of some points, the lowest position of equals, and its squared distance to the nearest centre.

        Parameters
        ----------
        among : ndarray of shape (n,), bool
            Which points; at least one, and never one that was not among them before.
        """
        self._heed_in_list()
        position, squared = self._best(among)
        if squared < self._least:
            self._list(among)
            position, squared = self._best(among)
        if squared < self._least:  # the bounds are too loose to tell
            self._heed(np.flatnonzero(among & (self._bounds >= squared)))
            self._list_at(np.flatnonzero(among & (self._bounds >= squared)), squared)
            position, squared = self._best(among)
        return position, squared

    def _best(self, among: npt.NDArray[np.bool_]) -> tuple[int, float]:
        """Return the farthest listed point and its squared distance; minus infinity if none is among them."""
        listed = self._listed
        bounds = np.where(among[listed], self._bounds[listed], -np.inf)
        known = (self._measured[listed] == len(self._centres)) | (bounds <= 0)  # nothing is nearer than 0
        best, together = bounds[known].max(initial=-np.inf), 1
        while len(may_be := np.flatnonzero(~known & (bounds >= best))):
            if len(may_be) > together:
                highest = np.argpartition(bounds[may_be], -together)[-together:] if together > 1 else [bounds[may_be].argmax()]
                may_be = may_be[highest]
            self._measure(listed[may_be])
            bounds[may_be] = self._bounds[listed[may_be]]
            known[may_be] = True
            best, together = max(best, bounds[may_be].max()), 2 * together
        if best == -np.inf:
            return -1, best
        return int(listed[(known & (bounds == best)).argmax()]), float(best)

    def _measure(self, positions: IndexArray) -> None:
        """Make the bounds of some points distances."""
        since = self._measured[positions]
        if len(positions) < len(self._centres) - since.min():
            for position, first in zip(positions.tolist(), since.tolist(), strict=True):
                squared = squared_to(self._centres.points[first:], self._points[position], self._checkpoint).min(initial=np.inf)
                self._bounds[position] = min(self._bounds[position], squared)
        else:
            for number in range(since.min(), len(self._centres)):
                some = positions[since <= number]
                squared = squared_to(self._points, self._centres.points[number], self._checkpoint, some)
                self._bounds[some] = np.minimum(self._bounds[some], squared)
        self._measured[positions] = len(self._centres)

    def _list(self, among: npt.NDArray[np.bool_]) -> None:
        """List the points with the highest bounds once these heed all centres."""
        bounds = np.where(among, self._bounds, -np.inf)
        looked_at = LOOKED_AT * LISTED
        while True:
            least = _of_rank(bounds, LISTED)
            if (self._heeded[among & (bounds >= least)] == len(self._centres)).all():
                break
            some = np.flatnonzero(among & (bounds >= _of_rank(bounds, looked_at)))
            self._heed(some)
            bounds[some] = self._bounds[some]
            looked_at *= 2
        self._list_at(np.flatnonzero(among & (bounds >= least)), least)

    def _list_at(self, listed: IndexArray, least: float) -> None:
        """List points whose bounds heed all centres; the bounds of all others are below `least`."""
        self._listed, self._least = listed, least
        self._listed_rows = None
        if len(listed) <= 4 * LISTED:  # of a long list, which equal points make, no copy is held: it may be the pool
            self._listed_rows = self._from_middle(self._points[listed])
            self._listed_lengths = _squares(self._listed_rows)

    def _heed_in_list(self) -> None:
        """Lower the bounds of the list by the centres that came since."""
        if self._listed_rows is None or not len(self._listed):
            return
        new = self._moved.points[self._heeded[self._listed[0]] :]
        if len(new):
            bounds = self._bounds[self._listed]
            self._bounds[self._listed] = np.fmin(bounds, self._within(self._listed_rows, self._listed_lengths, new))
            self._heeded[self._listed] = len(self._centres)

    def _heed(self, positions: IndexArray) -> None:
        """Lower the bounds of some points by the centres that they were not compared with."""
        late = positions[self._heeded[positions] < len(self._centres)]
        order = late[np.argsort(self._heeded[late], kind="stable")]  # so that the points of a block have missed about the same centres
        most = len(self._centres) - int(self._heeded[late].min(initial=len(self._centres)))
        rows = max(1, BLOCK_BYTES // (self._points.itemsize * max(most, self._points.shape[1])))

        def lower(some: slice) -> None:
            at = order[some]
            moved = self._from_middle(self._points[at])
            bounds = self._within(moved, _squares(moved), self._moved.points[self._heeded[at[0]] :])
            self._bounds[at] = np.fmin(self._bounds[at], bounds)

        parallel.each(lower, parallel.pieces(len(order), rows), self._checkpoint)
        self._heeded[late] = len(self._centres)

    def _from_middle(self, points: Array) -> Array:
        return points if self._middle is None else points - self._middle

    @np.errstate(over="ignore", invalid="ignore")  # what overflows bounds nothing, and is passed over
    def _within(self, moved: Array, lengths: FloatArray, centres: Array) -> FloatArray:
        """Return what the squared distance of rows (n, D) to the nearest of some centres (m, D) is at most; NaN where that overflows.

        With S = |x|^2 + |c|^2 about the middle, the rounding of products and squares adds up to at most 2 D eps S, and that of moving the
        rows and of subtracting to less than 16 eps S (Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapter 3). Where
        products vanish, each errs by less than the smallest normal number.
        """
        squares = np.einsum("ij,ij->i", centres, centres)
        nearest = (squares[:, None] / 2 - centres @ moved.T).min(axis=0).astype(np.float64)
        return lengths + 2 * nearest + self._slack * (lengths + float(squares.max())) + self._underflow


def _squares(rows: Array) -> FloatArray:
    return np.einsum("ij,ij->i", rows, rows).astype(np.float64)


def _of_rank(values: FloatArray, rank: int) -> float:
    """Return the value that so many are at least as high as; minus infinity if there are not so many."""
    return float(np.partition(values, -rank)[-rank]) if len(values) > rank else -np.inf


def _middle(points: Array) -> Array | None:
    """Return about where the middle of the points is, (D,); None if the origin is so near to it that bounds are as tight from there."""
    some = points[:: max(1, len(points) // 1024)].astype(np.float64)
    middle = some.mean(axis=0)
    if 4 * np.square(middle).sum() <= np.square(some).sum() / len(some):
        return None
    return middle.astype(points.dtype)
