"""Runs the engine on arrays, and makes arrays that fit any plan."""

from typing import Any

import numpy as np
from querist_server.engine.part import Need, Plan
from querist_server.engine.pipeline import Limits, Run, Selection, Task
from querist_server.engine.presets import PRESETS

LIMITS = Limits(max_rows=10**9, max_classes=10**5, max_members=1000, max_embedding_width=10**5, max_kept_bytes=2**31)


def select(plan: Plan | str, columns: dict[str, np.ndarray], pieces: int | None = None, threads: int = 1, **task: Any) -> Selection:
    """Choose; rows are fed in pieces of the given length."""
    run = started(plan, threads=threads, **task)
    feed(run, columns, pieces)
    return run.finish()


def started(plan: Plan | str, threads: int = 1, limits: Limits = LIMITS, **task: Any) -> Run:
    chosen = PRESETS[plan].plan if isinstance(plan, str) else plan
    return Run(Task(plan=chosen, **{"count": None, "seed": 7, **task}), limits, threads=threads)


def feed(run: Run, columns: dict[str, np.ndarray], pieces: int | None = None) -> None:
    rows = len(next(iter(columns.values())))
    step = pieces or max(rows, 1)
    for start in range(0, max(rows, 1), step):
        run.feed({name: column[start : start + step] for name, column in columns.items()})


def scores_of(plan: Plan | str, columns: dict[str, np.ndarray], **task: Any) -> np.ndarray:
    """Return the score of every row, in row order."""
    selection = select(plan, columns, **task)
    scores = np.full(len(next(iter(columns.values()))), np.nan)
    scores[selection.indices] = selection.scores
    return scores


def probabilities(rng: np.random.Generator, rows: int, classes: int, dtype: Any = np.float64) -> np.ndarray:
    """Return random rows, among them some with exact zeros and ones and some uniform ones."""
    values = rng.dirichlet(np.full(classes, 0.7), rows)
    values[0] = 0
    values[0, classes - 1] = 1
    values[1] = 0
    values[1, :2] = 0.5
    values[2] = 1 / classes
    return values.astype(dtype)


def committee(rng: np.random.Generator, rows: int, members: int, classes: int, dtype: Any = np.float64) -> np.ndarray:
    """Return [rows, members, classes]."""
    return np.stack([probabilities(rng, rows, classes, dtype) for _ in range(members)], axis=1)


def columns_for(
    needs: frozenset[Need], rng: np.random.Generator, rows: int, dtype: Any = np.float64
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return columns, and what the task needs beside, for a plan's needs."""
    columns: dict[str, np.ndarray] = {}
    task: dict[str, Any] = {}
    if Need.PROBABILITIES in needs or not needs:
        columns["probabilities"] = probabilities(rng, rows, 5, dtype)
    if needs & {Need.COMMITTEE, Need.COMMITTEE_PROBABILITIES}:
        columns["committee.probabilities"] = committee(rng, rows, 3, 5, dtype)
    if Need.CALLER_SCORES in needs:
        columns["scores"] = rng.random(rows).astype(dtype)
    if Need.EMBEDDINGS in needs:
        columns["embeddings"] = rng.standard_normal((rows, 4)).astype(dtype)
    if Need.COST_MATRIX in needs:
        task["cost_matrix"] = rng.random((5, 5))
    return columns, task
