"""Predictions for the parts of rows (tokens, boxes, pixels) on the caller's side, and the messages that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist._containers import to_array
from querist.errors import InvalidRequestError
from querist.inputs import PartPredictions, bundle_of
from querist.v1 import pool_pb2, tensor_pb2

Array = npt.NDArray[Any]

LAYOUTS = {"members_first": pool_pb2.COMMITTEE_LAYOUT_MEMBERS_FIRST, "rows_first": pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST}
_COMMITTEE = {"committee": "probabilities", "committee_logits": "logits", "votes": "votes"}


@dataclass(frozen=True)
class PartArrays:
    """Parts of rows that are all there.

    Attributes
    ----------
    counts : ndarray of shape (N,), int64
    columns : dict of str to ndarray
        By argument name.
    layout : str
        Of committee columns.
    """

    counts: Array
    columns: dict[str, Array]
    layout: str

    @property
    def bytes(self) -> int:
        """Bytes of all columns."""
        return self.counts.nbytes + sum(column.nbytes for column in self.columns.values())

    def end(self, start: int, stop: int, most_bytes: int) -> int:
        """Return where to cut so that the parts of the rows from `start` weigh no more, at least one row later."""
        part_bytes = max(1, sum(column.nbytes for column in self.columns.values()) // max(1, int(self.counts.sum())))
        totals = np.cumsum(self.counts[start:stop]) * part_bytes
        return start + max(1, int(np.searchsorted(totals, most_bytes, side="right")))

    def tensors(self, message: pool_pb2.PoolParts, start: int, stop: int) -> Iterator[tuple[str, tensor_pb2.Tensor, Array]]:
        """Give for the parts of some rows the path in the pool and the empty tensor of each column, and what belongs into it."""
        first = int(self.counts[:start].sum())
        last = first + int(self.counts[start:stop].sum())
        yield "parts.counts", message.counts, self.counts[start:stop]
        for name, column in self.columns.items():
            if name in _COMMITTEE:
                message.committee.layout = LAYOUTS[self.layout]
                rows = column[:, first:last] if self.layout == "members_first" else column[first:last]
                yield f"parts.committee.{_COMMITTEE[name]}", getattr(message.committee, _COMMITTEE[name]), rows
            else:
                yield f"parts.{name}", getattr(message, name), column[first:last]


def part_arrays(value: Any, layout: str) -> PartArrays | None:
    """Turn the argument `parts` into arrays.

    Raises
    ------
    InvalidRequestError
        If it is no such bundle, or its arrays do not fit the counts.
    """
    given = bundle_of(PartPredictions, value, "parts")
    if given is None:
        return None
    counts = to_array(given.counts, "parts.counts")
    if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts < 0).any():
        message = f"parts.counts is {counts.dtype} {list(counts.shape)}; it must be (N,), integers of 0 or more"
        raise InvalidRequestError(message, field="parts.counts")
    counts, total = counts.astype(np.int64), int(counts.sum())
    columns = {}
    for name in ("probabilities", "logits", "committee", "committee_logits", "votes", "scores"):
        if getattr(given, name) is None:
            continue
        path = f"parts.{name}"
        columns[name] = committee_array(getattr(given, name), path, layout) if name in _COMMITTEE else to_array(getattr(given, name), path)
        axis = 1 if name in _COMMITTEE and layout == "members_first" else 0
        if columns[name].ndim <= axis or columns[name].shape[axis] != total:
            message = f"{path} has shape {list(columns[name].shape)}; the counts add up to {total} parts"
            raise InvalidRequestError(message, field=path, reason="SHAPE_MISMATCH")
    return PartArrays(counts, columns, layout)


def committee_array(value: Any, name: str, layout: str) -> Array:
    """Return a committee as one array; a list of the members' arrays is put together."""
    if not isinstance(value, (list, tuple)):
        return to_array(value, name)
    members = [to_array(member, f"{name}[{index}]") for index, member in enumerate(value)]
    shapes = {member.shape for member in members}
    if len(shapes) != 1:
        raise InvalidRequestError(f"the members of {name} have shapes {sorted(shapes)}; they must agree", field=name)
    return np.stack(members, axis=0 if layout == "members_first" else 1)
