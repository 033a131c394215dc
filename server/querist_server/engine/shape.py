"""What the columns of a pool look like as a whole: lengths, classes, members. Looked at once, before any value is."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.annotations.pre_annotation import PREDICTIONS, TRUTHS
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.part import Need
from querist_server.engine.ragged import Ragged
from querist_server.engine.task import Limits, Task

Array = npt.NDArray[Any]
Signature = tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]

COMMITTEE = ("committee.probabilities", "committee.logits", "committee.votes", "committee.values")
_PREDICTIONS = ("probabilities", "logits", *COMMITTEE[:2])
_PROVIDERS: dict[Need, tuple[str, ...]] = {
    Need.PROBABILITIES: _PREDICTIONS,
    Need.COMMITTEE_PROBABILITIES: COMMITTEE[:2],
    Need.COMMITTEE: COMMITTEE[:3],
    Need.CALLER_SCORES: ("scores",),
    Need.EMBEDDINGS: ("embeddings",),
    Need.LOGITS: ("logits",),
    Need.LABEL_PROBABILITIES: ("label_probabilities",),
    Need.PREDICTED_VALUES: ("predicted_values",),
    Need.PREDICTED_VARIANCES: ("predicted_variances",),
    Need.COMMITTEE_VALUES: COMMITTEE[3:],
    Need.PARTS: ("parts",),
    Need.COSTS: ("costs", "cost_features"),
    Need.GROUPS: ("groups",),
    Need.UNLABELABLE: ("unlabelable",),
    Need.THUMBNAILS: ("thumbnails",),
    Need.EVIDENCE: ("evidence",),
    Need.LOOK_AHEAD: ("look_ahead",),
    Need.KEYS: ("keys",),
}
_BESIDE: dict[Need, str] = {
    Need.LABELLED_CLASSES: "labelled.classes",
    Need.LABELLED_VALUES: "labelled.values",
    Need.LABELLED_SETS: "labelled.sets",
    Need.WANTED: "wanted",
    Need.UNWANTED: "unwanted",
    Need.HEAD: "head.weights",
    Need.LABELLED_EMBEDDINGS: "labelled.embeddings",
    Need.TARGET_EMBEDDINGS: "target.embeddings",
    Need.TARGET_PROBABILITIES: "target.probabilities",
    Need.TARGET_COMMITTEE: "target.committee",
    Need.ANSWERS: "answers.labels",
}
_UNPREDICTED = frozenset({"embeddings", "keys", "excluded", "costs", "cost_features", "groups", "unlabelable", "thumbnails"})
"""Columns that are no model's."""
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
    predicted : bool
        Whether anything that a model says is among the columns.
    """

    classes: int
    members: int
    source: str
    signature: Signature
    predicted: bool = False


def shape_of(columns: Mapping[str, Any], beside: Collection[str], task: Task, limits: Limits, head_classes: int = 0) -> Shape:
    """Look at the first columns of a pool, and at the names of what was sent beside it, among which may be a head for so many classes.

    Raises
    ------
    EngineError
        If the plan needs what was not sent, or columns contradict each other or the task.
    LimitError
        If there are more classes, members or embedding columns than the server takes.
    """
    _check_needs(columns, beside, task)
    members = _members(columns)
    classes = _classes(columns, task) or head_classes
    if Need.CLASS_COUNT in task.plan.needs and not classes:
        message = "the plan needs the number of classes: send class_count, or predictions that show it"
        raise EngineError("FIELD_MISSING", message, field="class_count")
    if Need.TWO_CLASSES in task.plan.needs and classes != 2:
        message = f"the plan is for two classes, and there are {classes or 'none'}: send class_count, or predictions that show it"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="class_count")
    if "look_ahead" in columns and columns["look_ahead"].shape[1] != columns["look_ahead"].shape[3]:
        message = f"look_ahead has shape {list(columns['look_ahead'].shape)}; it must be [N, C, E, C], with as many labels as classes"
        raise EngineError("SHAPE_INVALID", message, field="look_ahead")
    if "evidence" in columns and columns["evidence"].shape[1] < 2:
        raise EngineError("SHAPE_INVALID", "evidence has fewer than 2 columns; there must be one for each class", field="evidence")
    _limit(classes, "max_classes", limits.max_classes, next((name for name in _SOURCES if name in columns), ""))
    if "label_probabilities" in columns:
        _check_width("label_probabilities", columns["label_probabilities"].shape[1], "max_classes", limits.max_classes)
    _limit(members, "max_members", limits.max_members, "committee")
    if "embeddings" in columns:
        _check_width("embeddings", columns["embeddings"].shape[1], "max_embedding_width", limits.max_embedding_width)
    if "cost_features" in columns:
        _check_width("cost_features", columns["cost_features"].shape[1], "max_embedding_width", limits.max_embedding_width)
    if task.member_weights is not None and len(task.member_weights) != members:
        message = f"there are {len(task.member_weights)} weights for {members} members; there must be one each"
        raise EngineError("WEIGHTS_INVALID", message, field="member_weights")
    if task.cost_matrix is not None and classes and task.cost_matrix.shape != (classes, classes):
        message = f"cost_matrix has shape {list(task.cost_matrix.shape)}; for {classes} classes it must be [{classes}, {classes}]"
        raise EngineError("SHAPE_MISMATCH", message, field="cost_matrix")
    source = next((_SOURCES[name] for name in _SOURCES if name in columns), "UNSPECIFIED")
    return Shape(classes, members, source, signature_of(columns), predicted=not _UNPREDICTED.issuperset(columns))


def signature_of(columns: Mapping[str, Any]) -> Signature:
    """Return what every block of a pool must share."""
    flat = {name: column for name, column in columns.items() if not isinstance(column, Ragged)}
    for name, column in columns.items():
        if isinstance(column, Ragged):
            flat |= {f"{name}.counts": column.counts, **{f"{name}.{part}": values for part, values in column.columns.items()}}
    return tuple(sorted((name, column.dtype, column.shape[1:]) for name, column in flat.items()))


def common_length(columns: Mapping[str, Any]) -> int:
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


def check_signature(columns: Mapping[str, Any], signature: Signature) -> None:
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


def _check_needs(columns: Mapping[str, Any], beside: Collection[str], task: Task) -> None:
    sent = ", ".join(sorted([*columns, *(f"side.{name}" for name in beside)])) or "nothing"
    for need in sorted(task.plan.needs, key=lambda need: need.value):
        if need is Need.COST_MATRIX:
            if task.cost_matrix is None:
                raise EngineError("INPUT_MISSING", "the plan needs cost_matrix, which was not sent", field="cost_matrix")
        elif need in (Need.CLASS_COUNT, Need.TWO_CLASSES):
            continue
        elif need in _BESIDE:
            if _BESIDE[need] not in beside:
                message = f"the plan needs side.{_BESIDE[need]}; what was sent is {sent}"
                raise EngineError("INPUT_MISSING", message, field=f"side.{_BESIDE[need]}")
        else:
            _check_columns(columns, _PROVIDERS[need], "", sent)
    if task.pre_annotation is not None:
        _check_columns(columns, tuple(itertools.chain(*PREDICTIONS.values())), "", sent, "a pre-annotation")
        form = form_of(columns)
        if task.pre_annotation.needs_calibration and TRUTHS[form] not in beside:
            message = f"conformal sets, intervals and accepted labels of {form.lower()} need side.{TRUTHS[form]}, which was not sent"
            raise EngineError("INPUT_MISSING", message, field="side.calibration")
    if task.budget is not None:
        _check_columns(columns, _PROVIDERS[Need.COSTS], "", sent, "a budget")
    for need in sorted(task.plan.score.required_of_parts(), key=lambda need: need.value):
        of_parts: Mapping[str, Array] = columns["parts"].columns
        _check_columns(of_parts, _PROVIDERS[need], "parts.", ", ".join(f"parts.{name}" for name in sorted(of_parts)))


def form_of(columns: Collection[str]) -> str:
    """Return the form of pre-annotations that go with a pool's columns."""
    return next((form for form, names in PREDICTIONS.items() if any(name in columns for name in names)), "CLASSES")


