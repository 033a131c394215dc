"""Batch choices beside the public libraries: ours over gRPC (Unix socket), data and all, theirs in process with the data at hand.

Every run is a process of its own, ours and the peers' taking turns. Printed are, of the repetitions, the median, lowest and highest
seconds, the peak memory of the process (ours: of the server and of the client), how good the batch is by a common objective, and the ratio
of each peer's median to ours. Peers live in an environment of their own under .cache.

    python tests/bench/bench_batches.py [--repeats N] [ROW ...]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PEER_PYTHON = ROOT / ".cache" / "peers" / "bin" / "python"
ROWS = {
    "k_center_100": ("querist", "scikit-activeml", "small-text"),
    "k_center_1000": ("querist", "scikit-activeml", "small-text"),
    "badge_100": ("querist", "scikit-activeml", "scikit-learn"),
    "facility_location_100": ("querist", "apricot"),
    "k_means_100": ("querist", "scikit-learn", "faiss"),
    "k_means_1000": ("querist", "scikit-learn", "faiss"),
}
SLOW = {("k_center_1000", "scikit-activeml"), ("k_center_1000", "small-text"), ("k_center_100", "small-text")}
"""Contestants that take most of a minute: they run once."""
LIMIT_SECONDS = 400


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    behind = []
    print("| row | contestant | seconds (median) | lowest | highest | peak MiB | objective | peer / ours |")
    print("|---|---|---|---|---|---|---|---|")
    for row in arguments.rows:
        runs: dict[str, list[dict]] = {name: [] for name in ROWS[row]}
        for repeat in range(arguments.repeats):
            for name in ROWS[row]:
                if not repeat or (row, name) not in SLOW:
                    runs[name].append(one_run(row, name))
        ratio = report(row, runs)
        if ratio is not None and ratio < 1:
            behind.append(row)
    print(f"behind a peer: {', '.join(behind) or 'nowhere'}")
    return 0


def one_run(row: str, name: str) -> dict:
    """Run one contestant once in a process of its own."""
    python = sys.executable if name == "querist" else str(PEER_PYTHON)
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    try:
        done = subprocess.run(
            [python, HERE / "batch_contestants.py", row, name],
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {LIMIT_SECONDS} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["?"])[-1][:120]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def report(row: str, runs: dict[str, list[dict]]) -> float | None:
    """Print the lines of a row, and return how much longer the fastest peer took."""
    medians = {name: statistics.median(run["seconds"] for run in found) for name, found in runs.items() if "failed" not in found[0]}
    for name, found in runs.items():
        if name not in medians:
            print(f"| {row} | {name} | failed: {found[0]['failed']} | | | | | |")
            continue
        seconds = [run["seconds"] for run in found]
        ratio = "" if name == "querist" or "querist" not in medians else f"{medians[name] / medians['querist']:.1f}"
        peak = " + ".join(f"{value:.0f}" for value in found[-1]["peak_mib"])
        objective = f"{found[-1]['objective']:.6g}"
        print(
            f"| {row} | {name} | {medians[name]:.3f} | {min(seconds):.3f} | {max(seconds):.3f} | {peak} | {objective} | {ratio} |",
            flush=True,
        )
    peers = [median for name, median in medians.items() if name != "querist"]
    return min(peers) / medians["querist"] if peers and "querist" in medians else None


if __name__ == "__main__":
    sys.exit(main())
