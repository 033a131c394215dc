"""Digests of what a selection was made from, so that it can be told later whether some data are the same. They hold nothing of the data.

A tensor is what it is however it came: in one message, in blocks of any length, as a file, as bytes or as a list of numbers, members
first or rows first. Its digest is the SHA-256 of its elements in C order, rows first, little-endian: in numpy, of `array.tobytes()`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from google.protobuf import field_mask_pb2
from google.protobuf.message import Message
from querist import codec
from querist.v1 import selection_service_pb2

from querist_server.engine.ragged import Ragged

AnyMessage = TypeVar("AnyMessage", bound=Message)

_LEFT_OUT = ("strategy", "plan", "seed", "models", "campaign", "cost_matrix", "exclude_indices", "return_scores")
"""What is told as it was run, by a digest, or not at all: a campaign's state is its caller's, and no part of what is chosen."""
PIECE_BYTES = 2**22
"""What is copied at most at a time of an array that lies in another order."""


def without_data(header: selection_service_pb2.SelectHeader) -> selection_service_pb2.SelectHeader:
    """Return what a caller asked for, but no tensors, plan or campaign's state; a model that came with the call by its digest.

    It is a copy that shares nothing with the request, which may be large and can go.
    """
    kept = _copy(header, _LEFT_OUT)
    for use in header.models:
        model = _copy(use, ("onnx",))
        if use.WhichOneof("source") == "onnx":
            model.digest = hashlib.sha256(use.onnx).hexdigest()
        kept.models.append(model)
    return kept


def _copy(message: AnyMessage, left_out: Collection[str]) -> AnyMessage:
    kept = type(message)()
    names = [field.name for field, _ in message.ListFields() if field.name not in left_out]
    field_mask_pb2.FieldMask(paths=names).MergeMessage(message, kept)
    return kept


class InputDigests:
    """Digests of columns that come in pieces of rows."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}

    def add(self, columns: Mapping[str, Any]) -> None:
        """Take the next rows of some columns: arrays, or `Ragged` parts, by name."""
        for name, array in _arrays(columns):
            if name not in self._columns:
                self._columns[name] = _Column(array)
            self._columns[name].add(array)

    def described(self) -> dict[str, dict[str, Any]]:
        """Return type, shape and digest of each column."""
        return {name: column.described() for name, column in sorted(self._columns.items())}


class _Column:
    def __init__(self, first: npt.NDArray[Any]) -> None:
        self._dtype, self._row_shape = codec.dtype_name(first.dtype), list(first.shape[1:])
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, array: npt.NDArray[Any]) -> None:
        self._rows += len(array)
        step = len(array) if array.flags.c_contiguous else max(1, PIECE_BYTES // max(1, array[:1].nbytes))
        for start in range(0, len(array), max(step, 1)):
            piece = np.ascontiguousarray(array[start : start + step])
            self._hash.update(piece.reshape(-1).view("u1").data)

    def described(self) -> dict[str, Any]:
        return {"dtype": self._dtype, "shape": [self._rows, *self._row_shape], "sha256": self._hash.hexdigest()}


def _arrays(columns: Mapping[str, Any]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for name, column in columns.items():
        if isinstance(column, Ragged):
            yield f"{name}.counts", column.counts
            yield from ((f"{name}.{inner}", array) for inner, array in column.columns.items())
        else:
            yield name, column
