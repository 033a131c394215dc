"""How server and worker process talk: a length, a JSON header, and the raw bytes of the arrays that the header names."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

MOST_SESSIONS = 16
"""Models that stay loaded in a process; the one that was not used for longest goes first."""
MOST_HEADER_BYTES = 2**20
MOST_DIMENSIONS = 8
DTYPES = frozenset({"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"})
"""Types that cross: numbers alone, and never objects, which would be pointers."""

_LENGTH = struct.Struct("<I")


class BadFrame(ValueError):  # noqa: N818 - says what came
    """The other side sent what it was not asked for."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]] | None = None) -> list[memoryview]:
    """Return the pieces of a frame."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in contiguous.items()]
    text = json.dumps({**header, "arrays": described}).encode()
    return [memoryview(_LENGTH.pack(len(text)) + text), *(array.reshape(-1).view("u1").data for array in contiguous.values())]


def unpack(read: Callable[[int], bytearray], most: Mapping[str, int] | None = None) -> tuple[dict[str, Any], Arrays]:
    """Read a frame.

    Parameters
    ----------
    read : callable
        Returns exactly as many bytes as asked for, or raises EOFError.
    most : mapping of str to int, optional
        The arrays that may come, and the most bytes of each; nothing is allocated before that is checked. Default: any, for a side that
        trusts the other.

    Raises
    ------
    BadFrame
        If that is no frame, or not one that may come.
    """
    (length,) = _LENGTH.unpack(bytes(read(_LENGTH.size)))
    if most is not None and length > MOST_HEADER_BYTES:
        raise BadFrame(f"a header of {length} bytes")
    try:
        header = json.loads(bytes(read(length)))
    except (ValueError, RecursionError) as error:
        raise BadFrame("a header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("arrays"), list):
        raise BadFrame("a header without arrays")
    described = header.pop("arrays")
    if most is not None and (
        len(described) > len(most) or len({str(entry[:1]) for entry in described if isinstance(entry, list)}) < len(described)
    ):
        raise BadFrame("other arrays than those asked for")
    checked = [_described(entry, most) for entry in described]
    return header, {name: np.frombuffer(read(size), dtype).reshape(shape) for name, dtype, shape, size in checked}


def _described(entry: Any, most: Mapping[str, int] | None) -> tuple[str, str, list[int], int]:
    """Return an array's name, type, shape and size in bytes."""
    if not isinstance(entry, list) or len(entry) != 3:
        raise BadFrame("an array without name, type and shape")
    name, dtype, shape = entry
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in DTYPES:
        raise BadFrame("an array of no numbers")
    if not isinstance(shape, list) or not all(type(length) is int and 0 <= length < 2**40 for length in shape):
        raise BadFrame("an array with a shape that is none")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if most is not None and (name not in most or size > most[name] or len(shape) > MOST_DIMENSIONS):
        raise BadFrame("an array that was not asked for, or larger than asked for")
    return name, dtype, shape, size
