"""Runs selections of a selection log again, from files that hold their inputs: ``querist replay``.

The same engine, without a server: what is compared is what the log says, digest by digest, before anything is computed. So a difference is
either an input, which is named, or it is ours.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf import json_format
from querist import codec
from querist._version import __version__
from querist.v1 import pool_pb2, selection_service_pb2, side_pb2

from querist_server.engine.errors import EngineError
from querist_server.engine.task import Limits
from querist_server.service.account import Account
from querist_server.service.decode import MODEL_INPUT
from querist_server.service.digests import InputDigests
from querist_server.service.inference import Models
from querist_server.service.reading import Rows
from querist_server.service.selection_log import FORMAT, chosen_of
from querist_server.service.work import SelectionWork

Arrays = dict[str, npt.NDArray[Any]]

NO_LIMITS = Limits(2**62, 2**31, 2**31, 2**31, 2**62)
"""A selection that a server has answered is within some limits; which they were does not matter to the answer."""
_MODEL_INPUT = MODEL_INPUT.split("{", maxsplit=1)[0]
BLOCK_BYTES = 2**24
"""What is made into a message at a time; the answer does not depend on it."""


class ReplayError(ValueError):
    """A log or inputs that cannot be replayed."""


@dataclass(frozen=True)
class Replayed:
    """What came of one line.

    Attributes
    ----------
    selection_id : str
    same : bool
        Whether the same was chosen, with the same scores.
    told : list of str
        What differs, or what is to be said.
    """

    selection_id: str
    same: bool
    told: list[str] = field(default_factory=list)


def lines_of(path: Path, wanted: str) -> Iterator[dict[str, Any]]:
    """Give the lines of a log; only that of one selection, if its id is given.

    Raises
    ------
    ReplayError
        If the log cannot be read, or has no such line.
    """
    found = False
    try:
        with path.open() as file:
            for number, text in enumerate(file, start=1):
                try:
                    line = json.loads(text)
                except ValueError as error:
                    raise ReplayError(f"{path}, line {number}: not JSON") from error
                if not isinstance(line, dict) or line.get("format") != FORMAT:
                    raise ReplayError(f"{path}, line {number}: not a line of a selection log that this version ({__version__}) reads")
                if not wanted or line["selection_id"] == wanted:
                    found = True
                    yield line
    except OSError as error:
        raise ReplayError(f"{path} cannot be read: {error.strerror}") from error
    if not found:
        raise ReplayError(f"{path} has no selection {wanted}" if wanted else f"{path} is empty")


def arrays_of(inputs: list[str]) -> Arrays:
    """Read arrays from files.

    Parameters
    ----------
    inputs : list of str
        name=FILE.npy, or FILE.npz, whose arrays have the names: those that the log has under "inputs".

    Raises
    ------
    ReplayError
        If a file cannot be read, or is neither.
    """
    found: Arrays = {}
    for given in inputs:
        name, _, file = given.rpartition("=")
        try:
            loaded = np.load(file, allow_pickle=False, mmap_mode=None if file.endswith(".npz") else "r")
        except (OSError, ValueError) as error:
            raise ReplayError(f"{file} cannot be read: {error}") from error
        if isinstance(loaded, np.ndarray):
            if not name:
                raise ReplayError(f"{file} holds one array; say which input it is, as in probabilities={file}")
            found[name] = loaded
        else:
            found |= {name: loaded[name] for name in loaded.files}
    return found


def replay(line: Mapping[str, Any], arrays: Arrays, models: Models | None, onnx: Mapping[str, bytes]) -> Replayed:
    """Run one selection again.

    Parameters
    ----------
    line : mapping
        Of the log.
    arrays : dict of str to ndarray
        By the names that the line has under "inputs".
    models : Models or None
        Where models run.
    onnx : mapping of str to bytes
        Models by their digests.

    Returns
    -------
    Replayed
    """
    selection_id = str(line["selection_id"])
    try:
        differing = _differences(line["inputs"], arrays)
        if differing:
            return Replayed(selection_id, False, differing)
        chosen = _run(line, arrays, models, onnx)
    except (EngineError, ReplayError) as error:
        return Replayed(selection_id, False, [f"it cannot be run again: {error}"])
    told = _compared(line["chosen"], chosen)
    if told and line["version"] != __version__:
        told.append(f"the log was written by version {line['version']}; this is {__version__}")
    return Replayed(selection_id, not told, told)


def _differences(logged: Mapping[str, Any], arrays: Arrays) -> list[str]:
    """Say which inputs are missing, or are others than those of the log."""
    digests = InputDigests()
    message = {name: _canonical(name, array) for name, array in arrays.items() if name in logged}
    digests.add(message)
    here = digests.described()
    told = []
    for name, was in logged.items():
        if name not in here:
            told.append(f"{name} is missing: {was['dtype']} {was['shape']}")
        elif here[name] != was:
            now = here[name]
            shape = "" if (now["dtype"], now["shape"]) == (was["dtype"], was["shape"]) else f" ({now['dtype']} {now['shape']}"
            shape += f", was {was['dtype']} {was['shape']})" if shape else ""
            told.append(f"{name} is not the same{shape}: sha256 {now['sha256'][:16]}..., was {was['sha256'][:16]}...")
    return told


def _canonical(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if name == "cost_matrix":  # of which the digest is that of the widened one, as it is computed with
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _run(line: Mapping[str, Any], arrays: Arrays, models: Models | None, onnx: Mapping[str, bytes]) -> dict[str, Any]:
    header = selection_service_pb2.SelectHeader()
    json_format.ParseDict(line["header"], header)
    json_format.ParseDict(line["plan"], header.plan)
    header.seed = line["seed"]
    for use in header.models:
        if use.digest in onnx:
            use.onnx = onnx[use.digest]
    if header.models and models is None:
        raise ReplayError("it runs models; give them by --model, or the directory that has them")
    rows: Arrays = {}
    side = side_pb2.Side()
    for name in line["inputs"]:
        if name == "cost_matrix":
            header.cost_matrix.CopyFrom(codec.encode(arrays[name].astype(np.float64)))
        elif name == "exclude_indices":
            header.exclude_indices.extend(arrays[name].reshape(-1).tolist())
        elif name.split(".")[0] in side_pb2.Side.DESCRIPTOR.fields_by_name:
            _put(side, name, arrays[name])
        else:
            rows[name] = arrays[name]
    work = SelectionWork(header, NO_LIMITS, models, "pool", threading.Event(), account=Account())  # type: ignore[arg-type]
    work.beside(side)
    for block in _blocks(rows):
        work.feed(Rows(block))
    return chosen_of(work.finish())


def _blocks(rows: Arrays) -> Iterator[pool_pb2.Pool]:
    """Give the pool in blocks of rows; whole if it has parts, of which rows have different numbers."""
    length = len(next(iter(rows.values()), ()))
    bytes_of_all = sum(array.nbytes for array in rows.values())
    step = max(1, length) if any(name.startswith("parts.") for name in rows) else max(1, BLOCK_BYTES * length // max(1, bytes_of_all))
    for start in range(0, length, step):
        pool = pool_pb2.Pool()
        for name, array in rows.items():
            piece = array if name.startswith("parts.") else array[start : start + step]
            if name.startswith(_MODEL_INPUT):
                pool.model_inputs.add(name=name[len(_MODEL_INPUT) : -1], tensor=codec.encode(piece))
            else:
                _put(pool, name, piece)
        yield pool


def _put(holder: Any, name: str, array: npt.NDArray[Any]) -> None:
    """Put an array where the contract has it."""
    *above, last = name.split(".")
    for step in above:
        holder = getattr(holder, step)
        if step == "committee":
            holder.layout = pool_pb2.COMMITTEE_LAYOUT_ROWS_FIRST
    getattr(holder, last).CopyFrom(codec.encode(array))


def _compared(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    if was["sha256"] == now["sha256"] and was.get("keys") == now.get("keys"):
        return []
    if was["count"] != now["count"]:
        return [f"{now['count']} instances were chosen; it were {was['count']}"]
    for place, (before, after) in enumerate(zip(was["rows"], now["rows"], strict=True)):
        if before != after:
            return [f"place {place} is row {after}; it was row {before}"]
    return ["the same rows, but their scores or keys differ"]


def read_models(files: list[str]) -> dict[str, bytes]:
    """Read models from files, by their digests.

    Raises
    ------
    ReplayError
        If one cannot be read.
    """
    found = {}
    for file in files:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise ReplayError(f"{file} cannot be read: {error.strerror}") from error
        found[hashlib.sha256(content).hexdigest()] = content
    return found
