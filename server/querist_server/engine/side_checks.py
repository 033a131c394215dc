"""Checks of what is sent beside the pool: lengths, finite numbers, classes. Paths are the contract's below `Side`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import intake
from querist_server.engine.errors import EngineError

Array = npt.NDArray[Any]


def check_lengths(sent: Mapping[str, Array], names: tuple[str, ...]) -> None:
    """Refuse tensors of one bundle that have different numbers of rows."""
    found = [(name, len(sent[name])) for name in names if name in sent]
    for name, length in found[1:]:
        if length != found[0][1]:
            message = f"{name} has {length} rows and {found[0][0]} has {found[0][1]}; they must agree"
            raise EngineError("SHAPE_MISMATCH", message, field=f"side.{name}")


def finite(sent: Mapping[str, Array], name: str) -> npt.NDArray[np.float64] | None:
    """Return a tensor as float64, if it was sent and every value is finite."""
    if name not in sent:
        return None
    return intake.finite(sent[name], f"side.{name}", 0).astype(np.float64)


def known_classes(sent: Mapping[str, Array], name: str, classes: int) -> npt.NDArray[np.int64] | None:
    """Return labels as int64, if they were sent and each is one of so many classes; 0 for any number."""
    if name not in sent:
        return None
    values = sent[name]
    wrong = (values < 0) | (values >= classes) if classes else values < 0
    if wrong.any():
        row = int(wrong.argmax())
        allowed = f"0 to {classes - 1}" if classes else "0 or more"
        raise EngineError("VALUE_OUT_OF_RANGE", f"a class is {values[row]}; allowed is {allowed}", field=f"side.{name}", row=row)
    return values.astype(np.int64)


def refuse_empty(name: str, tensor: Array) -> None:
    """Refuse tensors without members or classes."""
    if 0 in tensor.shape[1:]:
        message = f"{name} has shape {list(tensor.shape)}; members and classes must be 1 at least"
        raise EngineError("SHAPE_INVALID", message, field=f"side.{name}")


def check_classes(name: str, probabilities: Array, classes: int) -> None:
    """Refuse probabilities of another number of classes than the pool has; 0 for any number."""
    if classes and probabilities.shape[-1] != classes:
        message = f"{name} has {probabilities.shape[-1]} classes and the pool {classes}; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=f"side.{name}")
