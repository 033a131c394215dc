"""Arrays from whatever a training stack holds, without importing any of them.

Asked in this order: a numpy array; a torch tensor (detached, moved to the host, bfloat16 kept); `__array__` (pandas, polars, JAX, Arrow);
`to_numpy`; `__dlpack__`; nested lists and tuples of numbers. What cannot be sent is refused with the way to mend it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import codec
from querist.errors import InvalidRequestError

Array = npt.NDArray[Any]

_ARRAY_MARKS = ("__array__", "detach", "to_numpy", "__dlpack__")


def to_array(value: Any, name: str) -> Array:
    """Return a container as an array that the wire can carry.

    Raises
    ------
    InvalidRequestError
        If it is no array, or one of objects, strings or complex numbers.
    """
    array = _converted(value, name)
    if array.dtype.name == "bfloat16":  # ml_dtypes, as JAX uses it
        array = array.view("<u2").view(codec.BFLOAT16)
    if array.dtype != codec.BFLOAT16 and array.dtype.kind not in "fiub":
        raise InvalidRequestError(f"{name} is an array of {array.dtype}; convert it to numbers, for example with astype(float)", field=name)
    if array.dtype.itemsize > 8:
        raise InvalidRequestError(f"{name} is an array of {array.dtype}, which the wire does not carry; use astype('float64')", field=name)
    return array


def is_batches(value: Any) -> bool:
    """Tell whether a value is an iterable of batches and not itself an array: a generator, a data loader, an asynchronous iterable."""
    if isinstance(value, AsyncIterable):
        return True
    if isinstance(value, (np.ndarray, str, bytes, dict, Sequence)) or any(hasattr(value, mark) for mark in _ARRAY_MARKS):
        return False
    return isinstance(value, Iterable)


def index_of(value: Any) -> list[Any] | None:
    """Return the index of a pandas object as ids, or None."""
    index = getattr(value, "index", None)
    if index is None or callable(index) or not hasattr(value, "to_numpy"):
        return None
    return list(index)


def to_ids(value: Any) -> list[Any]:
    """Return ids as a list of plain Python values where the container has them."""
    tolist = getattr(value, "tolist", None) or getattr(value, "to_pylist", None) or getattr(value, "to_list", None)
    return list(tolist() if tolist is not None else value)


def _converted(value: Any, name: str) -> Array:
    if isinstance(value, np.ndarray):
        if isinstance(value, np.ma.MaskedArray):
            raise InvalidRequestError(f"{name} is a masked array; fill it, or leave the rows out with exclude=", field=name)
        return value
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _from_torch(value)
    if hasattr(value, "__array__"):
        return np.asarray(value)
    if hasattr(value, "to_numpy"):
        return np.asarray(value.to_numpy())
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _from_sequence(value, name)
    raise InvalidRequestError(
        f"{name} is a {type(value).__name__}, which is no array; pass an array, or an iterator of batches", field=name
    )


def _from_torch(tensor: Any) -> Array:
    host = tensor.detach().cpu()
    if str(host.dtype) == "torch.bfloat16":
        bits = host.contiguous().view(sys.modules["torch"].int16).numpy()
        return np.asarray(bits).view("<u2").view(codec.BFLOAT16)
    return np.asarray(host.numpy())


def _from_sequence(value: Sequence[Any], name: str) -> Array:
    if any(getattr(entry, "ndim", 0) > 1 for entry in value):
        message = (
            f"{name} is a {type(value).__name__} of matrices: if these are batches, pass iter({name}); if they are the outputs of a "
            "multi-output model, pass one of them; if they are the members of a committee, pass committee="
        )
        raise InvalidRequestError(message, field=name)
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InvalidRequestError(f"{name} is a ragged {type(value).__name__}: {error}", field=name) from error