def _check_columns(columns: Mapping[str, Any], allowed: tuple[str, ...], prefix: str, sent: str, what: str = "the plan") -> None:
    if not any(name in columns for name in allowed):
        names = [f"{prefix}{name}" for name in allowed]
        raise EngineError("INPUT_MISSING", f"{what} needs {' or '.join(names)}; what was sent is {sent}", field=names[0])


def _flat(columns: Mapping[str, Any]) -> dict[str, Array]:
    """Return the columns of the rows and those of their parts, under their paths."""
    flat = {name: column for name, column in columns.items() if name != "parts"}
    if "parts" in columns:
        flat |= {f"parts.{name}": column for name, column in columns["parts"].columns.items()}
    return flat


def _members(columns: Mapping[str, Any]) -> int:
    found = {
        name: column.shape[1] for name, column in _flat(columns).items() if name.removeprefix("parts.") in COMMITTEE and column.ndim > 1
    }
    if len(set(found.values())) > 1:
        message = f"the committees of {' and '.join(found)} have {' and '.join(map(str, found.values()))} members; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=list(found)[-1])
    return next(iter(found.values()), 0)


def _classes(columns: Mapping[str, Any], task: Task) -> int:
    flat = _flat(columns)
    found = {name: _width(column, name) for name, column in flat.items() if name.removeprefix("parts.") in _PREDICTIONS}
    if any(name.removeprefix("parts.") == "committee.votes" for name in flat):
        if task.class_count is None:
            raise EngineError("FIELD_MISSING", "class_count is required with votes", field="class_count")
        found["class_count"] = task.class_count
    found |= {name: flat[name].shape[-1] for name in ("evidence", "look_ahead") if name in flat}
    if task.class_count is not None:
        found["class_count"] = task.class_count
    if not found:
        return 0
    (first, classes), *others = found.items()
    for name, other in others:
        if other != classes:
            raise EngineError("SHAPE_MISMATCH", f"{name} has {other} classes and {first} has {classes}; they must agree", field=name)
    return classes


def _width(column: Array, name: str) -> int:
    """Return the number of classes: the last dimension, or 2 where there is only the positive class."""
    rows_and_members = 2 if name.removeprefix("parts.").startswith("committee.") else 1
    width = column.shape[-1] if column.ndim > rows_and_members else 1
    if width == 0:
        raise EngineError("SHAPE_INVALID", f"{name} has 0 classes; at least 1 column is needed", field=name)
    return int(2 if width == 1 else width)


def _check_width(name: str, width: int, limit: str, allowed: int) -> None:
    if not width:
        raise EngineError("SHAPE_INVALID", f"{name} has 0 columns; at least 1 is needed", field=name)
    _limit(width, limit, allowed, name)


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
