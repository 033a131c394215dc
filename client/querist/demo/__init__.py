"""``querist demo``: does active learning save labels on digits? Whole campaigns over gRPC, with random as control."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn brings it
from tqdm import tqdm

import querist
from querist import plots
from querist.demo import analysis
from querist.demo.data import CHOOSABLE, VALIDATION_ROWS, split
from querist.demo.loop import ARMS, ECONOMICS, campaign
from querist.simulation import text
from querist.simulation.loop import Curve
from querist.simulation.plot import learning_curves

TARGETS = (0.85, 0.90, 0.93, 0.95)
CONTROL = "random"


def main(arguments: Sequence[str]) -> int:
    """Run the demo and return its exit status: 0, or 1 if it could not be run."""
    options = _options(arguments)
    started = time.perf_counter()
    picture, page = options.output / "learning-curves.png", options.output / "digits-0.html"
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        with _client(options.address) as client:
            curves = run(client, seeds=options.seeds, rounds=options.rounds, batch=options.batch, folder=options.output)
        plots.save(learning_curves(curves, CONTROL, name="Digits", score="accuracy on held-out digits"), picture)
    except (querist.QueristError, OSError) as error:
        sys.stderr.write(f"querist: {error}\n")
        return 1
    sys.stdout.write(
        f"\n{text.table(curves, CONTROL, TARGETS)}\n\n"
        f"{options.seeds} seeds, batches of {options.batch}, {options.rounds} rounds; the same logistic regression judges every arm.\n"
        "saved: mean over all seeds with 95 % interval (Student's t, paired by seed, each line by itself);\n"
        "       a seed that never gets there counts with its last label.\n"
        f"committee: its members' weights come from {VALIDATION_ROWS} labels more, which are not counted.\n"
        f"\n{analysis.stops([curve.stop for curve in curves[ARMS[0]]], ECONOMICS)}\n\n"
        f"{time.perf_counter() - started:.0f} seconds. Learning curves: {picture}; the first campaign: {page}\n"
    )
    return 0


def run(client: querist.Client, *, seeds: int, rounds: int, batch: int, folder: Path) -> dict[str, list[Curve]]:
    """Run every arm on every seed's split.

    Linear algebra runs on one thread: on arrays this small, threads cost several times what they gain.
    """
    curves: dict[str, list[Curve]] = {arm: [] for arm in ARMS}
    with threadpool_limits(1), tqdm(total=seeds * len(ARMS) * (rounds + 1), unit="round") as bar:
        for seed in range(seeds):
            data = split(seed)
            for arm in ARMS:
                bar.set_description(f"seed {seed + 1}/{seeds}, {arm}")
                curve = campaign(client, data, arm, seed=seed, rounds=rounds, batch=batch, folder=folder, tick=bar.update)
                curves[arm].append(curve)
    return curves


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="querist demo", description=__doc__)
    parser.add_argument("--seeds", type=_positive, default=8, help="how many splits (8)")
    parser.add_argument("--rounds", type=_positive, default=25, help="how often to choose (25)")
    parser.add_argument("--batch", type=_positive, default=10, help="how many at a time (10)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="where the plot goes (demo-output)")
    parser.add_argument("--address", help="a running server (a private one is started)")
    options = parser.parse_args(arguments)
    asked = options.rounds * options.batch
    if asked > CHOOSABLE:
        parser.error(f"{options.rounds} rounds of {options.batch} are {asked} instances; the pool has {CHOOSABLE} to choose from")
    return options


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is given; allowed is a whole number from 1")
    return number


def _client(address: str | None) -> AbstractContextManager[querist.Client]:
    return querist.connect(address) if address else querist.local()
