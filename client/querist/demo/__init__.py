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
from querist.demo import analysis, plot
from querist.demo.data import split
from querist.demo.loop import ARMS, Curve, campaign

TARGETS = (0.85, 0.90, 0.93, 0.95)
CONTROL = "random"


def main(arguments: Sequence[str]) -> int:
    """Run the demo and return its exit status."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    with _client(options.address) as client:
        curves = run(client, seeds=options.seeds, rounds=options.rounds, batch=options.batch)
    options.output.mkdir(parents=True, exist_ok=True)
    picture = options.output / "learning-curves.png"
    plot.save(curves, picture)
    sys.stdout.write(
        f"\n{analysis.table(curves, CONTROL, TARGETS)}\n\n"
        f"{options.seeds} seeds, batches of {options.batch}, {options.rounds} rounds; the same logistic regression judges every arm.\n"
        f"saved: mean over the seeds in which both reached the target, with 95 % interval (Student's t).\n"
        f"{time.perf_counter() - started:.0f} seconds. Learning curves: {picture}\n"
    )
    return 0


def run(client: querist.Client, *, seeds: int, rounds: int, batch: int) -> dict[str, list[Curve]]:
    """Run every arm on every seed's split.

    Linear algebra runs on one thread: on arrays this small, threads cost several times what they gain.
    """
    curves: dict[str, list[Curve]] = {arm: [] for arm in ARMS}
    with threadpool_limits(1), tqdm(total=seeds * len(ARMS) * (rounds + 1), unit="round") as bar:
        for seed in range(seeds):
            data = split(seed)
            for arm in ARMS:
                bar.set_description(f"seed {seed + 1}/{seeds}, {arm}")
                curve = campaign(client, data, arm, seed=seed, rounds=rounds, batch=batch, tick=bar.update)
                curves[arm].append(curve)
    return curves


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="querist demo", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="how many splits (8)")
    parser.add_argument("--rounds", type=int, default=25, help="how often to choose (25)")
    parser.add_argument("--batch", type=int, default=10, help="how many at a time (10)")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="where the plot goes (demo-output)")
    parser.add_argument("--address", help="a running server (a private one is started)")
    return parser


def _client(address: str | None) -> AbstractContextManager[querist.Client]:
    return querist.connect(address) if address else querist.local()
