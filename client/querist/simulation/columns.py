"""From what a caller holds to numbers and classes: text columns become one column for each of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist._containers import to_array
from querist.errors import InvalidRequestError
from querist.simulation.split import Features, Labels

MOST_VALUES = 100
"""Different values that a text column may have: with more it names instances and says nothing of others."""
FEWEST_OF_A_CLASS = 2
"""Rows of each class: one that may be learnt and one that is tested on."""


def matrix(value: Any, field: str) -> Features:
    """Return features or embeddings as a matrix of finite numbers, in float64.

    Fits in float32 differ so much from one machine's linear algebra to the next that other instances are chosen.

    Parameters
    ----------
    value : array (N, D), data frame, or mapping of name to column
        Text columns of the latter two are made one column of 0 and 1 for each value; an empty cell of a text column is a value of its own.
    field : str
        What it is called in errors.

    Raises
    ------
    InvalidRequestError
        If it is no matrix, or has a cell that is missing or not finite.
    """
    if isinstance(value, Mapping):
        columns = dict(value)
    elif hasattr(value, "columns") and hasattr(value, "__getitem__"):
        columns = {str(name): value[name] for name in value.columns}
    else:
        return _finite(to_array(value, field), field)
    if not columns:
        raise InvalidRequestError(f"{field} has no columns", field=field)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidRequestError(f"{field} has columns of different lengths: {lengths}", field=field)
    return np.column_stack([_encoded(name, column, field) for name, column in columns.items()])


def classes_of(labels: Any, field: str = "labels") -> tuple[Labels, tuple[str, ...]]:
    """Return the class of each row, from 0, and the classes' names in rising order of the labels.

    Raises
    ------
    InvalidRequestError
        If a label is missing, or there are fewer than two classes, or one has too few rows.
    """
    given = np.asarray(labels.to_numpy() if hasattr(labels, "to_numpy") else labels)
    if given.ndim != 1:
        raise InvalidRequestError(f"{field} have shape {given.shape}; there must be one for each row", field=field)
    missing = np.flatnonzero([_is_missing(each) for each in given.tolist()])
    if missing.size:
        message = f"{field}: row {missing[0]} (counted from 0) has none, as {missing.size} of {len(given)} rows; leave such rows out"
        raise InvalidRequestError(message, field=field, row=int(missing[0]))
    if given.dtype.kind not in "iufb":
        words = given.astype(str)
        given = words.astype(np.float64) if all(_number(word) is not None for word in words.tolist()) else words
    if given.dtype.kind == "f" and np.any(given != np.round(given)):
        raise InvalidRequestError(f"{field} are numbers such as {given[given != np.round(given)][0]}; they must be classes", field=field)
    names, classes, counts = np.unique(given, return_inverse=True, return_counts=True)
    if len(names) < 2:
        told = f"all {str(names[0])!r}" if len(names) else "empty"
        raise InvalidRequestError(f"{field} are {told}; there must be two classes or more", field=field)
    if counts.min() < FEWEST_OF_A_CLASS:
        rare = ", ".join(map(str, names[counts < FEWEST_OF_A_CLASS][:5]))
        message = f"{field}: classes with {counts.min()} row: {rare}; each of the {len(names)} must have {FEWEST_OF_A_CLASS} or more"
        raise InvalidRequestError(message, field=field)
    return classes.reshape(-1).astype(np.int64), tuple(map(str, names.tolist()))


def scaled(features: Features) -> Features:
    """Return features as embeddings: each column less its mean, divided by its standard deviation."""
    deviation = features.std(axis=0)
    return (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def _encoded(name: str, column: Any, field: str) -> Features:
    given = np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column)
    if given.dtype.kind in "iufb":
        return _whole(given.astype(np.float64), name, field)
    if given.dtype.kind in "Mm":
        raise InvalidRequestError(f"{field}: column {name!r} holds {given.dtype}; make it numbers, or leave it out", field=field)
    cells = ["" if _is_missing(cell) else str(cell).strip() for cell in given.tolist()]
    numbers = [_number(cell) for cell in cells]
    if all(number is not None for cell, number in zip(cells, numbers, strict=True) if cell) and any(cells):
        return _whole(np.array([np.nan if number is None else number for number in numbers]), name, field)
    values, place = np.unique(cells, return_inverse=True)
    if len(values) > MOST_VALUES:
        odd = next(row for row, number in enumerate(numbers) if number is None)
        message = (
            f"{field}: column {name!r} is text ({cells[odd]!r} in row {odd}, counted from 0) with {len(values)} different values; "
            f"at most {MOST_VALUES} are allowed: leave it out, or mend it if it should be numbers"
        )
        raise InvalidRequestError(message, field=field)
    return np.eye(len(values))[place.reshape(-1)]


def _whole(numbers: npt.NDArray[np.float64], name: str, field: str) -> Features:
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        said = "no value" if np.isnan(numbers[bad[0]]) else "an infinite value"
        message = (
            f"{field}: column {name!r} has {said} in row {bad[0]} (counted from 0), and in {bad.size} of {len(numbers)} rows; "
            "fill such cells, or leave rows or column out"
        )
        raise InvalidRequestError(message, field=field, row=int(bad[0]))
    return numbers


def _finite(array: npt.NDArray[Any], field: str) -> Features:
    if array.ndim != 2 or not array.size:
        raise InvalidRequestError(f"{field} have shape {array.shape}; they must be a matrix with a row for each instance", field=field)
    found = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        row, column = bad[0].tolist()
        message = f"{field}: row {row}, column {column} (counted from 0) is {found[row, column]}; all must be finite numbers"
        raise InvalidRequestError(message, field=field, row=row)
    return found


def _is_missing(cell: Any) -> bool:
    return cell is None or cell == "" or bool(cell != cell)  # NaN is not itself


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
