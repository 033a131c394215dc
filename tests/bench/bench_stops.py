"""What stopping by our verdict loses, beside each single criterion and small-text's: campaigns on real data, run to the end of their pools.

    python tests/bench/bench_stops.py [--seeds N] [--resume]

Each campaign (data set, model, seed) goes over gRPC until nothing is left to label. For each ratio R of what all errors cost (at an error
of 1) to what a label costs, labels + R x test error is known for every round; the cost-optimal stop is where it is lowest. Regret is what a
rule loses against that, in labels, and as a share of what the worst stop loses. A rule that never says stop stops at the end of the pool.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import querist
from small_text import stopping_criteria as small_text
from stop_runs import MODELS, RATIOS, TASKS, kept, run_and_keep

FOLDER = Path(".cache/stops")
OURS = (
    "classification_change",
    "stabilizing_predictions",
    "delta_f",
    "overall_uncertainty",
    "minimum_expected_error",
    "selected_accuracy",
    "performance_convergence",
    "hold_out_plateau",
)
BY_RATIO = ("verdict", "net_value")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--resume", action="store_true", help="keep the campaigns of an earlier run")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not arguments.resume:
        for path in FOLDER.glob("*.json"):
            path.unlink()
    campaigns = list(itertools.product(TASKS, MODELS, range(arguments.seeds)))
    with querist.local() as client, ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(run_and_keep, client.address, FOLDER, *each) for each in campaigns]
        for done, future in enumerate(as_completed(waiting), 1):
            future.result()
            print(f"\r{done} of {len(campaigns)} campaigns", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return report([json.loads(kept(FOLDER, *each).read_text()) for each in campaigns])


def report(runs: list[dict]) -> int:
    """Print the table; 1 if a dearer error stopped a campaign earlier, or a campaign has no end."""
    lost = {rule: {ratio: [] for ratio in RATIOS} for rule in (*BY_RATIO, *OURS, *SMALL_TEXT, "never")}
    shares = {rule: {ratio: [] for ratio in RATIOS} for rule in lost}
    at_the_end, earlier = defaultdict(int), 0
    for run in runs:
        labelled, error = np.array(run["labelled"], float), np.array(run["test_error"])
        end = len(labelled) - 1
        theirs = {rule: first_stop(run, make) for rule, make in SMALL_TEXT.items()}
        places = [run["stops"].get(f"verdict, ratio {ratio}", end) for ratio in RATIOS]
        earlier += sum(later < sooner for sooner, later in itertools.pairwise(places))
        for ratio in RATIOS:
            total = labelled + ratio * error
            for rule in lost:
                place = run["stops"].get(f"{rule}, ratio {ratio}" if rule in BY_RATIO else rule, theirs.get(rule))
                at_the_end[rule] += place is None or place >= end - 1
                regret = total[end if place is None else place] - total.min()
                lost[rule][ratio].append(regret)
                shares[rule][ratio].append(regret / (total.max() - total.min()))
    heads = "".join(f" {ratio:>6} |" for ratio in RATIOS)
    print(f"{len(runs)} campaigns to the end; mean regret as a share of the worst stop's (%), by R, and in labels\n")
    print(f"| rule |{heads} mean | labels | median labels | at the end |\n|---|{'---|' * (len(RATIOS) + 4)}")
    for rule in sorted(lost, key=lambda rule: np.mean([np.mean(shares[rule][ratio]) for ratio in RATIOS])):
        columns = "".join(f" {100 * np.mean(shares[rule][ratio]):6.1f} |" for ratio in RATIOS)
        mean = 100 * np.mean([np.mean(shares[rule][ratio]) for ratio in RATIOS])
        every = np.concatenate([lost[rule][ratio] for ratio in RATIOS])
        ends = f"{at_the_end[rule]} of {len(every)}"
        print(f"| {rule} |{columns} {mean:.1f} | {every.mean():.0f} | {np.median(every):.0f} | {ends} |")
    endless = sum(not run["verdicts"][str(ratio)].count("STOP") for run in runs for ratio in RATIOS)
    print(f"\ndearer errors that stopped a campaign earlier: {earlier}; campaigns that our verdict never stopped: {endless}")
    return 1 if earlier or endless else 0


def first_stop(run: dict, make) -> int | None:
    """Return the place at which one of small-text's criteria first says stop; None for never, or where it does not apply."""
    predictions = np.array(run["predictions"])
    criterion = make(int(predictions.max()) + 1)
    for place, uncertainty in enumerate(run["uncertainty"]):
        if criterion is None or isinstance(criterion, float):
            if criterion is not None and uncertainty < criterion:
                return place
        elif criterion.stop(predictions=predictions[place]):
            return place
    return None


SMALL_TEXT = {
    "small-text KappaAverage": small_text.KappaAverage,
    "small-text ClassificationChange": small_text.ClassificationChange,
    "small-text DeltaFScore (two classes)": lambda classes: small_text.DeltaFScore(2) if classes == 2 else None,
    "small-text OverallUncertainty": lambda classes: 0.05,  # its threshold; the mean entropy of the unlabelled is known
}


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(main())
