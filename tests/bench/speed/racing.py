"""One row: data made once, contestants started, runs that take turns, answers compared."""

import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from goals import Verdict
from processes import Process, Runs
from table import Arrays, Contestant, Kind, Row

LONG_SECONDS = 3.0
"""A first run that takes longer counts at once instead of warming up."""
CONTESTANT_SECONDS = 20.0
"""How long all runs of a contestant in a row may take; who is above runs no more."""
RUN_SECONDS = 400.0
MEMORY = Path("/dev/shm")


@dataclass
class Outcome:
    """What a row has shown.

    Attributes
    ----------
    row : Row
    runs : dict of str to Runs
        By contestant.
    verdicts : list of Verdict
    compared : dict of str to (bool or None, str)
        Whether each contestant chose what ours did, and how that was seen; None: it cannot be said.
    quality : dict of str to float
    bytes : int
        Of the data.
    """

    row: Row
    runs: dict[str, Runs]
    bytes: int
    verdicts: list[Verdict] = field(default_factory=list)
    compared: dict[str, tuple[bool | None, str]] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        """What must not be: another selection, or one of ours that failed."""
        found = [f"{name}: {how}" for name, (same, how) in self.compared.items() if same is False]
        ours = [each for each in self.row.contestants if each.kind is Kind.OURS and each.least_bytes <= self.bytes]
        failed = [each.name for each in ours if self.runs[each.name].failed]
        return found + [f"{name} failed: {self.runs[name].failed}" for name in failed]


def race(row: Row, repeats: int, smaller: int) -> Outcome:
    """Run a row: every contestant once to warm up, then all in turn, forwards and backwards."""
    arrays = row.make(smaller)
    size = sum(array.nbytes for array in arrays.values())
    with tempfile.TemporaryDirectory(prefix="querist-bench-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        files = _saved(arrays, Path(folder))
        processes: dict[str, Process] = {}
        try:
            for contestant in row.contestants:
                if _absence(contestant, size) is None:
                    processes[contestant.name] = _started(contestant, row.task_for(smaller), files)
            _take_turns(processes, repeats)
        finally:
            for process in processes.values():
                process.stop()
    absent = {each.name: Runs(failed=_absence(each, size) or "") for each in row.contestants}
    outcome = Outcome(row, absent | {name: process.runs for name, process in processes.items()}, size)
    outcome.verdicts = [goal.judge(outcome.runs) for goal in row.goals]
    _compare(outcome, arrays)
    return outcome


def _absence(contestant: Contestant, size: int) -> str | None:
    """Return why a contestant takes no part, or None if it does."""
    if size < contestant.least_bytes:
        return f"takes no less than {contestant.least_bytes / 1e6:.1f} MB"
    if not Path(contestant.environment.python).exists():
        return "its environment is not there: make bench makes it"
    return None


def _saved(arrays: Arrays, folder: Path) -> dict[str, Path]:
    files = {name: folder / f"{name}.npy" for name in arrays}
    for name, array in arrays.items():
        np.save(files[name], array)
    return files


def _started(contestant: Contestant, task: dict[str, Any], files: dict[str, Path]) -> Process:
    process = Process(contestant, task, files)
    if process.runs.failed:
        _say(f"    {contestant.name} does not start: {process.runs.failed}")
    return process


def _take_turns(processes: dict[str, Process], repeats: int) -> None:
    order = list(processes.items())
    spent = dict.fromkeys(processes, 0.0)
    for name, process in order:
        if not process.runs.failed:
            process.run(RUN_SECONDS, counts=lambda seconds: seconds > LONG_SECONDS)
            spent[name] = process.runs.seconds
    for _ in range(repeats):
        for name, process in order:
            if not process.runs.failed and process.runs.count < repeats and spent[name] < CONTESTANT_SECONDS:
                process.run(RUN_SECONDS)
                spent[name] = process.runs.seconds
        order.reverse()


def _compare(outcome: Outcome, arrays: Arrays) -> None:
    """Compare all answers with that of the first of ours: ours to the bit, others by the row's own measure."""
    row = outcome.row
    answers = {name: runs.answer for name, runs in outcome.runs.items() if "indices" in runs.answer}
    first = next((each.name for each in row.contestants if each.kind is Kind.OURS and each.name in answers), None)
    for each in row.contestants:
        answer = answers.get(each.name)
        if answer is None or first is None:
            continue
        if row.quality is not None:
            outcome.quality[each.name] = row.quality(arrays, answer["indices"])
        outcome.compared[each.name] = _compared(row, each, arrays, answers[first], answer, outcome.runs[each.name].steady)


def _compared(
    row: Row, contestant: Contestant, arrays: Arrays, ours: dict[str, Any], answer: dict[str, Any], steady: bool
) -> tuple[bool | None, str]:
    if contestant.kind is Kind.OURS:
        same = answer["indices"] == ours["indices"] and steady
        return same, "to the bit, in every run" if same else "OTHER than ours by another way, or in another run"
    if isinstance(row.same, str):
        return None, row.same
    if contestant.name in row.incomparable:
        return None, "another criterion"
    return row.same(arrays, ours, answer)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}{os.linesep}")
    sys.stderr.flush()
