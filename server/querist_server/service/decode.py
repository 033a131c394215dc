"""Requests to what the engine takes: tensors become columns whose types and dimensions are right, a header becomes a task.

What a single row may hold is the engine's to check. Paths of fields are the engine's names here; `errors.field_path` completes them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from querist import codec
from querist.v1 import pool_pb2, selection_service_pb2, side_pb2, tensor_pb2

from querist_server.engine.annotations.suggestions import PreAnnotation
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.ragged import Ragged
from querist_server.engine.task import Task
from querist_server.service.campaigns import decode_round
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.plans import AUTO, decode_plan, enum_name, preset_plan

Array = npt.NDArray[Any]
Columns = dict[str, Any]
"""Arrays, or `Ragged` parts, by name."""

Buffers = Mapping[str, memoryview]
NOTHING_APART: Buffers = {}
Allowed = tuple[tuple[int, ...], tuple[str, ...], str]
"""How many dimensions a tensor may have, of which types it may be, and its shapes in words, for errors."""

FLOATS = ("FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16")
INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
_WHOLE = ("classes", "instances", "annotators", "labels")
MOST_PARTS = 2**31
"""Most parts of one instance; sums of counts then stay far from overflowing."""
MODEL_INPUT = "model_inputs[{}]"
"""How a model input is called as a column."""

_COLUMNS: dict[str, Allowed] = {
    "probabilities": ((1, 2), FLOATS, "[N, C], [N] or [N, 1]"),
    "logits": ((1, 2), FLOATS, "[N, C], [N] or [N, 1]"),
    "scores": ((1,), FLOATS, "[N]"),
    "embeddings": ((2,), FLOATS, "[N, D]"),
    "keys": ((1,), ("INT64", "UINT64"), "[N]"),
    "excluded": ((1,), ("BOOL", *INTEGERS), "[N]"),
    "label_probabilities": ((2,), FLOATS, "[N, L]"),
    "predicted_values": ((1,), FLOATS, "[N]"),
    "predicted_variances": ((1,), FLOATS, "[N]"),
    "costs": ((1,), (*FLOATS, *INTEGERS), "[N]"),
    "cost_features": ((2,), (*FLOATS, *INTEGERS), "[N, F]"),
    "groups": ((1,), INTEGERS, "[N]"),
    "unlabelable": ((1,), FLOATS, "[N]"),
    "thumbnails": ((3, 4), ("UINT8",), "[N, H, W] or [N, H, W, 3]"),
    "evidence": ((2,), (*FLOATS, *INTEGERS), "[N, C]"),
    "look_ahead": ((4,), FLOATS, "[N, C, E, C]"),
}
_PARTS: dict[str, Allowed] = {
    "probabilities": ((1, 2), FLOATS, "[T, C], [T] or [T, 1]"),
    "logits": ((1, 2), FLOATS, "[T, C], [T] or [T, 1]"),
    "scores": ((1,), FLOATS, "[T]"),
}
_SIDE: dict[str, Allowed] = {
    "labelled.embeddings": ((2,), FLOATS, "[n, D]"),
    "labelled.classes": ((1,), INTEGERS, "[n]"),
    "labelled.values": ((1,), (*FLOATS, *INTEGERS), "[n]"),
    "labelled.sets": ((2,), ("BOOL", *INTEGERS), "[n, L]"),
    "wanted": ((2,), FLOATS, "[n, D]"),
    "unwanted": ((2,), FLOATS, "[n, D]"),
    "head.weights": ((2,), FLOATS, "[C, D]"),
    "head.bias": ((1,), FLOATS, "[C]"),
    "cost_history.features": ((2,), (*FLOATS, *INTEGERS), "[n, F]"),
    "cost_history.costs": ((1,), (*FLOATS, *INTEGERS), "[n]"),
    "calibration.probabilities": ((1, 2), FLOATS, "[n, C], [n] or [n, 1]"),
    "calibration.logits": ((1, 2), FLOATS, "[n, C], [n] or [n, 1]"),
    "calibration.classes": ((1,), INTEGERS, "[n]"),
    "calibration.weights": ((1,), (*FLOATS, *INTEGERS), "[n]"),
    "calibration.label_probabilities": ((2,), FLOATS, "[n, L]"),
    "calibration.sets": ((2,), ("BOOL", *INTEGERS), "[n, L]"),
    "calibration.predicted_values": ((1,), FLOATS, "[n]"),
    "calibration.values": ((1,), (*FLOATS, *INTEGERS), "[n]"),
    "calibration.predicted_variances": ((1,), FLOATS, "[n]"),
    "target.embeddings": ((2,), FLOATS, "[E, D]"),
    "target.probabilities": ((2,), FLOATS, "[E, C]"),
    "target.committee": ((3,), FLOATS, "[E, K, C]"),
    "stop_set.probabilities": ((1, 2), FLOATS, "[n, C], [n] or [n, 1]"),
    "stop_set.logits": ((1, 2), FLOATS, "[n, C], [n] or [n, 1]"),
    "stop_set.classes": ((1,), INTEGERS, "[n]"),
    "screened": ((1,), FLOATS, "[n]"),
    "answers.instances": ((1,), ("INT64", "UINT64"), "[T]"),
    "answers.annotators": ((1,), ("INT64", "UINT64"), "[T]"),
    "answers.labels": ((1,), INTEGERS, "[T]"),
}
_COST: Allowed = ((2,), FLOATS, "[C, C]")
_UNTIL_KNOWN = preset_plan("random")
"""What stands for the plan of the strategy "auto" until the first rows are there."""


def decode_task(header: selection_service_pb2.SelectHeader, files: LocalFiles = NO_FILES) -> Task:
    """Turn a header into a task, with a drawn seed if it holds none.

    Raises
    ------
    EngineError
        If a field is missing, out of range, or in conflict with another.
    """
    source = header.WhichOneof("plan_source")
    if source is None:
        raise EngineError("FIELD_MISSING", "set strategy or plan", field="strategy")
    size = header.WhichOneof("size")
    if (size is None and not header.HasField("budget")) or (size == "rank_all" and not header.rank_all):
        raise EngineError("FIELD_MISSING", "set count, or rank_all to true, or a budget", field="count")
    if size == "rank_all" and header.HasField("budget"):
        raise EngineError("FIELD_CONFLICT", "a budget excludes rank_all: leave it away, or give a count", field="budget")
    cost = checked_tensor(header.cost_matrix, "cost_matrix", *_COST, files) if header.HasField("cost_matrix") else None
    if cost is not None and cost.shape[0] != cost.shape[1]:
        raise EngineError("SHAPE_INVALID", f"cost_matrix has shape {list(cost.shape)}; it must be [C, C]", field="cost_matrix.shape")
    return Task(
        plan=_plan(header, source),
        auto=source == "strategy" and header.strategy == AUTO,
        count=header.count if size == "count" else None,
        seed=header.seed if header.HasField("seed") else secrets.randbits(64),
        random_share=header.random_share,
        audit_share=header.audit_share,
        budget=header.budget if header.HasField("budget") else None,
        exclude_indices=np.fromiter(header.exclude_indices, np.int64, len(header.exclude_indices)) if header.exclude_indices else None,
        member_weights=np.fromiter(header.member_weights, np.float64, len(header.member_weights)) if header.member_weights else None,
        cost_matrix=None if cost is None else codec.widen(cost).astype(np.float64),
        class_count=header.class_count if header.HasField("class_count") else None,
        expected_rows=header.expected_rows if header.HasField("expected_rows") else None,
        calibration_origin=_origin(header),
        pre_annotation=_pre_annotation(header),
        situation=decode_round(header.campaign) if header.HasField("campaign") else None,
        keep_components=header.return_components,
        keep_scores=header.return_scores,
        keep_draws=header.return_draw_probabilities,
    )


def _origin(header: selection_service_pb2.SelectHeader) -> str | None:
    if not header.calibration_origin:
        return None
    name = enum_name(selection_service_pb2.CalibrationOrigin.DESCRIPTOR, header.calibration_origin)
    if not name:
        message = f"calibration_origin is {header.calibration_origin}, which is none that this server knows"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="calibration_origin")
    return name


def _pre_annotation(header: selection_service_pb2.SelectHeader) -> PreAnnotation | None:
    if not header.HasField("pre_annotation"):
        return None
    message = header.pre_annotation
    given = {field.name: value for field, value in message.ListFields() if field.name != "conformal_score"}
    if message.conformal_score:
        given["conformal_score"] = enum_name(selection_service_pb2.ConformalScore.DESCRIPTOR, message.conformal_score)
        if not given["conformal_score"]:
            problem = f"conformal_score is {message.conformal_score}, which is none that this server knows"
            raise EngineError("VALUE_OUT_OF_RANGE", problem, field="pre_annotation.conformal_score")
    return PreAnnotation(**given)


def _plan(header: selection_service_pb2.SelectHeader, source: str) -> Plan:
    if source == "plan":
        return decode_plan(header.plan)
    return _UNTIL_KNOWN if header.strategy == AUTO else preset_plan(header.strategy)


def decode_side(side: side_pb2.Side, files: LocalFiles = NO_FILES) -> dict[str, Array]:
    """Turn what is sent beside a pool into arrays, by their paths below `Side`.

    Raises
    ------
    EngineError
        If a tensor's type, dimensions or elements are not what its field takes.
    """
    columns = {}
    for name, allowed in _SIDE.items():
        *above, field = name.split(".")
        holder: Any = side
        if above:
            if not side.HasField(above[0]):
                continue
            holder = getattr(side, above[0])
        if holder.HasField(field):
            tensor = checked_tensor(getattr(holder, field), f"side.{name}", *allowed, files)
            columns[name] = signed(tensor, f"side.{name}") if tensor.dtype == np.uint64 and field in _WHOLE else tensor
    return columns


def decode_pool(pool: pool_pb2.Pool, files: LocalFiles = NO_FILES, apart: Buffers = NOTHING_APART) -> Columns:
    """Turn a pool, or a block of its rows, into columns with the row axis first.

    Parameters
    ----------
    pool : Pool
    files : LocalFiles
        Where tensors are found that are files.
    apart : mapping of str to memoryview
        The bytes of tensors that were taken out of the message as it came, by the tensor's path.

    Raises
    ------
    EngineError
        If a tensor's type, dimensions or elements are not what its field takes, or two fields exclude each other.
    """
    columns: Columns = {
        name: checked_tensor(getattr(pool, name), name, *allowed, files, apart.get(name))
        for name, allowed in _COLUMNS.items()
        if pool.HasField(name)
    }
    if "probabilities" in columns and "logits" in columns:
        raise EngineError("FIELD_CONFLICT", "send probabilities or logits, not both", field="logits")
    if "costs" in columns and "cost_features" in columns:
        raise EngineError("FIELD_CONFLICT", "send costs or cost_features, not both", field="cost_features")
    if "thumbnails" in columns and columns["thumbnails"].ndim == 4 and columns["thumbnails"].shape[3] != 3:
        shape = list(columns["thumbnails"].shape)
        raise EngineError("SHAPE_INVALID", f"thumbnails has shape {shape}; allowed is [N, H, W] or [N, H, W, 3]", field="thumbnails.shape")
    if "thumbnails" in columns and 0 in columns["thumbnails"].shape[1:]:
        raise EngineError("SHAPE_INVALID", "thumbnails have no pixels; at least 1 is needed", field="thumbnails.shape")
    columns |= {name: signed(columns[name], name) for name in ("keys", "groups") if name in columns}
    if pool.HasField("committee"):
        columns |= _committee(pool.committee, files, apart)
    if pool.HasField("parts"):
        columns["parts"] = _parts(pool.parts, files, apart)
    for number, entry in enumerate(pool.model_inputs):
        name = MODEL_INPUT.format(entry.name)
        if not entry.name or name in columns:
            problem = "is repeated" if entry.name else "is empty"
            raise EngineError(
                "FIELD_CONFLICT" if entry.name else "FIELD_MISSING", f"the name of a model input {problem}", field="model_inputs"
            )
        columns[name] = _tensor(entry.tensor, name, files, apart.get(f"model_inputs.{number}.tensor"))
        if not columns[name].ndim:
            raise EngineError("SHAPE_INVALID", "a model input has shape []; its first dimension must be the rows", field=f"{name}.shape")
    return columns


def _parts(parts: pool_pb2.PoolParts, files: LocalFiles, apart: Buffers) -> Ragged:
    if not parts.HasField("counts"):
        raise EngineError("FIELD_MISSING", "parts need counts: how many each instance has", field="parts.counts")
    counts = checked_tensor(parts.counts, "parts.counts", (1,), INTEGERS, "[N]", files, apart.get("parts.counts"))
    wrong = (counts < 0) | (counts > MOST_PARTS)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"a count is {counts[row]}; allowed is 0 to {MOST_PARTS}"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="parts.counts", row=row)
    columns = {
        name: checked_tensor(getattr(parts, name), f"parts.{name}", *allowed, files, apart.get(f"parts.{name}"))
        for name, allowed in _PARTS.items()
        if parts.HasField(name)
    }
    if parts.HasField("committee"):
        columns |= {name.removeprefix("parts."): column for name, column in _committee(parts.committee, files, apart, "parts.").items()}
    predictions = [name for name in columns if name != "scores"]
    if len(predictions) > 1:
        raise EngineError("FIELD_CONFLICT", f"send one of {' and '.join(predictions)}", field=f"parts.{predictions[1]}")
    if not columns:
        raise EngineError("FIELD_MISSING", "parts need probabilities, logits, a committee or scores", field="parts")
    total = int(counts.sum(dtype=np.int64))
    for name, column in columns.items():
        if len(column) != total:
            message = f"parts.{name} has {len(column)} rows; the counts add up to {total}"
            raise EngineError("SHAPE_MISMATCH", message, field=f"parts.{name}")
    return Ragged(counts.astype(np.int64), columns)


def _committee(committee: pool_pb2.Committee, files: LocalFiles, apart: Buffers, prefix: str = "") -> Columns:
    kind = committee.WhichOneof("predictions")
    path = f"{prefix}committee"
    if kind is None:
        raise EngineError("FIELD_MISSING", "set probabilities, logits, votes or values of the committee", field=path)
    name = f"{path}.{kind}"
    plane = kind in ("votes", "values")
    shapes = "[K, N] or [N, K]" if plane else "[K, N, C] or [N, K, C]"
    allowed = ((2,) if plane else (3,), INTEGERS if kind == "votes" else FLOATS, shapes)
    tensor = checked_tensor(getattr(committee, kind), name, *allowed, files, apart.get(name))
    if committee.layout == pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST:
        tensor = np.moveaxis(tensor, 1, 0)
    elif committee.layout != pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST:
        reason = "VALUE_OUT_OF_RANGE" if committee.layout else "FIELD_MISSING"
        message = f"layout is {committee.layout}; allowed are COMMITTEE_LAYOUT_MEMBERS_FIRST and COMMITTEE_LAYOUT_ROWS_FIRST"
        raise EngineError(reason, message, field=f"{path}.layout")
    if not tensor.shape[1]:
        raise EngineError("SHAPE_INVALID", "the committee has 0 members; at least 1 is needed", field=f"{name}.shape")
    return {name: tensor}


def checked_tensor(
    tensor: tensor_pb2.Tensor,
    name: str,
    ranks: tuple[int, ...],
    dtypes: tuple[str, ...],
    shapes: str,
    files: LocalFiles,
    apart: memoryview | None = None,
) -> Array:
    """Turn a tensor into an array with an allowed number of dimensions and an allowed type; `shapes` says which, for errors."""
    array = _tensor(tensor, name, files, apart)
    if array.ndim not in ranks:
        raise EngineError("SHAPE_INVALID", f"{name} has shape {list(array.shape)}; allowed is {shapes}", field=f"{name}.shape")
    dtype = codec.dtype_name(array.dtype)
    if dtype not in dtypes:
        raise EngineError("DTYPE_INVALID", f"{name} is {dtype}; allowed are {', '.join(dtypes)}", field=f"{name}.dtype")
    return array


def _tensor(tensor: tensor_pb2.Tensor, name: str, files: LocalFiles, apart: memoryview | None) -> Array:
    try:
        return codec.decode(tensor, lambda file, size: files.read(file, size, f"{name}.file"), apart)
    except codec.TensorError as error:
        raise EngineError(error.reason, str(error), field=f"{name}.{error.field}") from error


def signed(numbers: Array, name: str) -> Array:
    """Return whole numbers as int64, if they fit."""
    signed = numbers.astype(np.int64, copy=False)
    if numbers.dtype == np.uint64 and (signed < 0).any():
        row = int((signed < 0).argmax())
        what = {"keys": "key", "groups": "group"}.get(name, "class")
        raise EngineError("VALUE_OUT_OF_RANGE", f"a {what} is {numbers[row]}; allowed is below 2^63", field=name, row=row)
    return signed
