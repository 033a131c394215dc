"""Requests as messages, from the columns that `engine.columns_for` makes."""

from typing import Any

import numpy as np
from querist import codec
from querist.v1 import pool_pb2, side_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.ragged import Ragged


def request_of(columns: dict[str, Any], task: dict[str, Any], **header: Any) -> pb.SelectRequest:
    """Return a request with the given columns, and with what else the task holds."""
    request = pb.SelectRequest(header=pb.SelectHeader(**header))
    if "class_count" in task:
        request.header.class_count = task["class_count"]
    if "cost_matrix" in task:
        request.header.cost_matrix.CopyFrom(codec.encode(task["cost_matrix"]))
    fill_pool(request.pool, columns)
    fill_side(request.side, task.get("beside", {}))
    return request


def fill_pool(pool: pool_pb2.Pool, columns: dict[str, Any]) -> None:
    for name, column in columns.items():
        if isinstance(column, Ragged):
            pool.parts.counts.CopyFrom(codec.encode(column.counts))
            fill_pool(pool.parts, column.columns)
        else:
            _put(pool, name, column)
            if name.startswith("committee."):
                pool.committee.layout = pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST


def fill_side(side: side_pb2.Side, columns: dict[str, np.ndarray]) -> None:
    for name, column in columns.items():
        _put(side, name, column)


def _put(holder: Any, name: str, column: np.ndarray) -> None:
    *above, field = name.split(".")
    for part in above:
        holder = getattr(holder, part)
    getattr(holder, field).CopyFrom(codec.encode(np.ascontiguousarray(column)))
