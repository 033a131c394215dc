"""``querist simulate data.csv --label y``: whether active learning is better than random on one's own data."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

import querist
from querist._files import FileError
from querist._simulation_calls import MISSING
from querist.errors import QueristError

DIGITS = "digits"
INTERRUPTED = 130
_NEEDED = ("sklearn", "scipy", "matplotlib", "tqdm")
_PRICES = ("label_cost", "batch_cost", "error_cost", "predictions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "file",
        help=f"labelled data: .csv with a head, .parquet or .npz; or {DIGITS}: data (float32), model, splits and prices of the demo",
    )
    parser.add_argument("--label", help="column or array of the labels")
    parser.add_argument("--features", help='columns, by names or patterns ("pixel*,age"), or array of the features (all others)')
    parser.add_argument("--embeddings", help="the same for embeddings; or features, for the features themselves, scaled (none)")
    parser.add_argument("--ids", help="column or array that is left out")
    parser.add_argument("--model", help="import path of a classifier with predict_proba (logistic regression on scaled features)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="parameter of the model; may be repeated")
    parser.add_argument("--strategies", nargs="+", help="names of presets, or auto (auto; for digits margin)")
    parser.add_argument("--control", default="random", help="what they are compared with (random)")
    parser.add_argument("--seeds", type=int, default=8, help="how many splits (8)")
    parser.add_argument("--rounds", type=int, help="how often to choose (25, or as often as the pool allows)")
    parser.add_argument("--batch", type=int, default=10, help="how many at a time (10)")
    parser.add_argument("--start", type=int, help="how many labels to begin with (two for each class, and at least 10)")
    parser.add_argument("--test-rows", type=int, help="how many rows the score is measured on (a third)")
    parser.add_argument("--validation-rows", type=int, help="how many rows the error for stop advice is measured on; 0: no advice (tenth)")
    parser.add_argument("--score", default="accuracy", help="name of a scorer of scikit-learn (accuracy)")
    parser.add_argument("--targets", type=float, nargs="+", help="scores of which to say what labels they take (by the control's curve)")
    parser.add_argument("--label-cost", type=float, help="what a label costs")
    parser.add_argument("--batch-cost", type=float, help="what a batch costs beside its labels (0)")
    parser.add_argument("--error-cost", type=float, help="what a wrong prediction costs")
    parser.add_argument("--predictions", type=float, help="how many predictions the model will make in its life")
    parser.add_argument("--currency", default="", help="put before amounts")
    parser.add_argument("--processes", type=int, help="how many runs at a time (as many as there are processors)")
    parser.add_argument("--output", type=Path, help="directory for all results; the same command goes on from there (FILE-simulation)")


def check_installed() -> None:
    """Tell whether what the command needs is there, without importing it.

    Raises
    ------
    QueristError
        If something is missing.
    """
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise QueristError(MISSING)


def run(client: querist.Client, options: argparse.Namespace) -> int:
    """Replay, and say what was found; 130 if the user has had enough.

    Raises
    ------
    FileError
        If the file cannot be read, or the directory not written.
    QueristError
    """
    from querist.simulation.replaying import simulate

    started = time.perf_counter()
    output = options.output or Path(f"{Path(options.file).stem}-simulation")
    arguments = _asked(options)
    try:
        found = simulate(
            client,
            **arguments,
            control=options.control,
            seeds=options.seeds,
            batch=options.batch,
            score=options.score,
            processes=_processors() if options.processes is None else options.processes,
            output=output,
            progress=True,
        )
        found.save(output, options.targets)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nquerist: stopped; the finished runs are in {output}, and the same command goes on from there\n")
        return INTERRUPTED
    except OSError as error:
        raise FileError(f"{output} cannot be written: {error}") from error
    sys.stdout.write(f"\n{found.summary(options.targets)}\n\n{time.perf_counter() - started:.0f} seconds. In {output}: ")
    sys.stdout.write("curves.csv, learning-curves.png, report.html, and the finished runs.\n")
    return 0


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of a simulation that hang together with its data."""
    from querist.simulation import files
    from querist.simulation.estimators import estimator_of

    given = {name: getattr(options, name) for name in ("rounds", "start", "test_rows", "validation_rows")}
    prices = {name: getattr(options, name) for name in _PRICES if getattr(options, name) is not None}
    economics = querist.Economics(**prices, currency=options.currency) if prices else None
    parameters = dict(map(_parameter, options.set))
    if options.file == DIGITS:
        from querist.demo import replayed

        if options.label or options.features or options.ids:
            raise FileError(f"--label, --features and --ids are for files, not for {DIGITS}")
        defaults = replayed.arguments()
        model = options.model or defaults["estimator"]
        return {
            **defaults,
            **{name: value for name, value in given.items() if value is not None},
            "estimator": estimator_of(model, parameters),
            "embeddings": options.embeddings,
            "strategies": options.strategies or defaults["strategies"],
            "economics": economics or defaults["economics"],
        }
    if options.label is None:
        raise FileError("--label is missing: which column or array holds the labels?")
    data = files.read(options.file, label=options.label, features=options.features, embeddings=options.embeddings, ids=options.ids)
    return {
        **given,
        "features": data.features,
        "labels": data.labels,
        "embeddings": data.embeddings,
        "estimator": estimator_of(options.model, parameters),
        "strategies": options.strategies or ["auto"],
        "economics": economics,
        "name": Path(options.file).stem,
    }


def _parameter(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise FileError(f"--set is {text!r}; it must be NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
