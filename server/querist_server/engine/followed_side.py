"""What is sent beside the pool for the sake of stop advice: a set that stays the same, and what was screened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import intake
from querist_server.engine.errors import EngineError
from querist_server.engine.side_checks import finite

Array = npt.NDArray[Any]

_FORMS = ("stop_set.probabilities", "stop_set.logits", "stop_set.classes")
MOST_CLASS = 2**31 - 2


def followed(sent: Mapping[str, Array]) -> dict[str, Any]:
    """Return the fields of `Side` that criteria look at, checked.

    Raises
    ------
    EngineError
        If the stop set is sent in two forms, or a value is not what the contract allows.
    """
    return {**_stop_set(sent), "screened": _screened(sent)}


def _stop_set(sent: Mapping[str, Array]) -> dict[str, Any]:
    found = [name for name in _FORMS if name in sent]
    if not found:
        return {}
    if len(found) > 1:
        message = f"the stop set is sent as {' and '.join(name.partition('.')[2] for name in found)}; send one of them"
        raise EngineError("FIELD_CONFLICT", message, field=f"side.{found[1]}")
    name, tensor = found[0], sent[found[0]]
    if name == "stop_set.classes":
        wrong = (tensor < 0) | (tensor > MOST_CLASS)
        if wrong.any():
            row = int(wrong.argmax())
            raise EngineError("VALUE_OUT_OF_RANGE", f"a class is {tensor[row]}; allowed is 0 or more", field=f"side.{name}", row=row)
        return {"stop_set": tensor.astype(np.int64)}
    if 0 in tensor.shape[1:]:
        raise EngineError("SHAPE_INVALID", f"{name} has shape {list(tensor.shape)}; there must be classes", field=f"side.{name}")
    rows = intake.probability_rows if name == "stop_set.probabilities" else intake.logit_rows
    chances = rows(tensor, f"side.{name}", 0)
    return {"stop_set": chances.argmax(axis=1).astype(np.int64), "stop_set_classes": chances.shape[1]}


def _screened(sent: Mapping[str, Array]) -> npt.NDArray[np.float64] | None:
    chances = finite(sent, "screened")
    if chances is None:
        return None
    wrong = (chances < 0) | (chances > 1)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"a probability is {chances[row]:g}; allowed is 0 to 1"
        reason = "PROBABILITY_NEGATIVE" if chances[row] < 0 else "PROBABILITY_ABOVE_ONE"
        raise EngineError(reason, message, field="side.screened", row=row)
    return chances
