"""Labelled data in files."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from querist._files import FileError

SUFFIXES = (".csv", ".parquet", ".npz")
THEMSELVES = "features"
"""Stands for embeddings that are the features."""


@dataclass(frozen=True, eq=False)
class LabelledData:
    """What `Client.simulate` is given: features, labels, and embeddings or None."""

    features: Any
    labels: Any
    embeddings: Any


def read(path: str, *, label: str, features: str | None, embeddings: str | None, ids: str | None) -> LabelledData:
    """Return the labelled data of a file.

    Parameters
    ----------
    path : str
        A .csv file with a head, or a .parquet file: columns; an .npz file: arrays.
    label : str
        Column or array of the labels.
    features, embeddings : str, optional
        Columns, by names or patterns such as "pixel*" with commas between them, or the name of an array. Default for features: all that
        is not named otherwise, or else what the embeddings are. "features" for embeddings stands for the features.
    ids : str, optional
        Column or array that is left out.

    Raises
    ------
    FileError
        If the file cannot be read, or does not hold what was named.
    """
    suffix = Path(path).suffix.lower()
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".npz": _read_npz}
    if suffix not in readers:
        raise FileError(f"{path} is none of {', '.join(SUFFIXES)}")
    try:
        held = readers[suffix](path)
    except (OSError, ValueError, csv.Error, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    for name in filter(None, (label, ids)):
        if name not in held:
            raise FileError(f"{path} has no {name!r}; it has {', '.join(map(str, held))}")
    rest = [name for name in held if name not in (label, ids)]
    themselves = embeddings == THEMSELVES and THEMSELVES not in rest
    embedded = [] if embeddings is None or themselves else _matching(rest, embeddings, path, "embeddings")
    remaining = [name for name in rest if name not in embedded] or embedded
    named = remaining if features is None else _matching(rest, features, path, "features")
    if suffix == ".npz":
        chosen, other = _only(held, named, path, "features"), _only(held, embedded, path, "embeddings") if embedded else None
    else:
        chosen, other = _picked(held, named), _picked(held, embedded) if embedded else None
    return LabelledData(chosen, held[label], THEMSELVES if themselves else other)


def _read_csv(path: str) -> dict[str, Any]:
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        head, *rows = csv.reader(file)
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise ValueError(f"line {number} has {len(row)} cells; the head has {len(head)}")
    if len(set(head)) < len(head):
        raise ValueError(f"column {next(name for name in head if head.count(name) > 1)!r} is there twice")
    return dict(zip(head, zip(*rows, strict=True) if rows else [()] * len(head), strict=True))


def _read_parquet(path: str) -> dict[str, Any]:
    if any(importlib.util.find_spec(name) is None for name in ("pandas", "pyarrow")):
        raise FileError("reading .parquet needs pandas and pyarrow: pip install 'querist[pandas]' pyarrow")
    import pandas as pd

    frame = pd.read_parquet(path)
    return {str(name): frame[name] for name in frame.columns}


def _read_npz(path: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _matching(names: Sequence[str], patterns: str, path: str, field: str) -> list[str]:
    found = []
    for pattern in filter(None, (each.strip() for each in patterns.split(","))):
        matching = [name for name in names if fnmatchcase(name, pattern) and name not in found]
        if not matching:
            raise FileError(f"{path} has no {field} {pattern!r}; beside label and ids it has {', '.join(names)}")
        found += matching
    return found


def _picked(held: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: held[name] for name in names}


def _only(held: Mapping[str, Any], names: Sequence[str], path: str, field: str) -> Any:
    if len(names) != 1:
        raise FileError(f"{path} holds {', '.join(names) or 'nothing else'}: name one of its arrays by --{field}")
    return held[names[0]]
