"""Files that the command line reads and writes."""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from querist._rows import COMMITTEE, PLAIN
from querist.inputs import CostHistory, Labelled, LinearHead, PartPredictions, Target
from querist.results import Batch

FIELDS = ("probabilities", "logits", "scores", "committee", "committee_logits")
"""What the numbers of a file may be."""


BUNDLES = {
    "labelled": Labelled,
    "head": LinearHead,
    "cost_history": CostHistory,
    "target": Target,
    "parts": PartPredictions,
}
ARRAYS = frozenset(
    {*PLAIN, *COMMITTEE, "wanted", "unwanted", "member_weights", "cost_matrix"}
    | {f"{name}.{field.name}" for name, bundle in BUNDLES.items() for field in dataclasses.fields(bundle)}
)
"""What arrays of an .npz file may be called: arguments of `select`, and those of a bundle by a dot, such as "labelled.embeddings"."""


class FileError(Exception):
    """A file that cannot be read or written."""


def read(path: str, field: str, ids: str | None) -> dict[str, Any]:
    """Return the arguments of `select` that a file holds.

    Parameters
    ----------
    path : str
        A .npy file holds one array; an .npz file arrays by the names in `ARRAYS`, or one array; a .csv or .parquet file one row an
        instance, numbers in all columns but that of the ids.
    field : str
        What the numbers are, where the file does not say.
    ids : str or None
        Column, or array of an .npz file, that holds ids.

    Raises
    ------
    FileError
        If the file is not there, or is none of these.
    """
    readers = {".npy": _read_npy, ".npz": _read_npz, ".csv": _read_csv, ".parquet": _read_parquet}
    suffix = Path(path).suffix.lower()
    if suffix not in readers:
        raise FileError(f"{path} is none of {', '.join(readers)}")
    try:
        return readers[suffix](path, field, ids)
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def write(batch: Batch, path: str) -> None:
    """Write a batch as CSV, or as JSON if the file's name says so; "-" is standard output.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    if path == "-":
        _write_csv(batch, sys.stdout)
        return
    try:
        with Path(path).open("w", newline="") as file:
            if path.endswith(".json"):
                json.dump(batch.to_dict(), file, indent=2, default=str)
            else:
                _write_csv(batch, file)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}") from error


def _read_npy(path: str, field: str, ids: str | None) -> dict[str, Any]:
    if ids is not None:
        raise FileError("a .npy file holds no ids")
    return {field: np.load(path, mmap_mode="r", allow_pickle=False)}


def _read_npz(path: str, field: str, ids: str | None) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    found = {"ids": _taken(arrays, ids, path).tolist()} if ids is not None else {}
    if len(arrays) == 1:
        return {field: next(iter(arrays.values())), **found}
    unknown = arrays.keys() - ARRAYS
    if unknown:
        raise FileError(f"{path} holds {', '.join(sorted(unknown))}; allowed are {', '.join(sorted(ARRAYS))}")
    arguments: dict[str, Any] = {}
    for name, array in arrays.items():
        bundle, _, key = name.partition(".")
        if key:
            arguments.setdefault(bundle, {})[key] = array
        else:
            arguments[name] = array
    return {**arguments, **found}


def _read_csv(path: str, field: str, ids: str | None) -> dict[str, Any]:
    with Path(path).open(newline="") as file:
        header, *rows = csv.reader(file)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    found = {"ids": list(_taken(columns, ids, path))} if ids is not None else {}
    numbers = np.array([[float(cell) for cell in column] for column in columns.values()]).T
    return {field: numbers[:, 0] if field == "scores" else numbers, **found}


def _read_parquet(path: str, field: str, ids: str | None) -> dict[str, Any]:
    if importlib.util.find_spec("pandas") is None:
        raise FileError("reading .parquet needs pandas and pyarrow: pip install 'querist[pandas]' pyarrow")
    import pandas as pd

    frame = pd.read_parquet(path)
    columns = {name: frame[name] for name in frame.columns}
    found = {"ids": _taken(columns, ids, path).tolist()} if ids is not None else {}
    numbers = frame[list(columns)].to_numpy()
    return {field: numbers[:, 0] if field == "scores" else numbers, **found}


def _taken(columns: dict[str, Any], name: str, path: str) -> Any:
    if name not in columns:
        raise FileError(f"{path} has no {name}; it has {', '.join(map(str, columns))}")
    return columns.pop(name)


def _write_csv(batch: Batch, file: Any) -> None:
    columns = batch.columns
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(zip(*(list(column) for column in columns.values()), strict=True))
