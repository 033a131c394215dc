"""What is sent beside the pool, as messages: one for a unary call, pieces of about 1 MiB for a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import codec
from querist._containers import to_array
from querist.errors import InvalidRequestError
from querist.inputs import Answers, CalibrationSet, CostHistory, Labelled, LinearHead, StopSet, Target, bundle_of
from querist.v1 import side_pb2

Array = npt.NDArray[Any]

PIECE_BYTES = 2**20


@dataclass(frozen=True)
class SideArrays:
    """Arrays by their paths below `Side`, such as "labelled.embeddings"."""

    columns: dict[str, Array]

    @property
    def bytes(self) -> int:
        """Bytes of all arrays."""
        return sum(column.nbytes for column in self.columns.values())

    def message(self) -> side_pb2.Side:
        """Return everything as one message."""
        side = side_pb2.Side()
        for name, column in self.columns.items():
            _fill(side, name, column)
        return side

    def pieces(self) -> Iterator[side_pb2.Side]:
        """Give everything in messages of about 1 MiB, one array after the other."""
        for name, column in self.columns.items():
            step = max(1, PIECE_BYTES // max(1, column.nbytes // max(1, len(column))))
            for start in range(0, max(len(column), 1), step):
                side = side_pb2.Side()
                _fill(side, name, column[start : start + step])
                yield side


def side_of(
    labelled: Any = None,
    wanted: Any = None,
    unwanted: Any = None,
    head: Any = None,
    cost_history: Any = None,
    target: Any = None,
    calibration: CalibrationSet | None = None,
    stop_set: Any = None,
    screened: Any = None,
    answers: Any = None,
) -> SideArrays:
    """Turn arguments into arrays.

    Raises
    ------
    InvalidRequestError
        If one is no array, or a bundle has other keys.
    """
    columns: dict[str, Array] = {}
    if isinstance(head, tuple) and len(head) == 2:
        head = LinearHead(weights=head[0], bias=head[1])
    if isinstance(cost_history, tuple) and len(cost_history) == 2:
        cost_history = CostHistory(features=cost_history[0], costs=cost_history[1])
    bundles = (
        (Labelled, labelled, "labelled"),
        (LinearHead, head, "head"),
        (CostHistory, cost_history, "cost_history"),
        (Target, target, "target"),
        (CalibrationSet, calibration, "calibration"),
        (StopSet, _stop_set(stop_set), "stop_set"),
        (Answers, answers, "answers"),
    )
    for kind, value, name in bundles:
        bundle: Any = bundle_of(kind, value, name)
        for field in () if bundle is None else kind.__dataclass_fields__:
            array = getattr(bundle, field)
            if array is not None and field != "origin":
                columns[f"{name}.{field}"] = to_array(array, f"{name}.{field}")
    for name, value in (("wanted", wanted), ("unwanted", unwanted), ("screened", screened)):
        if value is not None:
            columns[name] = to_array(value, name)
    for name, column in columns.items():
        if not column.ndim:
            raise InvalidRequestError(f"{name} has no dimension; its first must be the rows", field=name)
    return SideArrays(columns)


def _stop_set(value: Any) -> Any:
    """Return a bundle of what may be a bare array: of classes if it has integers, else of probabilities."""
    if value is None or isinstance(value, (StopSet, Mapping)):
        return value
    array = to_array(value, "stop_set")
    return StopSet(classes=array) if array.dtype.kind in "iu" else StopSet(probabilities=array)


def _fill(side: side_pb2.Side, name: str, column: Array) -> None:
    holder: Any = side
    *above, field = name.split(".")
    for part in above:
        holder = getattr(holder, part)
    codec.fill(getattr(holder, field), np.ascontiguousarray(column))
