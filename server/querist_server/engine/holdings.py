"""All that is held of the rows that have streamed past: what the plan will choose from, and what is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import keeping
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.keep import Best, Columns, Everything, Gather, Kept
from querist_server.engine.kernels import noise
from querist_server.engine.part import FloatArray, IndexArray, Need, PoolScore, RowChoice, Suspects
from querist_server.engine.pool import Block, Context
from querist_server.engine.quarantine import Quarantine
from querist_server.engine.set_score import SetScore
from querist_server.engine.statistics import ScoreStatistics
from querist_server.engine.task import Limits, Task

SCORE_PIECE_ROWS = 131_072
"""Rows of one piece of the pool's scores, about 1 MiB."""


@dataclass(frozen=True)
class Scored:
    """A block with what was found of its rows.

    Attributes
    ----------
    block : Block
    candidates : ndarray of shape (n,)
        Positions in the block of the rows that may be chosen.
    measured : ndarray of shape (n,) or (n, P)
        Their scores, or the raw numbers of a pool score.
    factors : dict of str to ndarray of shape (n,)
        By name, the factors of the weights that are known row by row.
    suspects : list of Suspects
        What guards put aside; positions in the block.
    suspects_measured : ndarray
        The scores of all suspects, in the order of the list.
    """

    block: Block
    candidates: IndexArray
    measured: FloatArray
    factors: dict[str, FloatArray]
    suspects: list[Suspects]
    suspects_measured: FloatArray


