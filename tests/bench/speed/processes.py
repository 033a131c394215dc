"""Contestants as processes: started once, told to run in turn, and what each run took of processor and memory."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machine import Used, family, memory
from table import Contestant

HERE = Path(__file__).resolve().parent
PREPARE_SECONDS = 300.0


@dataclass
class Runs:
    """What a contestant did in a row.

    Attributes
    ----------
    figures : dict of str to list of float
        Of each run that counts, such as "seconds".
    answer : dict
        What the first run found, such as "indices".
    steady : bool
        Whether all runs found the same.
    failed : str
        Why there is nothing, or no more.
    grown_mib : dict of str to float
        How far peak memory was above what was there before the first run: "own", and "server" for the process's children.
    foreign_seconds, own_seconds, wall_seconds : float
        Processor time of others and of all our processes during the runs that count, and how long these took.
    """

    figures: dict[str, list[float]] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    steady: bool = True
    failed: str = ""
    grown_mib: dict[str, float] = field(default_factory=dict)
    foreign_seconds: float = 0.0
    wall_seconds: float = 0.0
    own_seconds: float = 0.0

    def add(self, found: dict[str, Any], wall: float, before: Used, after: Used, counts: bool) -> None:
        """Take a run in; one that does not count is compared alone."""
        answer = {name: value for name, value in found.items() if not isinstance(value, float)}
        self.answer = self.answer or answer
        self.steady &= answer == self.answer
        if counts:
            for name, value in found.items():
                if isinstance(value, float):
                    self.figures.setdefault(name, []).append(value)
            self.foreign_seconds += after.foreign_since(before)
            self.own_seconds += after.own - before.own
            self.wall_seconds += wall

    @property
    def count(self) -> int:
        """Runs that count."""
        return len(self.figures.get("seconds", ()))

    @property
    def seconds(self) -> float:
        """What they took together."""
        return sum(self.figures.get("seconds", ()))

    @property
    def foreign_cores(self) -> float:
        """How many processors others used meanwhile."""
        return self.foreign_seconds / self.wall_seconds if self.wall_seconds else 0.0


class Process:
    """A contestant at work.

    Parameters
    ----------
    contestant : Contestant
    task : dict
        What it is told, the same for all contestants of a row.
    arrays : dict of str to Path
        The data, as files of numpy's.
    """

    def __init__(self, contestant: Contestant, task: dict[str, Any], arrays: dict[str, Path]) -> None:
        self.runs = Runs()
        given = {
            "module": contestant.module,
            "task": {**task, **contestant.options},
            "arrays": {name: str(path) for name, path in arrays.items()},
        }
        environment = {**os.environ, **contestant.environment.variables, **contestant.variables}
        self._bytes = sum(path.stat().st_size for path in arrays.values())
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            [contestant.environment.python, HERE / "worker.py", json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            start_new_session=True,
        )
        self._before: dict[int, float] = {}
        if self._answer(PREPARE_SECONDS):
            for pid in family(self._process.pid):
                Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak begins anew
                self._before[pid] = memory(pid, "VmRSS")

    def run(self, limit: float, counts: Callable[[float], bool] = lambda _: True) -> None:
        """Run once, for at most so many seconds; `counts` tells whether a run that took so long is more than a warm-up."""
        before, started = Used.now(), time.perf_counter()
        self._process.stdin.write(b"run\n")
        self._process.stdin.flush()
        found = self._answer(limit)
        if found:
            wall = time.perf_counter() - started
            found["GB/s"] = self._bytes / found["seconds"] / 1e9
            self.runs.add(found, wall, before, Used.now(), counts(found["seconds"]))
            self._look_at_memory()

    def stop(self) -> None:
        """End the process and what it has started."""
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if ready else b""
        found = json.loads(line) if line else {"failed": self._last_words() if ready else f"more than {seconds:g} s"}
        if "failed" not in found:
            return found
        self.runs.failed = found["failed"]
        if not ready:
            os.killpg(self._process.pid, signal.SIGKILL)
        return None

    def _look_at_memory(self) -> None:
        grown = {"own": 0.0, "server": 0.0}
        for pid in family(self._process.pid):
            which = "own" if pid == self._process.pid else "server"
            grown[which] += max(0.0, memory(pid, "VmHWM") - self._before.get(pid, 0.0))
        for which, mib in grown.items():
            self.runs.grown_mib[which] = max(mib, self.runs.grown_mib.get(which, 0.0))

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return lines[-1][:300] if lines else "it ended without a word"
