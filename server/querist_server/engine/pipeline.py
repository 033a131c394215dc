"""The pipeline: rows in, a selection out, one stage after the other.

    feed:    cut -> check -> guard -> score -> weigh -> keep             block by block, as rows arrive
    finish:  guard -> combine -> weigh -> draw -> choose -> annotate -> advise     once, on what was kept

A `Run` holds one selection. Rows may be fed in any pieces: they are cut to one grid before any arithmetic (`grid`), scored block by block
and folded in row order, so the answer does not depend on the pieces.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import auto, choosing, draws, grid, intake, shape
from querist_server.engine.auto import AutoChoice
from querist_server.engine.calibrations.temperature import Temperature
from querist_server.engine.costing import CostModel
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.following import Following
from querist_server.engine.holdings import Holdings, Scored
from querist_server.engine.part import FloatArray, IndexArray, RowWeight, Suspects
from querist_server.engine.pool import Block, Context, Side
from querist_server.engine.selection import Selection, Statistics
from querist_server.engine.side import SideIntake
from querist_server.engine.stages import Stages
from querist_server.engine.task import Limits, Task
from querist_server.engine.work import Work

__all__ = ["AutoChoice", "Limits", "Run", "Selection", "Statistics", "Task"]

Columns = dict[str, Any]
"""Arrays, or `Ragged` parts, by name."""


class Run:
    """One selection while its rows arrive. Not thread-safe: feed and finish it from one thread at a time.

    Parameters
    ----------
    task : Task
        What is asked for.
    limits : Limits
        The largest pool that is accepted.
    checkpoint : callable
        Called between blocks and picks; raises `Cancelled` if the caller has gone.
    hold : callable
        Told how many bytes a part is about to hold beside the rows; raises if there are not so many.
    stages : Stages, optional
        Where it is noted how long scoring and choosing take.
    """

    def __init__(
        self,
        task: Task,
        limits: Limits,
        *,
        checkpoint: Callable[[], None] = lambda: None,
        hold: Callable[[float], None] = lambda _: None,
        stages: Stages | None = None,
    ) -> None:
        self.rows_received = 0
        self.rows_scored = 0
        self.task = task if task.auto else task.with_plan(task.plan)
        self.auto_choice: AutoChoice | None = None
        self.work = Work(limits.max_score_cells, limits.max_kept_bytes, hold)
        self._limits, self._checkpoint = limits, checkpoint
        self._side = SideIntake(limits)
        self._excluded_rows = np.unique(task.exclude_indices) if task.exclude_indices is not None else np.empty(0, np.int64)
        self._all_positions = np.arange(0)
        self._shape: shape.Shape | None = None
        self._following: Following | None = None
        self._stages = stages or Stages()

    @property
    def bytes_kept(self) -> int:
        """Bytes that are held for the rows that have streamed past, and for what was sent beside the pool."""
        following = 0 if self._following is None else self._following.bytes
        return self._side.bytes + following + (self._holdings.bytes if self._shape is not None else 0)

    def beside(self, columns: dict[str, Any]) -> None:
        """Take what is sent beside the pool, or a piece of it, before the first rows.

        Parameters
        ----------
        columns : dict of str to ndarray
            By path below the contract's `Side`, such as "labelled.embeddings".

        Raises
        ------
        EngineError
            If pieces do not fit each other.
        """
        self._side.add(columns)

    def feed(self, columns: Columns) -> None:
        """Take the next rows.

        Parameters
        ----------
        columns : dict of str to ndarray
            Row axis first, all of one length; the same names, types and row shapes at every call.

        Raises
        ------
        EngineError
            If the columns or a value are not what the contract allows.
        Cancelled
            If the caller has gone.
        """
        rows = shape.common_length(columns)
        if self.rows_received + rows > self._limits.max_rows:
            message = f"the pool has more than {self._limits.max_rows} rows, which is this server's max_rows"
            raise LimitError(message, limit="max_rows", allowed=self._limits.max_rows)
        if self._shape is None:
            self._start(columns)
        else:
            shape.check_signature(columns, self._shape.signature)
        self.rows_received += rows
        self._fold(self._grid.add(columns, rows))

    @property
    def finishes_at_once(self) -> bool:
        """Whether nothing is left to do but to take the best of the rows, once they are fed."""
        return self._shape is not None and not self._holdings.keeps_all and self.task.situation is None

    def take_scores(self) -> list[tuple[int, FloatArray]]:
        """Return the scores that became known since the last call, as first row and scores; NaN for rows that are no candidates."""
        return self._holdings.take_scores() if self._shape is not None else []

    def finish(self) -> Selection:
        """Choose from all rows that were fed.

        Raises
        ------
        EngineError
            If there are too few candidates, keys repeat, or an index is beyond the pool.
        Cancelled
            If the caller has gone.
        """
        if self._shape is None or not self.rows_received:
            raise EngineError("POOL_EMPTY", "the pool has no rows; at least 1 is needed")
        self._fold(self._grid.rest())
        self._check_rows()
        with self._stages["CHOOSE"]:
            selection = choosing.select(self.task, self._context, self._shape, self._holdings)
        selection.seconds.update(self._stages.seconds)
        if self._following is not None:
            selection = dataclasses.replace(selection, advice=self._following.advice(self.task, selection))
        return selection

    def _start(self, columns: Columns) -> None:
        if self.task.auto:
            self.auto_choice = auto.resolve(self.task, columns, self._side)
            self.task = self.task.with_plan(self.auto_choice.plan)
        self._shape = shape.shape_of(columns, self._side.names, self.task, self._limits, self._side.rows("head.weights"))
        draws.refuse_unknown(self.task)
        if self.task.pre_annotation is not None:
            asked = self.task.pre_annotation.settled(shape.form_of(columns))
            self.task = dataclasses.replace(self.task, pre_annotation=asked)
        cost = self.task.cost_matrix
        side = self._side.build(columns, self._shape.classes, self._shape.members)
        self._check_origin(side)
        settled = self.task.plan.score.settled(side, self._shape.classes)
        if settled is not self.task.plan.score:
            self.task = self.task.with_plan(dataclasses.replace(self.task.plan, score=settled))
        cost_model = None
        if "cost_features" in columns and side.cost_features is not None and side.cost_history is not None:
            cost_model = CostModel.fitted(side.cost_features, side.cost_history)
        self._context = Context(
            seed=self.task.seed,
            classes=self._shape.classes,
            weights=shape.normalised_weights(self.task, self._shape.members),
            cost_matrix=None if cost is None else cost.astype(np.float64),
            side=side,
            cost_model=cost_model,
            calibration=self._calibrated(columns, side),
            keeps_uncalibrated=self.task.pre_annotation is not None and self.task.pre_annotation.needs_calibration,
            checkpoint=self._checkpoint,
            work=self.work,
        )
        derived = 8 * self._shape.classes if self._shape.members else 0
        self._grid = grid.Grid(grid.block_rows(grid.row_bytes(columns) + derived), grid.block_parts(columns))
        self._holdings = Holdings(self.task, self._context, self._limits)
        if self.task.situation is not None:
            self._following = Following(self.task.situation, self._context)

    def _calibrated(self, columns: Columns, side: Side) -> Temperature | None:
        """Return what makes the caller's probabilities honest, if a calibration set was sent."""
        logits, classes, weights = side.calibration_logits, side.calibration_classes, side.calibration_weights
        if logits is None or classes is None:
            return None
        of_parts = columns["parts"].columns if "parts" in columns else {}
        if not {"probabilities", "logits"} & {*columns, *of_parts}:
            message = "a calibration set was sent, but no probabilities or logits of one model that it could calibrate"
            raise EngineError("INPUT_MISSING", message, field="probabilities")
        return Temperature.fitted(logits, classes, np.ones(len(logits)) if weights is None else weights)

    def _check_origin(self, side: Side) -> None:
        """Refuse a calibration set that does not say where it comes from."""
        known = (side.calibration_logits, side.calibration_sets, side.calibration_values)
        if self.task.calibration_origin is None and any(truth is not None for truth in known):
            message = "say where the calibration set comes from: CALIBRATION_ORIGIN_RANDOM or CALIBRATION_ORIGIN_CHOSEN"
            raise EngineError("FIELD_MISSING", message, field="calibration_origin")

    def _fold(self, cuts: Iterable[grid.Cut]) -> None:
        with self._stages["SCORE"]:
            for cut in cuts:
                scored = self._score(cut)
                self._checkpoint()
                self._holdings.add(scored)
                if self._following is not None:
                    self._following.add(scored.block, self._open(scored.block))
                self.rows_scored += scored.block.length

    def _score(self, cut: grid.Cut) -> Scored:
        plan = self.task.plan
        block = intake.block_of(cut, self._context)
        candidates, suspects = self._guard(block)
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is looked for below
            measured = plan.score.measure(block, self._context)
            factors = {weight.name: weight.factor(block, self._context) for weight in plan.weights if isinstance(weight, RowWeight)}
        aside = measured[np.concatenate([found.positions for found in suspects])] if suspects else measured[:0]
        if len(candidates) < block.length:
            measured = measured[candidates]
            factors = {name: factor[candidates] for name, factor in factors.items()}
        choosing.refuse_overflow(measured, candidates, block.first_row)
        return Scored(block, candidates, measured, factors, suspects, aside)

    def _open(self, block: Block) -> npt.NDArray[np.bool_]:
        """Return which rows the caller did not exclude."""
        allowed = np.ones(block.length, bool) if block.excluded is None else ~block.excluded
        if not len(self._excluded_rows):
            return allowed
        first, last = np.searchsorted(self._excluded_rows, (block.first_row, block.first_row + block.length))
        allowed[self._excluded_rows[first:last] - block.first_row] = False
        return allowed

    def _guard(self, block: Block) -> tuple[IndexArray, list[Suspects]]:
        """Return the positions of the rows that may be chosen, and what was put aside: each row once, by the first that finds it."""
        unguarded = block.votes is None and not self.task.plan.guards
        if unguarded and block.excluded is None and not len(self._excluded_rows):
            if len(self._all_positions) != block.length:
                self._all_positions = np.arange(block.length)
            return self._all_positions, []
        allowed = self._open(block)
        voiceless = np.flatnonzero(allowed & ~block.scorable)
        found = [Suspects("NO_VOTES", voiceless, np.full(len(voiceless), np.nan))] if len(voiceless) else []
        for guard in self.task.plan.guards:
            found += guard.row_suspects(block, self._context)
        suspects = []
        for each in found:
            fresh = allowed[each.positions]
            if fresh.any():
                suspects.append(Suspects(each.reason, each.positions[fresh], each.values[fresh]))
                allowed[each.positions] = False
        return np.flatnonzero(allowed), suspects

    def _check_rows(self) -> None:
        rows = self.rows_received
        expected = self.task.expected_rows
        if expected is not None and expected != rows:
            raise EngineError("SHAPE_MISMATCH", f"expected_rows is {expected}, but {rows} rows came", field="expected_rows")
        if len(self._excluded_rows) and self._excluded_rows[-1] >= rows:
            message = f"a row index is {self._excluded_rows[-1]}; the pool has {rows} rows, so the highest is {rows - 1}"
            raise EngineError("INDEX_OUT_OF_RANGE", message, field="exclude_indices")
