"""Models that are quick to train, and their ONNX form."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from querist.simulation.estimators import bagged
from querist.simulation.split import Features, Labels

LEAST_PROBABILITY = 1e-6


def single(seed: int) -> Any:
    """Return the model that is being improved, which also measures every arm."""
    return LogisticRegression(max_iter=300, random_state=seed)


def committee(seed: int, features: Features, labels: Labels) -> list[Any]:
    """Return members of the same kind, each fitted to a bootstrap of the labelled set."""
    return bagged(single(seed), seed, features, labels)


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
