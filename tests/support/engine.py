"""Runs the engine on arrays, and makes arrays that fit any plan."""

from typing import Any

import numpy as np
from places import Places
from querist_server.engine.kernels import parallel
from querist_server.engine.part import Need
from querist_server.engine.pipeline import Limits, Run, Selection, Task
from querist_server.engine.plan import Plan
from querist_server.engine.presets import PRESETS
from querist_server.engine.ragged import Ragged

LIMITS = Limits(max_rows=10**9, max_classes=10**5, max_members=1000, max_embedding_width=10**5, max_kept_bytes=2**31)


TARGETS = 7
"""Instances of a target set."""


def select(plan: Plan | str, columns: dict[str, np.ndarray], pieces: int | None = None, threads: int = 1, **task: Any) -> Selection:
    """Choose, with so many places to compute in; rows are fed in pieces of the given length."""
    run = started(plan, **task)
    with parallel.lent(Places(threads - 1)):
        feed(run, columns, pieces)
        return run.finish()


def started(plan: Plan | str, limits: Limits = LIMITS, beside: dict[str, np.ndarray] | None = None, **task: Any) -> Run:
    chosen = PRESETS[plan].plan if isinstance(plan, str) else plan
    run = Run(Task(plan=chosen, **{"count": None, "seed": 7, **task}), limits)
    run.beside(beside or {})
    return run


def feed(run: Run, columns: dict[str, Any], pieces: int | None = None) -> None:
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
    classes = 2 if Need.TWO_CLASSES in needs else 5
    made = {
        Need.PROBABILITIES: lambda: {"probabilities": probabilities(rng, rows, classes, dtype)},
        Need.COMMITTEE: lambda: {"committee.probabilities": committee(rng, rows, 3, classes, dtype)},
        Need.COMMITTEE_PROBABILITIES: lambda: {"committee.probabilities": committee(rng, rows, 3, classes, dtype)},
        Need.CALLER_SCORES: lambda: {"scores": rng.random(rows).astype(dtype)},
        Need.EMBEDDINGS: lambda: {"embeddings": rng.standard_normal((rows, 4)).astype(dtype)},
        Need.LOGITS: lambda: {"logits": rng.standard_normal((rows, classes)).astype(dtype)},
        Need.LABEL_PROBABILITIES: lambda: {"label_probabilities": rng.random((rows, 6)).astype(dtype)},
        Need.PREDICTED_VALUES: lambda: {"predicted_values": rng.standard_normal(rows).astype(dtype)},
        Need.PREDICTED_VARIANCES: lambda: {"predicted_variances": rng.random(rows).astype(dtype)},
        Need.COMMITTEE_VALUES: lambda: {"committee.values": rng.standard_normal((rows, 3)).astype(dtype)},
        Need.PARTS: lambda: {"parts": parts(rng, rows, dtype, classes)},
        Need.COSTS: lambda: {"costs": rng.uniform(1, 5, rows).astype(dtype)},
        Need.GROUPS: lambda: {"groups": rng.integers(0, rows, rows)},
        Need.UNLABELABLE: lambda: {"unlabelable": (rng.random(rows) * 0.6).astype(dtype)},
        Need.THUMBNAILS: lambda: {"thumbnails": rng.integers(0, 256, (rows, 5, 5)).astype(np.uint8)},
        Need.EVIDENCE: lambda: {"evidence": rng.gamma(1.0, 3.0, (rows, classes)).astype(dtype)},
        Need.KEYS: lambda: {"keys": np.arange(rows)},
        Need.LOOK_AHEAD: lambda: {"look_ahead": rng.dirichlet(np.ones(classes), (rows, classes, TARGETS)).astype(dtype)},
    }
    columns = {name: column for need in made if need in (needs or {Need.PROBABILITIES}) for name, column in made[need]().items()}
    if "logits" in columns:
        columns.pop("probabilities", None)
    task: dict[str, Any] = {"cost_matrix": rng.random((classes, classes))} if Need.COST_MATRIX in needs else {}
    if needs & {Need.CLASS_COUNT, Need.TWO_CLASSES}:
        task["class_count"] = classes
    beside = beside_for(needs, rng, dtype)
    if beside:
        task["beside"] = beside
    return columns, task


def parts(rng: np.random.Generator, rows: int, dtype: Any = np.float64, classes: int = 5) -> Ragged:
    """Return rows of 0 to 4 parts with class probabilities."""
    counts = rng.integers(0, 5, rows)
    return Ragged(counts, {"probabilities": probabilities(rng, int(counts.sum()), classes, dtype)})


def beside_for(needs: frozenset[Need], rng: np.random.Generator, dtype: Any = np.float64) -> dict[str, np.ndarray]:
    """Return what a plan's needs want beside the pool."""
    classes = 2 if Need.TWO_CLASSES in needs else 5
    made = {
        Need.LABELLED_CLASSES: lambda: {"labelled.classes": rng.integers(0, classes, 9)},
        Need.LABELLED_VALUES: lambda: {"labelled.values": rng.standard_normal(9)},
        Need.LABELLED_SETS: lambda: {"labelled.sets": rng.random((9, 6)) < 0.4},
        Need.WANTED: lambda: {"wanted": rng.standard_normal((4, 4)).astype(dtype)},
        Need.UNWANTED: lambda: {"unwanted": rng.standard_normal((4, 4)).astype(dtype)},
        Need.HEAD: lambda: {"head.weights": rng.standard_normal((classes, 4)), "head.bias": rng.standard_normal(classes)},
        Need.LABELLED_EMBEDDINGS: lambda: {"labelled.embeddings": rng.standard_normal((9, 4)).astype(dtype)},
        Need.ANSWERS: lambda: {
            "answers.instances": np.repeat(np.arange(12), 2),
            "answers.annotators": np.tile([0, 1, 1, 2], 6),
            "answers.labels": rng.integers(-1, classes, 24),
        },
        Need.TARGET_EMBEDDINGS: lambda: {"target.embeddings": rng.standard_normal((TARGETS, 4)).astype(dtype)},
        Need.TARGET_PROBABILITIES: lambda: {"target.probabilities": probabilities(rng, TARGETS, classes, dtype)},
        Need.TARGET_COMMITTEE: lambda: {"target.committee": committee(rng, TARGETS, 3, classes, dtype)},
    }
    if Need.LABELLED_EMBEDDINGS in needs and Need.PREDICTED_VALUES in needs:
        needs |= {Need.LABELLED_VALUES}
    return {name: array for need in made if need in needs for name, array in made[need]().items()}


def rows_of(columns: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """Return some rows of all columns, in the given order."""
    return {name: picked(column, rows) for name, column in columns.items()}


def picked(column: Any, rows: np.ndarray) -> Any:
    if not isinstance(column, Ragged):
        return column[rows]
    return Ragged.joined([column[int(row) : int(row) + 1] for row in rows])
