"""Runs of the grid, and the file that keeps them: a line for each, so that whatever ends the grid loses no run that was done."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import cells
import querist
from arms import Arm, Follower
from cell import Cell
from querist._client import Client
from querist.simulation.analysis import area
from querist.simulation.loop import Curve

NAME = "runs.jsonl"
DIGITS = 5


@dataclass(frozen=True)
class Run:
    """One campaign."""

    cell: Cell
    arm: str
    seed: int

    @property
    def key(self) -> str:
        """What changes if the run would."""
        return hashlib.sha256(f"{cells.key(self.cell)} {_plans(self.arm)} {self.arm} {self.seed}".encode()).hexdigest()[:16]

    def curve(self, client: Any) -> Curve:
        """Make the run."""
        arm = Arm.read(self.arm)
        return cells.trial(self.cell, arm.embeddings).run(Follower(client, arm), "arm", self.seed)  # type: ignore[arg-type]


class Kept:
    """Scores of finished runs, by what they depend on."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        folder.mkdir(parents=True, exist_ok=True)
        whole = self._path.read_bytes() if self._path.exists() else b""
        whole = whole[: whole.rfind(b"\n") + 1]
        if self._path.exists():
            os.truncate(self._path, len(whole))
        self._scores = {entry["key"]: tuple(entry["scores"]) for entry in map(json.loads, whole.splitlines())}

    def __contains__(self, run: Run) -> bool:
        return run.key in self._scores

    def curve(self, run: Run) -> Curve:
        """Return what was measured."""
        cell = run.cell
        return Curve((*cell.labelled, cell.labelled[-1] + cell.batch), self._scores[run.key])

    def area(self, run: Run) -> float:
        """Return the area under the run's curve."""
        return area(self.curve(run))

    def add(self, run: Run, scores: tuple[float, ...]) -> None:
        """Keep a run; it is on disk when this returns."""
        cell, rounded = run.cell, [round(score, DIGITS) for score in scores]
        entry = {"data": cell.data, "family": cell.family, "batch": cell.batch, "arm": run.arm, "seed": run.seed, "key": run.key}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**entry, "scores": rounded}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._scores[run.key] = tuple(rounded)


def make(runs: Iterable[Run], kept: Kept, minutes: float, tell: Callable[[Run], None]) -> bool:
    """Make the runs that are not kept, in their order, until the time is over; tell whether all were made."""
    end = time.monotonic() + 60 * minutes
    waiting = (run for run in runs if run not in kept and time.monotonic() < end)
    workers = len(os.sched_getaffinity(0))
    going: dict[Future[tuple[float, ...]], Run] = {}
    with (
        querist.local(timeout=None) as client,
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (replace(client._options, on_retry=None),)) as pool,
    ):
        while True:
            going.update((pool.submit(_scores, run), run) for run in islice(waiting, 2 * workers - len(going)))
            if not going:
                return time.monotonic() < end
            for future in wait(going, return_when=FIRST_COMPLETED).done:
                run = going.pop(future)
                kept.add(run, future.result())
                tell(run)


class _Here:
    client: Client


def _begin(options: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all processes; the first of them decides
    warnings.filterwarnings("ignore", "The number of unique classes")  # a campaign begins with one label of each class
    _Here.client = Client(options)


def _scores(run: Run) -> tuple[float, ...]:
    return run.curve(_Here.client).scores


@cache
def _plans(arm: str) -> str:
    return Arm.read(arm).plans
