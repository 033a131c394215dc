"""Which runs are finished, kept in a file that only grows, so that whatever ends a replay loses no run that was done."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidRequestError
from querist.simulation.advised import Stop
from querist.simulation.loop import Curve

NAME = "runs.jsonl"
VERSION = 1
Key = tuple[str, str, int]
"""A strategy's name, its plan, and a seed."""


class Ledger:
    """Finished runs by strategy, plan and seed.

    Parameters
    ----------
    folder : Path or None
        Where the file is, or is made; None: nothing is kept.
    about : mapping
        What all runs have in common: digests of the data, the model, settings and versions, as plain values.

    Raises
    ------
    InvalidRequestError
        If the folder holds runs of something else, or cannot be written.
    """

    def __init__(self, folder: Path | None, about: Mapping[str, Any]) -> None:
        self._path = None if folder is None else folder / NAME
        self._runs: dict[Key, Curve] = {}
        if self._path is None or folder is None:
            return
        head = {"querist_simulation": VERSION, "about": json.loads(json.dumps(about))}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lines = _whole_lines(self._path)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidRequestError(f"output is {str(folder)!r}, which cannot be used: {error}", field="output") from error
        if not lines:
            self._append(head)
            return
        try:
            found, *runs = map(json.loads, lines)
            _check_same(found, head, self._path)
            for each in runs:
                self._runs[each["strategy"], each["plan"], each["seed"]] = _curve(each)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, InvalidRequestError):
                raise
            raise InvalidRequestError(f"{self._path} is damaged, or no file of a simulation: remove it", field="output") from error

    def __contains__(self, run: Key) -> bool:
        return run in self._runs

    def __getitem__(self, run: Key) -> Curve:
        return self._runs[run]

    def add(self, name: str, plan: str, seed: int, curve: Curve) -> None:
        """Keep a finished run; it is on disk when this returns."""
        self._runs[name, plan, seed] = curve
        self._append({"strategy": name, "plan": plan, "seed": seed, **asdict(curve)})

    def _append(self, entry: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def digest(array: Any) -> str | None:
    """Return a digest of an array's type, shape and content, or None for none."""
    if array is None:
        return None
    found = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _whole_lines(path: Path) -> list[str]:
    """Return the lines of a file; what a crash left of a last one is cut off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    return whole.decode().splitlines()


def _check_same(found: Mapping[str, Any], head: Mapping[str, Any], path: Path) -> None:
    if found["querist_simulation"] != VERSION:
        raise InvalidRequestError(f"{path} has version {found['querist_simulation']}; this release knows {VERSION}", field="output")
    before, now = _flat(found["about"]), _flat(head["about"])
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if changed:
        told = "; ".join(f"{name} was {before.get(name)!r} and is {now.get(name)!r}" for name in changed[:3])
        raise InvalidRequestError(f"{path.parent} holds runs of another simulation ({told}): take another directory", field="output")


def _flat(about: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in about.items():
        key = f"{before}.{name}".strip(".")
        found |= _flat(value, key) if isinstance(value, dict) else {key: value}
    return found


def _curve(entry: Mapping[str, Any]) -> Curve:
    stop = entry["stop"]
    return Curve(tuple(entry["labels"]), tuple(entry["scores"]), None if stop is None else Stop(**stop), entry["unconverged"])
