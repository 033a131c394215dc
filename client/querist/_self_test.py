"""Small selections whose answers are computed here as well, by brute force, so that a server can be seen to be right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import _tiny_model
from querist._client import Client
from querist.results import Batch

ROWS, CLASSES, COUNT = 300, 5, 20
TOLERANCE = 1e-5
"""How far scores may be apart: here they are computed from the same FLOAT32 numbers in double precision."""


def unary(client: Client) -> str:
    """Choose by margin from a pool in one message, and return what is wrong with the answer, "" if nothing."""
    probabilities = _predictions(CLASSES)
    return _difference(client.select(probabilities, strategy="margin", count=COUNT), _margins(probabilities))


def streamed(client: Client) -> str:
    """Choose by entropy from a stream of two blocks, and return what is wrong with the answer."""
    probabilities = _predictions(CLASSES)
    exact = probabilities.astype(np.float64)
    scores = -(exact * np.log(exact)).sum(axis=1)
    return _difference(client.select(_halves(probabilities), strategy="entropy", count=COUNT), scores)


def with_model(client: Client) -> str:
    """Choose by margin from what a model of a hundred bytes predicts on the server, and return what is wrong with the answer."""
    logits = np.log(_predictions(_tiny_model.CLASSES))
    exponentials = np.exp(logits.astype(np.float64))
    batch = client.select(models=[_tiny_model.softmax_model()], model_inputs={_tiny_model.INPUT: logits}, strategy="margin", count=COUNT)
    return _difference(batch, _margins(exponentials / exponentials.sum(axis=1, keepdims=True)))


def _predictions(classes: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(7).dirichlet(np.ones(classes), ROWS).astype(np.float32)


def _halves(rows: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    yield rows[: ROWS // 3]
    yield rows[ROWS // 3 :]


def _margins(probabilities: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    ordered = np.sort(probabilities.astype(np.float64), axis=1)
    return 1 - (ordered[:, -1] - ordered[:, -2])


def _difference(batch: Batch, scores: npt.NDArray[np.float64]) -> str:
    expected = np.argsort(-scores, kind="stable")[: len(batch)]
    if len(batch) != COUNT or not np.array_equal(batch.indices, expected):
        return f"{batch.strategy} chose {batch.indices.tolist()}; right is {expected.tolist()}"
    worst = float(np.abs(batch.scores - scores[expected]).max())
    return f"scores of {batch.strategy} are off by up to {worst:g}; allowed is {TOLERANCE:g}" if worst > TOLERANCE else ""
