"""Areas under the grid's learning curves, and the file that keeps them: what the page is made from."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arms import CONTROL, SINGLE, WITHOUT_EMBEDDINGS
from cell import Cell
from querist.simulation.analysis import Difference, difference, holm

FILE = Path(__file__).with_name("areas.csv")
DIGITS = 4


@dataclass(frozen=True)
class Case:
    """A cell, with or without embeddings sent. Without, only plans that need none can be run."""

    cell: Cell
    embeddings: bool

    @property
    def plans(self) -> tuple[str, ...]:
        """Plans that can be run."""
        return SINGLE if self.embeddings else WITHOUT_EMBEDDINGS


class Areas:
    """Areas by cell and arm, one for each seed; all have the same seeds."""

    def __init__(self, found: dict[tuple[Cell, str], np.ndarray]) -> None:
        self._found = found
        self.seeds = len(next(iter(found.values())))
        self.cells = list(dict.fromkeys(cell for cell, _ in found))
        self.cases = [Case(cell, embeddings) for embeddings in (True, False) for cell in self.cells]

    @classmethod
    def read(cls) -> Areas:
        """Read the file."""
        found = {}
        with FILE.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                cell = Cell(row["data"], row["family"], int(row["batch"]), int(row["classes"]), int(row["rounds"]))
                found[cell, row["arm"]] = np.array(row["areas"].split(), float)
        return cls(found)

    def write(self) -> None:
        """Write the file."""
        with FILE.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(("data", "family", "batch", "classes", "rounds", "arm", "areas"))
            for (cell, arm), areas in self._found.items():
                values = " ".join(f"{area:.{DIGITS}f}" for area in areas)
                out.writerow((cell.data, cell.family, cell.batch, cell.classes, cell.rounds, arm, values))

    def mean(self, cell: Cell, arm: str) -> float:
        """Return the mean area over seeds."""
        return float(self._of(cell, arm).mean())

    def best(self, case: Case) -> str:
        """Return the plan that was best in hindsight."""
        return max(case.plans, key=lambda plan: self.mean(case.cell, plan))

    def best_of_set(self, case: Case) -> str:
        """Return the plan that was best in hindsight over all cells of the case's data set."""
        cells = [cell for cell in self.cells if cell.data == case.cell.data]
        return max(case.plans, key=lambda plan: sum(self.mean(cell, plan) for cell in cells))

    def ratio(self, case: Case, arm: str, best: str | None = None) -> float:
        """Return an arm's area over that of the best plan."""
        return self.mean(case.cell, arm) / self.mean(case.cell, best or self.best(case))

    def unlucky_ratio(self, case: Case, arm: str) -> float:
        """Return an arm's area over that of plans which, for each seed, were best on all the others."""
        plans = np.array([self._of(case.cell, plan) for plan in case.plans])
        if self.seeds == 1:
            return self.ratio(case, arm)
        best = (plans.sum(axis=1, keepdims=True) - plans).argmax(axis=0)
        return self.mean(case.cell, arm) / float(plans[best, np.arange(self.seeds)].mean())

    def against_control(self, arm_of: Callable[[Case], str], cases: Iterable[Case]) -> Iterator[tuple[Case, Difference, Difference]]:
        """Compare with the control, paired by seed: the difference by itself, and corrected for all cases together (Holm)."""
        cases = list(cases)
        plain = [difference(self._of(case.cell, arm_of(case)) - self._of(case.cell, CONTROL)) for case in cases]
        return zip(cases, plain, holm(plain), strict=True)

    def _of(self, cell: Cell, arm: str) -> np.ndarray:
        found = self._found.get((cell, arm))
        if found is None:
            raise LookupError(f"{FILE.name} knows nothing of {arm} on {cell.data}, {cell.family}, batches of {cell.batch}: make grid")
        return found


def by_set(ratios: Iterable[tuple[Case, float]]) -> dict[str, float]:
    """Return the mean ratio of each data set."""
    found: dict[str, list[float]] = {}
    for case, ratio in ratios:
        found.setdefault(case.cell.data, []).append(ratio)
    return {data: float(np.mean(each)) for data, each in found.items()}
