"""What a plan holds on to of the rows that have streamed past: how many of them, and which of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from querist_server.engine.part import Need, Part, PoolScore, PoolWeight, RowChoice
from querist_server.engine.plan import Plan
from querist_server.engine.set_score import SetScore
from querist_server.engine.task import Task

ROW_COLUMNS = (
    Need.EMBEDDINGS,
    Need.PROBABILITIES,
    Need.LABEL_PROBABILITIES,
    Need.PREDICTED_VALUES,
    Need.PREDICTED_VARIANCES,
    Need.GROUPS,
    Need.COMMITTEE_PROBABILITIES,
)
"""Needs that a choice, a guard or a weight may want to see of all rows together; each is a column, called like the need in lower case."""
_PREDICTED = {
    "CLASSES": {Need.PROBABILITIES},
    "LABELS": {Need.LABEL_PROBABILITIES},
    "VALUES": {Need.PREDICTED_VALUES, Need.PREDICTED_VARIANCES},
}
"""What pre-annotations of each form are made from, as far as it was sent."""
NUMBER_BYTES = 8
_OF_EVERY_ROW = 3 * NUMBER_BYTES
"""Its index, its score, and what it is kept by."""
_IF_SENT = 12 + 2 * NUMBER_BYTES
"""Label and confidence where there are predictions, the key, the cost."""
_OF_A_GUARD = 2 * NUMBER_BYTES
"""The most that a guard keeps of a row, in order to look at all together."""


class KeptRows(Enum):
    """Of which rows something is held."""

    BATCH = "BATCH"
    """As many as the batch takes, and while rows arrive up to as many again and a block."""
    PREFILTERED = "PREFILTERED"
    """The same, of as many as the prefilter lets through."""
    POOL = "POOL"
    """All candidates."""


@dataclass(frozen=True)
class Memory:
    """What a plan holds for its rows.

    Attributes
    ----------
    rows : KeptRows
    row_bytes : int
        The most that a kept row takes beside the columns.
    columns : tuple of Need
        Whose columns are held of a kept row as they were sent, 16-bit floats as 32-bit ones, probabilities of labels as 64-bit ones.
    """

    rows: KeptRows
    row_bytes: int
    columns: tuple[Need, ...]


def memory(plan: Plan) -> Memory:
    """Return what a plan holds for its rows when a batch is asked for."""
    task = Task(plan=plan.resolved(1), count=1, seed=0)
    kept = KeptRows.POOL if capacity(task) is None else KeptRows.BATCH if task.plan.prefilter is None else KeptRows.PREFILTERED
    columns = {need for need in ROW_COLUMNS if need.value.lower() in columns_wanted(task)}
    if isinstance(plan.score, SetScore):
        columns |= plan.score.heeds & {Need.PROBABILITIES}
    parts = 0
    if isinstance(plan.score, PoolScore):
        parts = len(plan.score.component_names) - 1
        columns |= plan.score.keeps
    row_bytes = _OF_EVERY_ROW + _IF_SENT + NUMBER_BYTES * (parts + len(plan.weights)) + _OF_A_GUARD * len(plan.guards)
    return Memory(kept, row_bytes, tuple(need for need in ROW_COLUMNS if need in columns))


def capacity(task: Task) -> int | None:
    """Return how many rows the plan must be able to choose from; None for all."""
    plan = task.plan
    late = isinstance(plan.score, (PoolScore, SetScore)) or any(isinstance(weight, PoolWeight) for weight in plan.weights)
    if task.count is None or late or task.keep_draws or any(guard.looks_at_pool for guard in plan.guards):
        return None
    if task.watched and (task.random_count or plan.prefilter is None):
        return None
    if plan.prefilter is not None:
        return plan.prefilter + task.random_count
    return task.count if isinstance(plan.choice, RowChoice) else None


def columns_wanted(task: Task) -> list[str]:
    """Return the columns that parts want to see of all rows together."""
    plan = task.plan
    parts: list[Part] = [plan.choice, *(guard for guard in plan.guards if guard.looks_at_pool or guard.looks_at_batch)]
    parts += [weight for weight in plan.weights if isinstance(weight, PoolWeight)]
    if isinstance(plan.score, SetScore):
        parts.append(plan.score)
    wanted = frozenset[Need]().union(*(part.required() for part in parts))
    if task.pre_annotation is not None:
        wanted |= _PREDICTED[task.pre_annotation.form]
    return [need.value.lower() for need in ROW_COLUMNS if need in wanted]
