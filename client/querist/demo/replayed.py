"""The demo's data, model, splits and prices as arguments of a simulation: ``querist simulate digits``."""

from __future__ import annotations

from typing import Any

from querist.demo import models
from querist.demo.data import FIRST_LABELS, TEST_ROWS, VALIDATION_ROWS, digits
from querist.demo.loop import ARMS, ECONOMICS


def arguments() -> dict[str, Any]:
    """Return what `simulate` takes."""
    features, labels = digits()
    return {
        "features": features,
        "as_given": True,
        "labels": labels,
        "estimator": models.single(0),
        "strategies": [ARMS[0]],
        "start": FIRST_LABELS,
        "rounds": None,
        "test_rows": TEST_ROWS,
        "validation_rows": VALIDATION_ROWS,
        "economics": ECONOMICS,
        "name": "Digits",
    }
