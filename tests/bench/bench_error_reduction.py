"""Expected error reduction beside the public libraries: ours over gRPC (Unix socket), data and all, theirs in process.

    python tests/bench/bench_error_reduction.py [--repeats N] [--pools N ...] [--rows ROW ...]

Small pools of 3 classes and 20 columns, with the growth exponent of each contestant. scikit-activeml computes the same scores
(MonteCarloEER with a Parzen window classifier), and a difference fails the row; modAL refits a logistic regression. Then large rows, ours
alone, and how the logistic engine ranks beside exact refits on real data sets. Every run is a process of its own, the contestants taking
turns.
"""

import argparse
import itertools
import json
import math
import statistics
import subprocess
import sys

import numpy as np
from bench_batches import HERE, PEER_PYTHON
from refits import rank_correlations

POOLS = (100, 200, 500, 1000)
CONTESTANTS = ("querist", "scikit-activeml", "modAL")
LARGE = ("committee_brier", "ridge_brier", "parzen_zero_one", "xpal", "parzen_log", "logistic_zero_one", "field_3000_nodes")
SLOW_FROM = 500
"""Pools from which the peers run once."""
LIMIT_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pools", nargs="*", type=int, default=list(POOLS))
    parser.add_argument("--rows", nargs="*", default=list(LARGE))
    arguments = parser.parse_args()
    differs = small_pools(arguments.pools, arguments.repeats)
    large_rows(arguments.rows)
    print("\n| data set | rank correlation of logistic_eer with exact refits (median, lowest of 5 draws) |\n|---|---|")
    for name, found in rank_correlations():
        print(f"| {name} | {statistics.median(found):.2f}, {min(found):.2f} |", flush=True)
    return int(differs)


def small_pools(pools: list[int], repeats: int) -> bool:
    """Print one line for each pool and contestant; return whether any scores differ that must not."""
    print("| pool | contestant | seconds (median) | lowest | highest | peak MiB | peer / ours |\n|---|---|---|---|---|---|---|")
    medians: dict[str, dict[int, float]] = {name: {} for name in CONTESTANTS}
    differs = False
    for pool in pools:
        runs: dict[str, list[dict]] = {name: [] for name in CONTESTANTS}
        for repeat in range(repeats):
            for name in CONTESTANTS:
                if not repeat or name == "querist" or pool < SLOW_FROM:
                    runs[name].append(one_run(str(pool), name))
        for name, found in runs.items():
            if "failed" in found[0]:
                print(f"| {pool} | {name} | failed: {found[0]['failed']} | | | | |")
                continue
            seconds = [run["seconds"] for run in found]
            medians[name][pool] = statistics.median(seconds)
            ratio = "" if name == "querist" else f"{medians[name][pool] / medians['querist'][pool]:.0f}"
            peak = " + ".join(f"{value:.0f}" for value in found[-1]["peak_mib"])
            print(
                f"| {pool} | {name} | {medians[name][pool]:.4f} | {min(seconds):.4f} | {max(seconds):.4f} | {peak} | {ratio} |", flush=True
            )
        differs |= not same(runs["querist"][0], runs["scikit-activeml"][0])
    for name, found in medians.items():
        steps = [math.log(found[b] / found[a]) / math.log(b / a) for a, b in itertools.pairwise(pools) if {a, b} <= found.keys()]
        print(f"growth exponent of {name}: {', '.join(f'{step:.2f}' for step in steps) or '-'}")
    print("scores differ from scikit-activeml's" if differs else "scores are scikit-activeml's")
    return differs


def same(ours: dict, theirs: dict) -> bool:
    """Tell whether two contestants rank alike, but for scores that tie."""
    if "failed" in ours or "failed" in theirs:
        return False
    return bool(np.allclose(ours["scores"], theirs["scores"], rtol=1e-9, atol=1e-10))


def large_rows(rows: list[str]) -> None:
    """Print one line for each large row: 100,000 candidates, 10 classes, a sample of 1,000 where one is evaluated."""
    if rows:
        columns = ("100,000 candidates, 10 classes", "seconds", "server's seconds", "peak MiB: server + client", "pool kept, MiB")
        print(f"\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for row in rows:
        found = one_run(row, "querist")
        if "failed" in found:
            print(f"| {row} | failed: {found['failed']} | | | |", flush=True)
            continue
        peak = " + ".join(f"{value:.0f}" for value in found["peak_mib"])
        print(f"| {row} | {found['seconds']:.2f} | {found['server_seconds']:.2f} | {peak} | {found['kept']:.0f} |", flush=True)


def one_run(row: str, name: str) -> dict:
    """Run one contestant once in a process of its own."""
    python = sys.executable if name == "querist" else str(PEER_PYTHON)
    command = [python, str(HERE / "reduction_contestants.py"), row, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {LIMIT_SECONDS} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["?"])[-1][:120]}
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
