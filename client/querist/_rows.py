"""The rows of a pool on the caller's side: arrays by argument name, and the messages that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import _splicing, codec
from querist._containers import index_of, to_array, to_ids
from querist._parts import LAYOUTS, PartArrays, committee_array, part_arrays
from querist.errors import InvalidRequestError
from querist.v1 import pool_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb

Array = npt.NDArray[Any]
Written = bytes
"""A message as it goes over the wire."""

BLOCK_BYTES = 2 * 2**20
"""What a row block should weigh; measured to stream best."""
COMMITTEE = {"committee": "probabilities", "committee_logits": "logits", "votes": "votes", "committee_values": "values"}
PLAIN = (
    "probabilities",
    "logits",
    "scores",
    "embeddings",
    "keys",
    "label_probabilities",
    "predicted_values",
    "predicted_variances",
    "costs",
    "cost_features",
    "groups",
    "unlabelable",
    "thumbnails",
    "evidence",
    "look_ahead",
)
"""Arguments whose first dimension is the rows, called as in the contract's `Pool`."""
_INPUT = "model_inputs."
ROW_FIELDS = frozenset({*PLAIN, *COMMITTEE, "excluded", "parts", "model_inputs", "ids"})
"""What a batch may hold."""


@dataclass(frozen=True)
class Arrays:
    """Rows that are all there.

    Attributes
    ----------
    columns : dict of str to ndarray
        By argument name.
    rows : int
    layout : str
        Of committee columns.
    parts : PartArrays or None
        Predictions for the parts of each row.
    """

    columns: dict[str, Array]
    rows: int
    layout: str
    parts: PartArrays | None = None

    @property
    def bytes(self) -> int:
        """Bytes of all columns."""
        return sum(column.nbytes for column in self.columns.values()) + (self.parts.bytes if self.parts else 0)

    def pool(self, start: int, stop: int) -> pool_pb2.Pool:
        """Return some rows as a message."""
        pool = pool_pb2.Pool()
        self.fill(pool, start, stop)
        return pool

    def fill(self, pool: pool_pb2.Pool, start: int, stop: int, pack: codec.Pack = codec.fill) -> None:
        """Put some rows into an empty message where it stands."""
        for _, tensor, array in self._tensors(pool, start, stop):
            pack(tensor, array)

    def _tensors(self, pool: pool_pb2.Pool, start: int, stop: int) -> Iterator[tuple[str, tensor_pb2.Tensor, Array]]:
        """Give for some rows the path and the empty tensor of each column in an empty message, and what belongs into it."""
        inputs = 0
        for name, column in self.columns.items():
            members_first = name in COMMITTEE and self.layout == "members_first"
            rows = column[:, start:stop] if members_first else column[start:stop]
            if name in COMMITTEE:
                pool.committee.layout = LAYOUTS[self.layout]
                yield f"committee.{COMMITTEE[name]}", getattr(pool.committee, COMMITTEE[name]), rows
            elif name.startswith(_INPUT):
                yield f"model_inputs.{inputs}.tensor", pool.model_inputs.add(name=name.removeprefix(_INPUT)).tensor, rows
                inputs += 1
            else:
                yield name, getattr(pool, name), rows
        if self.parts is not None:
            yield from self.parts.tensors(pool.parts, start, stop)

    def blocks(self, first_row: int) -> Iterator[Written]:
        """Cut the rows into written messages of at most 2 MiB, or of one row.

        Parameters
        ----------
        first_row : int
            Index in the pool of the first of these rows.
        """
        start = 0
        while start < self.rows:
            stop = self.end(start, BLOCK_BYTES)
            yield self.written(first_row, start, stop)
            start = stop

    def end(self, start: int, block_bytes: int) -> int:
        """Return where to cut so that a block from `start` on weighs at most so much, at least one row later.

        Blocks have a power of two of rows, as those have into which the server cuts the pool: so it need not put any together.
        """
        fitting = max(1, block_bytes * self.rows // max(1, sum(column.nbytes for column in self.columns.values())))
        step = 2 ** (fitting.bit_length() - 1)
        stop = min(start + step, self.rows)
        return stop if self.parts is None else self.parts.end(start, stop, block_bytes)

    def block(self, first_row: int, start: int, stop: int, pack: codec.Pack) -> pb.SelectStreamRequest:
        """Return some of the rows as the message of a stream; `first_row` is the index in the pool of the first of all."""
        message = pb.SelectStreamRequest(block=pb.RowBlock(first_row=first_row + start))
        self.fill(message.block.rows, start, stop, pack)
        return message

    def written(self, first_row: int, start: int, stop: int) -> Written:
        """Return the same message as it goes over the wire; the elements of large tensors are copied there, and nowhere before."""
        message = pb.SelectStreamRequest(block=pb.RowBlock(first_row=first_row + start))
        buffers: _splicing.Buffers = {}
        for path, tensor, array in self._tensors(message.block.rows, start, stop):
            if array.nbytes < _splicing.FEWEST_BYTES:
                codec.fill(tensor, array)
            else:
                sent = np.ascontiguousarray(codec.describe(tensor, array))
                buffers[f"block.rows.{path}"] = sent.reshape(-1).view(np.uint8).data
        return _splicing.joined(message, buffers)


def arrays_of(columns: dict[str, Array], layout: str, parts: PartArrays | None = None) -> Arrays:
    if not columns and parts is None:
        raise InvalidRequestError("there are no rows: give probabilities=, logits=, committee=, or another field of the pool", field="pool")
    lengths = {}
    for name, column in columns.items():
        axis = 1 if name in COMMITTEE and layout == "members_first" else 0
        if column.ndim <= axis:
            raise InvalidRequestError(f"{name} has shape {list(column.shape)}; it needs a row dimension", field=name)
        lengths[name] = column.shape[axis]
    if parts is not None:
        lengths["parts"] = len(parts.counts)
    (first, rows), *others = lengths.items()
    for name, other in others:
        if other != rows:
            raise InvalidRequestError(
                f"{name} has {other} rows and {first} has {rows}; they must agree", field=name, reason="SHAPE_MISMATCH"
            )
    return Arrays(columns, rows, layout, parts)


def model_inputs(value: Any) -> dict[str, Array]:
    if value is None:
        return {}
    named = value if isinstance(value, Mapping) else {"input": value}
    return {_INPUT + name: to_array(tensor, f"model_inputs[{name}]") for name, tensor in named.items()}


def batch_arrays(batch: Mapping[str, Any], layout: str) -> tuple[Arrays, list[Any] | None]:
    unknown = batch.keys() - ROW_FIELDS
    if unknown:
        allowed = ", ".join(sorted(ROW_FIELDS))
        raise InvalidRequestError(f"a batch holds {', '.join(sorted(unknown))}; allowed are {allowed}", field="batch")
    columns: dict[str, Array] = {}
    parts = part_arrays(batch.get("parts"), layout)
    for name, value in batch.items():
        if name in COMMITTEE:
            columns[name] = committee_array(value, name, layout)
        elif name == "model_inputs":
            columns |= model_inputs(value)
        elif name not in ("ids", "parts"):
            columns[name] = to_array(value, name)
    arrays = arrays_of(columns, layout, parts)
    ids = to_ids(batch["ids"]) if "ids" in batch else index_of(next(iter(batch.values())))
    if ids is not None and len(ids) != arrays.rows:
        raise InvalidRequestError(f"a batch has {arrays.rows} rows and {len(ids)} ids; there must be one each", field="ids")
    return arrays, ids
