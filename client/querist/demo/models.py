"""Models that are quick to train, and their ONNX form."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

LEAST_PROBABILITY = 1e-6


def single(seed: int) -> Any:
    """Return the model that is being improved, which also measures every arm."""
    return LogisticRegression(max_iter=300, random_state=seed)


def committee(seed: int) -> list[Any]:
    """Return members of different kinds."""
    return [
        single(seed),
        RandomForestClassifier(n_estimators=20, random_state=seed, n_jobs=1),
        MLPClassifier((32,), solver="lbfgs", alpha=1.0, max_iter=100, random_state=seed),
    ]


def export(model: Any, features: Features) -> bytes:
    """Return a fitted classifier as an ONNX model."""
    onnx: bytes = to_onnx(model, features[:1], options={"zipmap": False}, target_opset=15).SerializeToString()
    return onnx


def weight(model: Any, features: Features, labels: Labels) -> float:
    """Return how much a member should count: the likelihood that it gives a validation label, on the geometric mean."""
    probabilities = model.predict_proba(features)
    columns = np.searchsorted(model.classes_, labels)
    likelihood = np.maximum(probabilities[np.arange(len(labels)), columns], LEAST_PROBABILITY)
    return float(np.exp(np.log(likelihood).mean()))
