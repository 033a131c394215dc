"""``querist replay``: shows that the same inputs give the same answer, or says which input is not the same."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querist_server.quota import usable_cpus
from querist_server.replay import NO_LIMITS, ReplayError, arrays_of, lines_of, read_models, replay
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore
from querist_server.service.inference import Models

_NOWHERE = "/nonexistent"
"""The directory of a store that has no models: those that run come from files."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 0 if all is the same, 1 if not, 2 if nothing could be compared."""
    try:
        arrays, onnx = arrays_of(options.inputs), read_models(options.model)
        with _models(options.model_directory, needed=bool(options.model or options.model_directory)) as models:
            results = []
            for line in lines_of(Path(options.log), options.selection):
                results.append(replay(line, arrays, models, onnx))
                _print(results[-1].selection_id, results[-1].same, results[-1].told)
    except ReplayError as error:
        sys.stderr.write(f"querist: {error}\n")
        return 2
    return 0 if all(result.same for result in results) else 1


def _print(selection_id: str, same: bool, told: list[str]) -> None:
    sys.stdout.write(f"{selection_id}  {'the same answer' if same else 'NOT the same: ' + '; '.join(told)}\n")
    sys.stdout.flush()


@contextmanager
def _models(directory: str | None, *, needed: bool) -> Iterator[Models | None]:
    if not needed:
        yield None
        return
    pool = WorkerPool(1, usable_cpus())
    try:
        yield Models(ModelStore(Path(directory or _NOWHERE), 2**62, 2**31), pool, most_columns=NO_LIMITS.max_embedding_width)
    finally:
        pool.close()
