"""Models that are quick to train, and their ONNX form."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

LEAST_PROBABILITY = 1e-6
MEMBERS = 4


def single(seed: int) -> Any:
    """Return the model that is being improved, which also measures every arm."""
    return LogisticRegression(max_iter=300, random_state=seed)


def committee(seed: int, features: Features, labels: Labels) -> list[Any]:
    """Return members of the same kind, each fitted to a bootstrap of the labelled set (query by bagging: Abe and Mamitsuka, ICML 1998).

    Each bootstrap keeps one instance of each class, so that all members know all classes.
    """
    rng = np.random.default_rng(seed)
    one_each = np.unique(labels, return_index=True)[1]
    resamples = (np.concatenate((one_each, rng.integers(0, len(labels), len(labels)))) for _ in range(MEMBERS))
    return [single(seed).fit(features[rows], labels[rows]) for rows in resamples]


def export(model: Any, features: Features) -> bytes:
    """Return a fitted classifier as an ONNX model, each time under another name.

    A server knows models by their content: whoever exports the same classifier again may delete it without taking it from anyone else.
    """
    name = f"querist-demo-{uuid4()}"
    onnx: bytes = to_onnx(model, features[:1], name=name, options={"zipmap": False}, target_opset=15).SerializeToString()
    return onnx


def weight(model: Any, features: Features, labels: Labels) -> float:
    """Return how much a member should count: the likelihood that it gives a validation label, on the geometric mean."""
    probabilities = model.predict_proba(features)
    columns = np.searchsorted(model.classes_, labels)
    likelihood = np.maximum(probabilities[np.arange(len(labels)), columns], LEAST_PROBABILITY)
    return float(np.exp(np.log(likelihood).mean()))
