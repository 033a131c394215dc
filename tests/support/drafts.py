"""Runs one choice on columns, without a pipeline around it."""

from typing import Any

import numpy as np
from querist_server.engine.draft import Draft
from querist_server.engine.part import SetChoice
from querist_server.engine.pool import Context, Side


def drawn_up(choice: SetChoice, count: int, *, seed: int = 7, side: Side | None = None, classes: int = 0, **columns: np.ndarray) -> Draft:
    """Return the draft that the choice makes of the given columns; score and value are zeros unless given."""
    candidates, context = prepared(seed=seed, side=side, classes=classes, **columns)
    draft = Draft(len(candidates["index"]), count)
    choice.choose(candidates, draft, context)
    return draft


def prepared(*, seed: int = 7, side: Side | None = None, classes: int = 0, **columns: np.ndarray) -> tuple[dict[str, Any], Context]:
    """Return the columns that a choice sees, and the context."""
    rows = len(next(iter(columns.values())))
    score = columns.get("score", np.zeros(rows))
    candidates = {"index": np.arange(rows), "score": score, "value": columns.get("value", score), **columns}
    return candidates, Context(seed=seed, classes=classes, side=side or Side())
