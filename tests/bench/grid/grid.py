"""Replay all cells with all arms, seed by seed, for some minutes; go on where the last time ended.

    python tests/bench/grid/grid.py [--minutes M] [--seeds N]
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from arms import SINGLE, Arm
from cells import Cell, all_cells
from policies import POLICIES
from runs import Kept, Run, make

FOLDER = Path(".cache/grid")


def arms_of(cell: Cell) -> list[str]:
    """Return the arms of a cell: each plan alone, and what the policies come to there, with and without embeddings."""
    policies = (str(Arm.of(cell.labelled, policy.names(cell, embeddings))) for policy in POLICIES.values() for embeddings in (True, False))
    return list(dict.fromkeys(chain(SINGLE, policies)))


def all_runs(seeds: int) -> Iterator[Run]:
    """Give all runs, seeds outermost, so that whenever this ends all cells have equally many, but for the last."""
    return (Run(cell, arm, seed) for seed in range(seeds) for cell in all_cells() for arm in arms_of(cell))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    kept = Kept(FOLDER)
    runs = list(all_runs(arguments.seeds))
    left = sum(run not in kept for run in runs)

    def tell(run: Run) -> None:
        nonlocal left
        left -= 1
        print(f"\r{len(runs) - left} of {len(runs)} runs, seed {run.seed}", end="", file=sys.stderr, flush=True)

    make(runs, kept, arguments.minutes, tell)
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
