"""How server and worker process talk: a length, a JSON header, and the raw bytes of the arrays that the header names."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

_LENGTH = struct.Struct("<I")


def pack(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]] | None = None) -> list[memoryview]:
    """Return the pieces of a frame."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in contiguous.items()]
    text = json.dumps({**header, "arrays": described}).encode()
    return [memoryview(_LENGTH.pack(len(text)) + text), *(array.reshape(-1).view("u1").data for array in contiguous.values())]


def unpack(read: Callable[[int], bytearray]) -> tuple[dict[str, Any], Arrays]:
    """Read a frame.

    Parameters
    ----------
    read : callable
        Returns exactly as many bytes as asked for, or raises EOFError.
    """
    (length,) = _LENGTH.unpack(bytes(read(_LENGTH.size)))
    header = json.loads(bytes(read(length)))
    arrays = {}
    for name, dtype, shape in header.pop("arrays"):
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        arrays[name] = np.frombuffer(read(size), dtype).reshape(shape)
    return header, arrays
