"""All that is held of the rows that have streamed past: what the plan will choose from, and what is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.keep import Columns, Gather, Keep
from querist_server.engine.kernels import noise
from querist_server.engine.part import FloatArray, IndexArray, Need, PoolScore, RowChoice
from querist_server.engine.pool import Block, Context
from querist_server.engine.statistics import ScoreStatistics
from querist_server.engine.task import Limits, Task

MOST_GUARDED = 10_000
"""How many guarded rows are named; all are counted."""
SCORE_PIECE_ROWS = 131_072
"""Rows of one piece of the pool's scores, about 1 MiB."""


class Holdings:
    """Folds scored blocks, in row order.

    A plan that values each row by itself and takes the highest keeps only as many rows as it takes; one that prefilters keeps that many;
    any other keeps every candidate. Of a kept row only the columns are kept that the answer or the choice needs.
    """

    def __init__(self, task: Task, context: Context, limits: Limits) -> None:
        self.statistics = ScoreStatistics()
        self.candidates = 0
        self.excluded = 0
        self.saturated = 0
        self.guarded_total = 0
        self.guarded: list[int] = []
        self._task, self._context, self._limits = task, context, limits
        self._chosen_from = Keep(_capacity(task))
        self._drawn_from = Keep(task.random_count)
        self._keys: list[IndexArray] = []
        self._scores: list[tuple[int, FloatArray]] = []

    @property
    def bytes(self) -> int:
        """Bytes held at the moment."""
        loose = sum(keys.nbytes for keys in self._keys) + sum(scores.nbytes for _, scores in self._scores)
        return self._chosen_from.bytes + self._drawn_from.bytes + loose

    def add(self, block: Block, positions: IndexArray, measured: FloatArray) -> None:
        """Take a scored block.

        Parameters
        ----------
        block : Block
            The next rows of the pool.
        positions : ndarray of shape (n,)
            Positions in the block of the candidates.
        measured : ndarray of shape (n,) or (n, P)
            Their scores, or the raw numbers of a pool score.
        """
        self._count(block, positions)
        rows = block.first_row + positions
        gather = _gatherer(block, positions, measured, self._task.plan.choice.needs)
        if self._task.random_count:
            self._drawn_from.add(noise.uniform(self._context.seed, noise.Purpose.RANDOM_SHARE, rows), rows, gather)
        self._chosen_from.add(self._values(measured, rows), rows, gather)
        if measured.ndim == 1:
            self.statistics.add(measured)
            if self._task.keep_scores:
                self.hold_scores(block.first_row, block.length, positions, measured)
        if self.bytes > self._limits.max_kept_bytes:
            message = (
                f"this plan holds {self.bytes} bytes of its pool by row {block.first_row + block.length}; this server's max_kept_bytes is "
                f"{self._limits.max_kept_bytes}. A plan with a prefilter, or a per-row score with the choice top, keeps only its best rows."
            )
            raise LimitError(message, limit="max_kept_bytes", allowed=self._limits.max_kept_bytes)

    def candidates_kept(self) -> Columns:
        """Return the columns of the rows that the plan chooses from, by rising row index."""
        return self._chosen_from.columns()

    def rows_drawn(self) -> Columns | None:
        """Return the columns of the rows of the random share, by rising row index; None if there is none."""
        return self._drawn_from.columns() if self._task.random_count else None

    def hold_scores(self, first_row: int, length: int, positions: IndexArray, scores: FloatArray) -> None:
        """Put the scores of consecutive rows aside for the caller, NaN for all but the given positions."""
        piece = np.full(length, np.nan)
        piece[positions] = scores
        self._scores += [(first_row + start, piece[start : start + SCORE_PIECE_ROWS]) for start in range(0, length, SCORE_PIECE_ROWS)]

    def take_scores(self) -> list[tuple[int, FloatArray]]:
        """Hand over the scores that were put aside."""
        taken, self._scores = self._scores, []
        return taken

    def check_keys(self) -> None:
        """Refuse two rows with one key."""
        if not self._keys:
            return
        keys = np.concatenate(self._keys)
        order = np.argsort(keys, kind="stable")
        repeats = order[1:][keys[order[1:]] == keys[order[:-1]]]
        if len(repeats):
            row = int(repeats.min())
            message = f"the key {keys[row]} of this row has come before; no two keys may be equal"
            raise EngineError("KEY_DUPLICATE", message, field="keys", row=row)

    def _count(self, block: Block, positions: IndexArray) -> None:
        self.candidates += len(positions)
        if len(positions) < block.length:
            out = np.ones(block.length, bool)
            out[positions] = False
            voiceless = np.flatnonzero(out & ~block.scorable & ~_marked(block, self._task))
            self.guarded_total += len(voiceless)
            self.guarded += (block.first_row + voiceless[: MOST_GUARDED - len(self.guarded)]).tolist()
            self.excluded += block.length - len(positions) - len(voiceless)
        if Need.PROBABILITIES in self._task.plan.needs:
            self.saturated += int(np.count_nonzero(block.probabilities == 1.0))
        if block.keys is not None:
            self._keys.append(block.keys.astype(np.int64))

    def _values(self, measured: FloatArray, rows: IndexArray) -> FloatArray:
        choice = self._task.plan.choice
        if measured.ndim > 1:
            return np.zeros(len(measured))
        if isinstance(choice, RowChoice) and self._task.plan.prefilter is None:
            return choice.value(measured, rows, self._context)
        return measured


def _capacity(task: Task) -> int | None:
    """Return how many rows the plan must be able to choose from; None for all."""
    if isinstance(task.plan.score, PoolScore) or task.count is None:
        return None
    if task.plan.prefilter is not None:
        return task.plan.prefilter + task.random_count
    return task.count if isinstance(task.plan.choice, RowChoice) else None


def _gatherer(block: Block, positions: IndexArray, measured: FloatArray, needs: frozenset[Need]) -> Gather:
    def gather(among: IndexArray) -> Columns:
        at = positions[among]
        columns: dict[str, npt.NDArray[Any]] = {"score" if measured.ndim == 1 else "raw": measured[among]}
        if block.predictions is not None:
            predictions = block.predictions[at]
            columns["confidence"] = predictions.max(axis=1).astype(np.float64)
            columns["label"] = predictions.argmax(axis=1).astype(np.int32)
        if block.keys is not None:
            columns["key"] = block.keys[at].astype(np.int64)
        if Need.EMBEDDINGS in needs and block.embeddings is not None:
            columns["embeddings"] = block.embeddings[at]
        if Need.PROBABILITIES in needs:
            columns["probabilities"] = block.probabilities[at]
        return columns

    return gather


def _marked(block: Block, task: Task) -> npt.NDArray[np.bool_]:
    """Return which rows the caller excluded by mark or index."""
    marked = np.zeros(block.length, bool) if block.excluded is None else block.excluded.copy()
    if task.exclude_indices is not None:
        marked |= np.isin(block.rows, task.exclude_indices)
    return marked