class Holdings:
    """Folds scored blocks, in row order.

    A plan that values each row by itself and takes the highest keeps only as many rows as it takes; one that prefilters keeps that many;
    any other keeps every candidate. Of a kept row only the columns are kept that the answer or the choice needs.
    """

    def __init__(self, task: Task, context: Context, limits: Limits) -> None:
        self.statistics = ScoreStatistics()
        self.quarantine = Quarantine()
        self.candidates = 0
        self.excluded = 0
        self.saturated = 0
        self._task, self._context, self._limits = task, context, limits
        capacity = keeping.capacity(task)
        self.keeps_all = capacity is None
        self.settles_late = isinstance(task.plan.score, (PoolScore, SetScore)) or any(guard.looks_at_pool for guard in task.plan.guards)
        self._chosen_from: Kept = Everything() if capacity is None else Best(capacity)
        self._drawn_from = Best(0 if capacity is None else task.random_count)
        self._audited_from = Best(task.audit_count)
        self._columns = keeping.columns_wanted(task)
        self._keys: list[IndexArray] = []
        self._scores: list[tuple[int, FloatArray]] = []

    @property
    def bytes(self) -> int:
        """Bytes held at the moment."""
        loose = sum(keys.nbytes for keys in self._keys) + sum(scores.nbytes for _, scores in self._scores)
        return self._chosen_from.bytes + self._drawn_from.bytes + self._audited_from.bytes + loose

    def add(self, scored: Scored) -> None:
        """Take a scored block, the next rows of the pool."""
        block, positions, measured = scored.block, scored.candidates, scored.measured
        self._count(scored)
        rows = block.first_row + positions
        gather = self._gatherer(block, positions, measured, scored.factors)
        if self._task.random_count and not self.keeps_all:
            self._drawn_from.add(noise.uniform(self._context.seed, noise.Purpose.RANDOM_SHARE, rows), rows, gather)
        self._chosen_from.add(self._values(measured, scored.factors, rows), rows, gather)
        if self._task.audit_count:
            self._audit(scored)
        if not self.settles_late:
            self.settle(block.first_row, block.length, positions, measured)
        if self.bytes > self._limits.max_kept_bytes:
            message = (
                f"this plan holds {self.bytes} bytes of its pool by row {block.first_row + block.length}; this server's max_kept_bytes is "
                f"{self._limits.max_kept_bytes}. A plan with a prefilter, or a per-row score with the choice top, keeps only its best rows."
            )
            raise LimitError(message, limit="max_kept_bytes", allowed=self._limits.max_kept_bytes)

    def settle(self, first_row: int, length: int, positions: IndexArray, scores: FloatArray) -> None:
        """Count the final scores of some of consecutive rows, and put them aside for the caller if asked for, NaN for the others."""
        self.statistics.add(scores)
        if self._task.keep_scores:
            piece = np.full(length, np.nan)
            piece[positions] = scores
            self._scores += [(first_row + start, piece[start : start + SCORE_PIECE_ROWS]) for start in range(0, length, SCORE_PIECE_ROWS)]

    def candidates_kept(self) -> Columns:
        """Hand over the columns of the rows that the plan chooses from, by rising row index."""
        return self._chosen_from.columns()

    def rows_drawn(self) -> Columns:
        """Return the columns of the rows of the random share, by rising row index, unless every candidate is kept."""
        return self._drawn_from.columns()

    def rows_to_audit(self) -> Columns:
        """Return the columns of rows that were drawn from what row guards put aside, by rising row index."""
        return self._audited_from.columns()

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

    def _count(self, scored: Scored) -> None:
        block = scored.block
        self.candidates += len(scored.candidates)
        for suspects in scored.suspects:
            self.quarantine.add(suspects, block.first_row + suspects.positions)
        self.excluded += block.length - len(scored.candidates) - sum(len(suspects.positions) for suspects in scored.suspects)
        if Need.PROBABILITIES in self._task.plan.needs:
            self.saturated += _saturated(block.probabilities)
        if block.keys is not None:
            self._keys.append(block.keys.astype(np.int64))

    def _audit(self, scored: Scored) -> None:
        start = 0
        for suspects in scored.suspects:
            stop = start + len(suspects.positions)
            if suspects.reason != "NO_VOTES":
                rows = scored.block.first_row + suspects.positions
                gather = self._gatherer(scored.block, suspects.positions, scored.suspects_measured[start:stop], {})
                self._audited_from.add(noise.uniform(self._context.seed, noise.Purpose.AUDIT, rows), rows, gather)
            start = stop

    def _values(self, measured: FloatArray, factors: dict[str, FloatArray], rows: IndexArray) -> FloatArray:
        """Return what rows are kept by; zeros where all are kept."""
        if self.keeps_all:
            return np.zeros(len(measured))
        values = weighted(measured, factors.values(), rows)
        choice = self._task.plan.choice
        if isinstance(choice, RowChoice) and self._task.plan.prefilter is None:
            return choice.value(values, rows, self._context)
        return values

    def _gatherer(self, block: Block, positions: IndexArray, measured: FloatArray, factors: dict[str, FloatArray]) -> Gather:
        def gather(among: IndexArray) -> Columns:
            at = positions[among]
            columns: dict[str, npt.NDArray[Any]] = {"score" if measured.ndim == 1 else "raw": measured[among]}
            columns |= {f"factor.{name}": factor[among] for name, factor in factors.items()}
            if block.has_predictions:
                labels, confidences = block.leading_of(at)
                columns["confidence"] = confidences.astype(np.float64)
                columns["label"] = labels.astype(np.int32)
            if block.keys is not None:
                columns["key"] = block.keys[at].astype(np.int64)
            if block.costs is not None:
                columns["cost"] = block.costs[at]
            for name in self._columns:
                column = getattr(block, name)
                if column is not None:
                    columns[name] = column[at]
            if block.uncalibrated is not None:
                columns["uncalibrated"] = block.uncalibrated[at]
            if isinstance(self._task.plan.score, SetScore):
                columns |= {name: column[at] for name, column in self._task.plan.score.columns(block).items()}
            for guard in self._task.plan.guards:
                columns |= {name: column[at] for name, column in guard.pool_columns(block, self._context).items()}
            return columns

        return gather


def weighted(scores: FloatArray, factors: Iterable[FloatArray], rows: IndexArray) -> FloatArray:
    """Return scores times factors.

    Raises
    ------
    EngineError
        If there are factors and a score is negative, for which a factor would turn the order round.
    """
    values = scores
    for factor in factors:
        if values is scores and (scores < 0).any():
            position = int((scores < 0).argmax())
            message = f"a score is {scores[position]:g}; weights multiply scores of 0 or more"
            raise EngineError("SCORE_NEGATIVE", message, field="plan.weights", row=int(rows[position]))
        with np.errstate(over="ignore"):  # overflow is refused once all candidates are there
            values = values * factor
    return values


def _saturated(probabilities: npt.NDArray[Any]) -> int:
    """Return how many probabilities are 1: at most one a row, since a row sums to 1."""
    if probabilities.max(initial=0.0) < 1.0:  # one quick pass, and mostly the only one
        return 0
    return int(np.count_nonzero(probabilities == 1.0))
