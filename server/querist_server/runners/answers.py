"""What workers say in words, before it is stored or given to a caller: checked, cut, and without paths of this machine."""

from __future__ import annotations

import re
import sys
import tempfile
from typing import Any

from querist_server.runners import frames
from querist_server.runners.scan import MOST_INPUTS, MOST_OUTPUTS, MOST_VALUE_NAME_BYTES
from querist_server.runners.store import Value

MOST_TEXT = 500
MOST_TYPE = 200
_PLACES = (tempfile.gettempdir(), sys.prefix, sys.base_prefix)
_SOURCE = re.compile(r"\S*/\S+\.(?:cc|cpp|h|hpp|so|dll|dylib)(?::\d+)?\S*|\S*onnxruntime_src\S*")
"""Places in the sources of a runtime, which its messages name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def text_of(said: Any) -> str:
    """Return what a worker says of a failure, fit for its caller."""
    text = _CONTROL.sub(" ", str(said)[: 8 * MOST_TEXT])
    text = _SOURCE.sub("", text)
    for place in _PLACES:
        text = re.sub(re.escape(place) + r"\S*", "(a file)", text)
    text = " ".join(text.split())
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "..."


def values_of(said: Any, kind: str, maps: frozenset[str]) -> tuple[Value, ...]:
    """Return a model's inputs or outputs as a worker names them.

    Parameters
    ----------
    said : object
    kind : str
        "inputs" or "outputs".
    maps : frozenset of str
        Outputs that were label-to-probability maps.

    Raises
    ------
    BadFrame
        If that is not what a worker says of a model.
    """
    most = MOST_INPUTS if kind == "inputs" else MOST_OUTPUTS
    values = said.get(kind)
    if not isinstance(values, list) or len(values) > most or not all(map(_is_value, values)):
        raise frames.BadFrame(f"{kind} that no model has")
    return tuple(Value(value["name"], value["type"], tuple(value["shape"]), value["name"] in maps) for value in values)


def seconds_of(said: Any, most: float) -> float | None:
    """Return how long a model took, as a worker says; None if that is no such number, or more than the `most` it can be."""
    seconds = said.get("seconds")
    return float(seconds) if type(seconds) in (int, float) and 0 <= seconds <= most else None


def _is_value(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    name, kind, shape = value.get("name"), value.get("type"), value.get("shape")
    return (
        isinstance(name, str)
        and len(name) <= MOST_VALUE_NAME_BYTES
        and isinstance(kind, str)
        and len(kind) <= MOST_TYPE
        and isinstance(shape, list)
        and len(shape) <= frames.MOST_DIMENSIONS
        and all(type(length) is int and -(2**63) <= length < 2**63 for length in shape)
    )
