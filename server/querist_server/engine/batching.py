"""How a batch is put together: by a choice or in a given order, under the guards that watch it and within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import NO_CLUSTER, Draft, Watcher
from querist_server.engine.errors import EngineError
from querist_server.engine.keep import Columns
from querist_server.engine.kernels import top
from querist_server.engine.part import FloatArray, IndexArray, RowChoice, SetChoice
from querist_server.engine.pool import Context
from querist_server.engine.task import Task


@dataclass
class Batch:
    """Rows that were taken, the first taken first, and what that did to the others.

    Attributes
    ----------
    columns : dict of str to ndarray
    closures : list of (str, ndarray)
        Reasons, and row indices that guards closed as the batch grew.
    guarantee : float or None
        The share of the best possible objective that it surely reaches.
    costs_left : ndarray or None
        Costs of the candidates that were not taken and not closed by a guard.
    """

    columns: Columns
    closures: list[tuple[str, IndexArray]] = field(default_factory=list)
    guarantee: float | None = None
    costs_left: FloatArray | None = None

    @classmethod
    def empty(cls) -> Batch:
        """Return a batch of no rows."""
        return cls({"index": np.empty(0, np.int64)})

    def __len__(self) -> int:
        return len(self.columns["index"])

    def affordable(self, left: float) -> int:
        """Return how many of those that were not taken could each be paid for."""
        return 0 if self.costs_left is None else int(np.count_nonzero(self.costs_left <= left))


def by_choice(task: Task, context: Context, candidates: Columns, count: int, before: Sequence[Batch]) -> Batch:
    """Let the plan's choice take rows.

    Parameters
    ----------
    task : Task
    context : Context
    candidates : dict of str to ndarray
        What it may choose from, by rising row index.
    count : int
        The most that it may take.
    before : sequence of Batch
        What is in the batch already: guards and budget count it.
    """
    if not count or not len(candidates["index"]):
        return _batch(candidates, Draft(len(candidates["index"]), 0))
    draft = _draft(task, context, candidates, count, before)
    choice = task.plan.choice
    guarantee = None
    if isinstance(choice, SetChoice):
        guarantee = choice.choose(candidates, draft, context)
        if draft.wanted and draft.open.any():
            raise AssertionError(f"{choice.name} left the draft open")
    elif not isinstance(choice, RowChoice):
        raise TypeError(f"{choice.name} is neither a row choice nor a set choice")
    elif draft.costs is None:
        values = choice.value(candidates["value"], candidates["index"], context)
        draft.fill(top.top(values, candidates["index"], len(values) if draft.bound else count))
    else:
        draft = _within_budget(task, context, candidates, draft, before, choice)
    return _batch(candidates, draft, guarantee)


def in_order(
    task: Task, context: Context, candidates: Columns, order: IndexArray, count: int, before: Sequence[Batch], *, watched: bool = True
) -> Batch:
    """Take rows in a given order of their positions, as far as guards and budget let them."""
    draft = _draft(task, context, candidates, count, before, watched=watched)
    draft.fill(order)
    return _batch(candidates, draft)


def interleaved(planned: Columns, drawn: Columns) -> Columns:
    """Spread drawn rows evenly over a batch, so that whoever stops early has labelled about the same share of them."""
    many, few = len(planned["index"]), len(drawn["index"])
    if not few:
        return planned
    if not many:
        return {name: drawn[name] if name in drawn else _absences(name, few) for name in planned}
    total = many + few
    is_drawn = np.zeros(total, bool)
    is_drawn[((np.arange(few) + 0.5) * total / few).astype(np.int64)] = True
    batch = {}
    for name, column in planned.items():
        joined = np.empty((total, *column.shape[1:]), column.dtype)
        joined[~is_drawn], joined[is_drawn] = column, drawn[name] if name in drawn else _absences(name, few)
        batch[name] = joined
    return batch


def taken(columns: Columns, positions: IndexArray) -> Columns:
    """Return the rows at some positions."""
    return {name: column[positions] for name, column in columns.items()}


def _absences(name: str, rows: int) -> npt.NDArray[Any]:
    """Return what stands for numbers that drawn rows do not have."""
    return np.full(rows, NO_CLUSTER) if name == "cluster" else np.full(rows, np.nan)


def _draft(task: Task, context: Context, candidates: Columns, count: int, before: Sequence[Batch], *, watched: bool = True) -> Draft:
    earlier = [batch.columns for batch in before if len(batch)]
    names = set.intersection(*(set(columns) for columns in earlier)) if earlier else set()
    together = {name: np.concatenate([columns[name] for columns in earlier]) for name in names} if earlier else None
    guards = [guard for guard in task.plan.guards if guard.looks_at_batch] if watched else []

    def watch() -> list[Watcher]:
        return [guard.watch(candidates, together, context) for guard in guards]

    if task.budget is None:
        return Draft(len(candidates["index"]), count, watch=watch, checkpoint=context.checkpoint)
    spent = 0.0 if together is None else float(together["cost"].sum())
    return Draft(
        len(candidates["index"]),
        count,
        watch=watch,
        costs=candidates["cost"],
        budget=max(0.0, task.budget - spent),
        checkpoint=context.checkpoint,
    )


def _within_budget(task: Task, context: Context, candidates: Columns, draft: Draft, before: Sequence[Batch], choice: RowChoice) -> Draft:
    """Take rows by value per cost, or the best single row if it is worth more than all of these: at least half of the best possible sum."""
    values, rows = candidates["value"], candidates["index"]
    if values.min(initial=0.0) < 0:
        position = int((values < 0).argmax())
        message = f"a value is {values[position]:g}; with a budget values must be 0 or more"
        raise EngineError("SCORE_NEGATIVE", message, field="budget", row=int(rows[position]))
    affordable = draft.open.copy()
    with np.errstate(over="ignore"):  # what is worth infinitely more than it costs comes first
        per_cost = choice.value(values / candidates["cost"], rows, context)
    draft.fill(top.ranking(per_cost, rows))
    if not affordable.any():
        return draft
    best = int(np.flatnonzero(affordable)[values[affordable].argmax()])
    if values[best] <= values[draft.taken].sum():
        return draft
    alone = _draft(task, context, candidates, draft.count, before)
    alone.take(best)
    alone.fill(top.ranking(per_cost, rows))
    return alone


def _batch(candidates: Columns, draft: Draft, guarantee: float | None = None) -> Batch:
    positions = draft.taken
    columns = taken(candidates, positions)
    columns |= {name: column for name, column in (("gain", draft.gains), ("cluster", draft.clusters)) if column is not None}
    closed = np.zeros(len(candidates["index"]), bool)
    for _, among in draft.closures:
        closed[among] = True
    closed[positions] = True
    left: npt.NDArray[np.float64] | None = None if draft.costs is None else draft.costs[~closed]
    return Batch(columns, [(reason, candidates["index"][among]) for reason, among in draft.closures], guarantee, left)
