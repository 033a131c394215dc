"""Replay all cells with all arms, seed by seed, for some minutes; go on where the last time ended.

python tests/bench/grid/grid.py [--minutes M] [--seeds N]
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import page
from areas import FILE, Areas
from arms import SINGLE
from cell import Cell
from cells import all_cells
from policies import RULES, arm_of, auto
from runs import Kept, Run, make

FOLDER = Path(".cache/grid")


def arms_of(cell: Cell) -> list[str]:
    """Return the arms of a cell: each plan alone, and what policies come to there, with and without embeddings."""
    found = (arm_of(policy, cell, embeddings) for embeddings in (True, False) for policy in (auto, *RULES[embeddings, cell.batch]))
    return list(dict.fromkeys(chain(SINGLE, found)))


def all_runs(seeds: int) -> Iterator[Run]:
    """Give all runs, seeds outermost, so that whenever this ends all cells have equally many, but for the last."""
    return (Run(cell, arm, seed) for seed in range(seeds) for cell in all_cells() for arm in arms_of(cell))


def finished(kept: Kept, seeds: int) -> Areas | None:
    """Return the areas of the seeds of which all runs are kept."""
    every = [(cell, arm) for cell in all_cells() for arm in arms_of(cell)]
    whole = [seed for seed in range(seeds) if all(Run(*each, seed) in kept for each in every)]
    if not whole:
        return None
    return Areas({each: np.array([kept.area(Run(*each, seed)) for seed in whole]) for each in every})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends what was started, too
    kept = Kept(FOLDER)
    runs = list(all_runs(arguments.seeds))
    left = sum(run not in kept for run in runs)

    def tell(run: Run) -> None:
        nonlocal left
        left -= 1
        print(f"\r{len(runs) - left} of {len(runs)} runs, seed {run.seed}", end="", file=sys.stderr, flush=True)

    make(runs, kept, arguments.minutes, tell)
    print(file=sys.stderr)
    found = finished(kept, arguments.seeds)
    if found is None:
        print(f"no seed is finished yet: {left} runs are left. To go on: make grid MINUTES=60")
        return 0
    print(page.page(found))
    if FILE.exists() and found.seeds < Areas.read().seeds:
        print(f"This is of {found.seeds} seeds. client/AUTO.md is of more, and stays.")
        return 0
    found.write()
    page.PAGE.write_text(page.page(Areas.read()), encoding="utf-8")  # of what the file says: it rounds
    return 0


if __name__ == "__main__":
    sys.exit(main())
