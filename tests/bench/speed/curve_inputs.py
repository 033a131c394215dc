"""What a preset needs, made up: columns of a pool by rows, and what stands beside it."""

from typing import Any

import numpy as np

CLASSES, MEMBERS, WIDTH, LABELS, KNOWN, TARGETS = 10, 5, 32, 10, 200, 100
LOOK_AHEAD_TARGETS = 2


def columns(needs: frozenset[str], rows: int) -> dict[str, Any]:
    """Return the row fields of `Client.select` for what is needed."""
    rng = np.random.default_rng(rows)
    made: dict[str, Any] = {}
    if needs & {"PROBABILITIES", "LOOK_AHEAD"} or not needs:
        made["probabilities"] = _shares(rng, rows, CLASSES)
    if needs & {"COMMITTEE", "COMMITTEE_PROBABILITIES"}:
        made["committee"] = _shares(rng, MEMBERS, rows, CLASSES)
    simple = {
        "EMBEDDINGS": ("embeddings", lambda: rng.standard_normal((rows, WIDTH), np.float32)),
        "LABEL_PROBABILITIES": ("label_probabilities", lambda: rng.random((rows, LABELS), np.float32)),
        "COMMITTEE_VALUES": ("committee_values", lambda: rng.standard_normal((MEMBERS, rows), np.float32)),
        "PREDICTED_VALUES": ("predicted_values", lambda: rng.standard_normal(rows, np.float32)),
        "PREDICTED_VARIANCES": ("predicted_variances", lambda: rng.random(rows, np.float32)),
        "CALLER_SCORES": ("scores", lambda: rng.random(rows, np.float32)),
        "EVIDENCE": ("evidence", lambda: 3 * rng.standard_exponential((rows, CLASSES), np.float32)),
        "KEYS": ("keys", lambda: np.arange(rows)),
        "LOOK_AHEAD": ("look_ahead", lambda: _shares(rng, rows, CLASSES, LOOK_AHEAD_TARGETS, CLASSES)),
        "PARTS": ("parts", lambda: _parts(rng, rows)),
    }
    return made | {name: make() for need, (name, make) in simple.items() if need in needs}


def beside(needs: frozenset[str]) -> dict[str, Any]:
    """Return the rest: labelled and target sets, examples, a head, costs."""
    rng = np.random.default_rng(1)
    classes = 2 if "TWO_CLASSES" in needs else CLASSES
    points = rng.standard_normal((KNOWN, WIDTH), np.float32)
    labelled = {
        "LABELLED_EMBEDDINGS": ("embeddings", points),
        "LABELLED_CLASSES": ("classes", np.arange(KNOWN) % classes),
        "LABELLED_SETS": ("sets", rng.random((KNOWN, LABELS)) < 0.3),
    }
    targets = LOOK_AHEAD_TARGETS if "LOOK_AHEAD" in needs else TARGETS
    target = {
        "TARGET_COMMITTEE": ("committee", _shares(rng, targets, MEMBERS, CLASSES)),
        "TARGET_PROBABILITIES": ("probabilities", _shares(rng, targets, CLASSES)),
    }
    answers = {
        "instances": np.repeat(np.arange(KNOWN), 3),
        "annotators": np.tile(np.arange(6), KNOWN // 2),
        "labels": rng.integers(0, classes, 3 * KNOWN),
    }
    bundles = {
        "labelled": {name: value for need, (name, value) in labelled.items() if need in needs},
        "target": {name: value for need, (name, value) in target.items() if need in needs},
        "answers": answers if "ANSWERS" in needs else {},
    }
    single = {
        "WANTED": ("wanted", points[:20]),
        "UNWANTED": ("unwanted", points[20:40]),
        "HEAD": ("head", (rng.standard_normal((classes, WIDTH)), rng.standard_normal(classes))),
        "COST_MATRIX": ("cost_matrix", rng.random((classes, classes))),
        "CLASS_COUNT": ("class_count", classes),
    }
    given: dict[str, Any] = {name: value for name, value in bundles.items() if value}
    return given | {name: value for need, (name, value) in single.items() if need in needs}


def _shares(rng: np.random.Generator, *shape: int) -> np.ndarray:
    drawn = rng.standard_exponential(shape, np.float32)
    drawn /= drawn.sum(axis=-1, keepdims=True)
    return drawn


def _parts(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    counts = rng.integers(0, 5, rows)
    return {"counts": counts, "probabilities": _shares(rng, int(counts.sum()), CLASSES)}
