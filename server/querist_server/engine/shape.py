"""What the columns of a pool look like as a whole: lengths, classes, members. Looked at once, before any value is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.part import Need
from querist_server.engine.task import Limits, Task

Array = npt.NDArray[Any]
Signature = tuple[tuple[str, str, tuple[int, ...]], ...]

COMMITTEE = ("committee.probabilities", "committee.logits", "committee.votes")
_PREDICTIONS = ("probabilities", "logits", *COMMITTEE[:2])
_PROVIDERS: dict[Need, tuple[str, ...]] = {
    Need.PROBABILITIES: _PREDICTIONS,
    Need.COMMITTEE_PROBABILITIES: COMMITTEE[:2],
    Need.COMMITTEE: COMMITTEE,
    Need.CALLER_SCORES: ("scores",),
    Need.EMBEDDINGS: ("embeddings",),
}
_SOURCES = {
    "probabilities": "PROBABILITIES",
    "logits": "LOGITS",
    "committee.probabilities": "COMMITTEE_MEAN",
    "committee.logits": "COMMITTEE_MEAN",
    "committee.votes": "COMMITTEE_VOTES",
}


@dataclass(frozen=True)
class Shape:
    """What all rows of a pool have in common.

    Attributes
    ----------
    classes, members : int
        0 if there are no predictions or no committee.
    source : str
        Where class probabilities come from: a name of the contract's `PredictionSource`.
    signature : tuple
        Names, types and row shapes of the columns, which every block must share.
    """

    classes: int
    members: int
    source: str
    signature: Signature


def shape_of(columns: Mapping[str, Array], task: Task, limits: Limits) -> Shape:
    """Look at the first columns of a pool.

    Raises
    ------
    EngineError
        If the plan needs what was not sent, or columns contradict each other or the task.
    LimitError
        If there are more classes, members or embedding columns than the server takes.
    """
    _check_needs(columns, task)
    members = next((columns[name].shape[1] for name in COMMITTEE if name in columns), 0)
    classes = _classes(columns, task)
    _limit(classes, "max_classes", limits.max_classes, next((name for name in _SOURCES if name in columns), ""))
    _limit(members, "max_members", limits.max_members, "committee")
    if "embeddings" in columns:
        _check_width(columns["embeddings"].shape[1], limits)
    if task.member_weights is not None and len(task.member_weights) != members:
        message = f"there are {len(task.member_weights)} weights for {members} members; there must be one each"
        raise EngineError("WEIGHTS_INVALID", message, field="member_weights")
    if task.cost_matrix is not None and classes and task.cost_matrix.shape != (classes, classes):
        message = f"cost_matrix has shape {list(task.cost_matrix.shape)}; for {classes} classes it must be [{classes}, {classes}]"
        raise EngineError("SHAPE_MISMATCH", message, field="cost_matrix")
    source = next((_SOURCES[name] for name in _SOURCES if name in columns), "UNSPECIFIED")
    return Shape(classes, members, source, signature_of(columns))


def signature_of(columns: Mapping[str, Array]) -> Signature:
    """Return what every block of a pool must share."""
    return tuple(sorted((name, str(column.dtype), column.shape[1:]) for name, column in columns.items()))


def common_length(columns: Mapping[str, Array]) -> int:
    """Return the number of rows that all columns have.

    Raises
    ------
    EngineError
        If there is no column, or two have different lengths.
    """
    if not columns:
        raise EngineError("POOL_EMPTY", "the pool has no columns; at least one is needed")
    lengths = {name: len(column) for name, column in columns.items()}
    (first, rows), *others = lengths.items()
    for name, other in others:
        if other != rows:
            raise EngineError("SHAPE_MISMATCH", f"{name} has {other} rows and {first} has {rows}; they must agree", field=name)
    return rows


def check_signature(columns: Mapping[str, Array], signature: Signature) -> None:
    """Refuse a block whose columns are others than those of the first."""
    if signature_of(columns) == signature:
        return
    before = {name: (dtype, row) for name, dtype, row in signature}
    now = {name: (dtype, row) for name, dtype, row in signature_of(columns)}
    name = next(name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name))
    if name not in now:
        raise EngineError(
            "FIELD_MISSING", f"{name} is missing, which the first block holds; every block must hold the same fields", field=name
        )
    if name not in before:
        raise EngineError("FIELD_CONFLICT", f"{name} was not in the first block; every block must hold the same fields", field=name)
    (old_type, old_row), (new_type, new_row) = before[name], now[name]
    if old_type != new_type:
        raise EngineError("DTYPE_INVALID", f"{name} is {new_type} here and {old_type} in the first block; it must not change", field=name)
    message = f"a row of {name} has shape {list(new_row)} here and {list(old_row)} in the first block; it must not change"
    raise EngineError("SHAPE_MISMATCH", message, field=name)


def _check_needs(columns: Mapping[str, Array], task: Task) -> None:
    for need in sorted(task.plan.needs, key=lambda need: need.value):
        if need is Need.COST_MATRIX:
            if task.cost_matrix is None:
                raise EngineError("INPUT_MISSING", "the plan needs cost_matrix, which was not sent", field="cost_matrix")
            continue
        allowed = _PROVIDERS[need]
        if not any(name in columns for name in allowed):
            sent = ", ".join(sorted(columns)) or "nothing"
            message = f"the plan needs {' or '.join(allowed)}; what was sent is {sent}"
            raise EngineError("INPUT_MISSING", message, field=allowed[0])


def _classes(columns: Mapping[str, Array], task: Task) -> int:
    found = {name: _width(columns[name], name) for name in _PREDICTIONS if name in columns}
    if "committee.votes" in columns:
        if task.class_count is None:
            raise EngineError("FIELD_MISSING", "class_count is required with votes", field="class_count")
        found["class_count"] = task.class_count
    if not found:
        return 0
    if task.class_count is not None:
        found["class_count"] = task.class_count
    (first, classes), *others = found.items()
    for name, other in others:
        if other != classes:
            raise EngineError("SHAPE_MISMATCH", f"{name} has {other} classes and {first} has {classes}; they must agree", field=name)
    return classes


def _width(column: Array, name: str) -> int:
    """Return the number of classes: the last dimension, or 2 where there is only the positive class."""
    rows_and_members = 2 if name.startswith("committee.") else 1
    width = column.shape[-1] if column.ndim > rows_and_members else 1
    if width == 0:
        raise EngineError("SHAPE_INVALID", f"{name} has 0 classes; at least 1 column is needed", field=name)
    return int(2 if width == 1 else width)


def _check_width(width: int, limits: Limits) -> None:
    if not width:
        raise EngineError("SHAPE_INVALID", "embeddings has 0 columns; at least 1 is needed", field="embeddings")
    _limit(width, "max_embedding_width", limits.max_embedding_width, "embeddings")


def _limit(value: int, limit: str, allowed: int, field: str) -> None:
    if value > allowed:
        raise LimitError(f"{field} has {value}; this server's {limit} is {allowed}", limit=limit, allowed=allowed, field=field)


def normalised_weights(task: Task, members: int) -> npt.NDArray[np.float64]:
    """Return the members' weights, summing to 1."""
    if task.member_weights is None or not members:
        return np.full(members, 1 / max(members, 1))
    weights = task.member_weights.astype(np.float64)
    weights = np.ldexp(weights, -np.frexp(weights.max())[1])  # an exact power of two, so that their sum does not overflow
    return weights / weights.sum()
