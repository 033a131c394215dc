"""Requests to what the engine takes: tensors become columns whose types and dimensions are right, a header becomes a task.

What a single row may hold is the engine's to check. Paths of fields are the engine's names here; `errors.field_path` completes them.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt
from querist import codec
from querist.v1 import pool_pb2, selection_service_pb2, tensor_pb2

from querist_server.engine.errors import EngineError
from querist_server.engine.task import Task
from querist_server.service.plans import decode_plan, preset_plan

Columns = dict[str, npt.NDArray[Any]]

FLOATS = ("FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16")
INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
MODEL_INPUT = "model_inputs[{}]"
"""How a model input is called as a column."""

_COLUMNS: dict[str, tuple[tuple[int, ...], tuple[str, ...], str]] = {
    "probabilities": ((1, 2), FLOATS, "[N, C], [N] or [N, 1]"),
    "logits": ((1, 2), FLOATS, "[N, C], [N] or [N, 1]"),
    "scores": ((1,), FLOATS, "[N]"),
    "embeddings": ((2,), FLOATS, "[N, D]"),
    "keys": ((1,), ("INT64", "UINT64"), "[N]"),
    "excluded": ((1,), ("BOOL", *INTEGERS), "[N]"),
}


def decode_task(header: selection_service_pb2.SelectHeader) -> Task:
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
    if size is None or (size == "rank_all" and not header.rank_all):
        raise EngineError("FIELD_MISSING", "set count, or rank_all to true", field="count")
    cost = _checked(header.cost_matrix, "cost_matrix", (2,), FLOATS, "[C, C]") if header.HasField("cost_matrix") else None
    if cost is not None and cost.shape[0] != cost.shape[1]:
        raise EngineError("SHAPE_INVALID", f"cost_matrix has shape {list(cost.shape)}; it must be [C, C]", field="cost_matrix.shape")
    return Task(
        plan=preset_plan(header.strategy) if source == "strategy" else decode_plan(header.plan),
        count=header.count if size == "count" else None,
        seed=header.seed if header.HasField("seed") else secrets.randbits(64),
        random_share=header.random_share,
        exclude_indices=np.fromiter(header.exclude_indices, np.int64, len(header.exclude_indices)) if header.exclude_indices else None,
        member_weights=np.fromiter(header.member_weights, np.float64, len(header.member_weights)) if header.member_weights else None,
        cost_matrix=None if cost is None else codec.widen(cost).astype(np.float64),
        class_count=header.class_count if header.HasField("class_count") else None,
        expected_rows=header.expected_rows if header.HasField("expected_rows") else None,
        keep_components=header.return_components,
        keep_scores=header.return_scores,
    )


def decode_pool(pool: pool_pb2.Pool) -> Columns:
    """Turn a pool, or a block of its rows, into columns with the row axis first.

    Raises
    ------
    EngineError
        If a tensor's type, dimensions or elements are not what its field takes, or two fields exclude each other.
    """
    columns = {
        name: _checked(getattr(pool, name), name, ranks, dtypes, shapes)
        for name, (ranks, dtypes, shapes) in _COLUMNS.items()
        if pool.HasField(name)
    }
    if "probabilities" in columns and "logits" in columns:
        raise EngineError("FIELD_CONFLICT", "send probabilities or logits, not both", field="logits")
    if "keys" in columns:
        columns["keys"] = _signed(columns["keys"])
    if pool.HasField("committee"):
        columns |= _committee(pool.committee)
    for entry in pool.model_inputs:
        name = MODEL_INPUT.format(entry.name)
        if not entry.name or name in columns:
            problem = "is repeated" if entry.name else "is empty"
            raise EngineError(
                "FIELD_CONFLICT" if entry.name else "FIELD_MISSING", f"the name of a model input {problem}", field="model_inputs"
            )
        columns[name] = _tensor(entry.tensor, name)
        if not columns[name].ndim:
            raise EngineError("SHAPE_INVALID", "a model input has shape []; its first dimension must be the rows", field=f"{name}.shape")
    return columns


def _committee(committee: pool_pb2.Committee) -> Columns:
    kind = committee.WhichOneof("predictions")
    if kind is None:
        raise EngineError("FIELD_MISSING", "set probabilities, logits or votes of the committee", field="committee")
    name = f"committee.{kind}"
    votes = kind == "votes"
    shapes = "[K, N] or [N, K]" if votes else "[K, N, C] or [N, K, C]"
    tensor = _checked(getattr(committee, kind), name, (2,) if votes else (3,), INTEGERS if votes else FLOATS, shapes)
    if committee.layout == pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST:
        tensor = np.moveaxis(tensor, 1, 0)
    elif committee.layout != pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST:
        reason = "VALUE_OUT_OF_RANGE" if committee.layout else "FIELD_MISSING"
        message = f"layout is {committee.layout}; allowed are COMMITTEE_LAYOUT_MEMBERS_FIRST and COMMITTEE_LAYOUT_ROWS_FIRST"
        raise EngineError(reason, message, field="committee.layout")
    if not tensor.shape[1]:
        raise EngineError("SHAPE_INVALID", "the committee has 0 members; at least 1 is needed", field=f"{name}.shape")
    return {name: tensor}


def _checked(tensor: tensor_pb2.Tensor, name: str, ranks: tuple[int, ...], dtypes: tuple[str, ...], shapes: str) -> npt.NDArray[Any]:
    array = _tensor(tensor, name)
    if array.ndim not in ranks:
        raise EngineError("SHAPE_INVALID", f"{name} has shape {list(array.shape)}; allowed is {shapes}", field=f"{name}.shape")
    dtype = codec.dtype_name(array.dtype)
    if dtype not in dtypes:
        raise EngineError("DTYPE_INVALID", f"{name} is {dtype}; allowed are {', '.join(dtypes)}", field=f"{name}.dtype")
    return array


def _tensor(tensor: tensor_pb2.Tensor, name: str) -> npt.NDArray[Any]:
    try:
        return codec.decode(tensor)
    except codec.TensorError as error:
        raise EngineError(error.reason, str(error), field=f"{name}.{error.field}") from error


def _signed(keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    signed = keys.astype(np.int64, copy=False)
    if keys.dtype == np.uint64 and (signed < 0).any():
        row = int((signed < 0).argmax())
        raise EngineError("VALUE_OUT_OF_RANGE", f"a key is {keys[row]}; allowed is below 2^63", field="keys", row=row)
    return signed
