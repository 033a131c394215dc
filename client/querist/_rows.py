"""The rows of a pool on the caller's side: arrays by argument name, and the messages that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import codec
from querist._containers import index_of, to_array, to_ids
from querist.errors import InvalidRequestError
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb

Array = npt.NDArray[Any]

BLOCK_BYTES = 2**20
"""What a row block should weigh; measured to stream best."""
LAYOUTS = {"members_first": pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST, "rows_first": pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST}
COMMITTEE = {"committee": "probabilities", "committee_logits": "logits", "votes": "votes"}
_PLAIN = ("probabilities", "logits", "scores", "embeddings", "keys", "excluded")
_INPUT = "model_inputs."
ROW_FIELDS = frozenset({*_PLAIN, *COMMITTEE, "model_inputs", "ids"})
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
    """

    columns: dict[str, Array]
    rows: int
    layout: str

    @property
    def row_bytes(self) -> int:
        """Bytes of a row over all columns."""
        return max(1, sum(column.nbytes for column in self.columns.values()) // max(1, self.rows))

    def pool(self, start: int, stop: int) -> pool_pb2.Pool:
        """Return some rows as a message."""
        pool = pool_pb2.Pool()
        self.fill(pool, start, stop)
        return pool

    def fill(self, pool: pool_pb2.Pool, start: int, stop: int) -> None:
        """Put some rows into an empty message where it stands."""
        for name, column in self.columns.items():
            members_first = name in COMMITTEE and self.layout == "members_first"
            if name in COMMITTEE:
                pool.committee.layout = LAYOUTS[self.layout]
                tensor = getattr(pool.committee, COMMITTEE[name])
            elif name.startswith(_INPUT):
                tensor = pool.model_inputs.add(name=name.removeprefix(_INPUT)).tensor
            else:
                tensor = getattr(pool, name)
            codec.fill(tensor, column[:, start:stop] if members_first else column[start:stop])

    def blocks(self, first_row: int) -> Iterator[pb.SelectStreamRequest]:
        """Cut the rows into messages of about 1 MiB.

        Parameters
        ----------
        first_row : int
            Index in the pool of the first of these rows.
        """
        step = max(1, BLOCK_BYTES // self.row_bytes)
        for start in range(0, self.rows, step):
            message = pb.SelectStreamRequest(block=pb.RowBlock(first_row=first_row + start))
            self.fill(message.block.rows, start, min(start + step, self.rows))
            yield message


def arrays_of(columns: dict[str, Array], layout: str) -> Arrays:
    if not columns:
        raise InvalidRequestError("there are no rows: give probabilities=, logits=, committee=, or another field of the pool", field="pool")
    lengths = {}
    for name, column in columns.items():
        axis = 1 if name in COMMITTEE and layout == "members_first" else 0
        if column.ndim <= axis:
            raise InvalidRequestError(f"{name} has shape {list(column.shape)}; it needs a row dimension", field=name)
        lengths[name] = column.shape[axis]
    (first, rows), *others = lengths.items()
    for name, other in others:
        if other != rows:
            raise InvalidRequestError(
                f"{name} has {other} rows and {first} has {rows}; they must agree", field=name, reason="SHAPE_MISMATCH"
            )
    return Arrays(columns, rows, layout)


def committee_array(value: Any, name: str, layout: str) -> Array:
    """Return a committee as one array; a list of the members' arrays is put together."""
    if not isinstance(value, (list, tuple)):
        return to_array(value, name)
    members = [to_array(member, f"{name}[{index}]") for index, member in enumerate(value)]
    shapes = {member.shape for member in members}
    if len(shapes) != 1:
        raise InvalidRequestError(f"the members of {name} have shapes {sorted(shapes)}; they must agree", field=name)
    return np.stack(members, axis=0 if layout == "members_first" else 1)


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
    for name, value in batch.items():
        if name in COMMITTEE:
            columns[name] = committee_array(value, name, layout)
        elif name == "model_inputs":
            columns |= model_inputs(value)
        elif name != "ids":
            columns[name] = to_array(value, name)
    arrays = arrays_of(columns, layout)
    ids = to_ids(batch["ids"]) if "ids" in batch else index_of(next(iter(batch.values())))
    if ids is not None and len(ids) != arrays.rows:
        raise InvalidRequestError(f"a batch has {arrays.rows} rows and {len(ids)} ids; there must be one each", field="ids")
    return arrays, ids
