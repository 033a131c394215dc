"""Arrays to tensors of the wire, and back: the only code in the distribution that knows how numbers are packed.

BFLOAT16 has no numpy type. Here it travels as `BFLOAT16`, a structured type of one 16-bit field, so that such an array can be cut and
joined like any other and cannot be mistaken for integers; `widen` turns it into float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.v1 import tensor_pb2

Array = npt.NDArray[Any]
Pack = Callable[[tensor_pb2.Tensor, Array], None]
"""Puts an array into an empty tensor, as `fill` does."""

BFLOAT16 = np.dtype([("bfloat16", "<u2")])
MAX_DIMENSIONS = 8
MAX_EMPTY_LENGTHS = 2**40
"""The most that the other lengths of a tensor without elements may multiply to; numpy gives up somewhere above."""

_DTYPES: dict[int, np.dtype[Any]] = {
    tensor_pb2.DATA_TYPE_FLOAT32: np.dtype("<f4"),
    tensor_pb2.DATA_TYPE_FLOAT64: np.dtype("<f8"),
    tensor_pb2.DATA_TYPE_FLOAT16: np.dtype("<f2"),
    tensor_pb2.DATA_TYPE_BFLOAT16: BFLOAT16,
    tensor_pb2.DATA_TYPE_INT8: np.dtype("i1"),
    tensor_pb2.DATA_TYPE_INT16: np.dtype("<i2"),
    tensor_pb2.DATA_TYPE_INT32: np.dtype("<i4"),
    tensor_pb2.DATA_TYPE_INT64: np.dtype("<i8"),
    tensor_pb2.DATA_TYPE_UINT8: np.dtype("u1"),
    tensor_pb2.DATA_TYPE_UINT16: np.dtype("<u2"),
    tensor_pb2.DATA_TYPE_UINT32: np.dtype("<u4"),
    tensor_pb2.DATA_TYPE_UINT64: np.dtype("<u8"),
    tensor_pb2.DATA_TYPE_BOOL: np.dtype("?"),
}
_CODES: dict[np.dtype[Any], Any] = {dtype: code for code, dtype in _DTYPES.items()}
_LISTS = {
    "floats": tensor_pb2.DATA_TYPE_FLOAT32,
    "doubles": tensor_pb2.DATA_TYPE_FLOAT64,
    "ints": tensor_pb2.DATA_TYPE_INT64,
}


class TensorError(ValueError):
    """A tensor message that does not hold what it says.

    Attributes
    ----------
    reason : str
        A name of `ErrorReason` without its prefix.
    field : str
        The field of the tensor message that is at fault, such as "data".
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


def encode(array: Array) -> tensor_pb2.Tensor:
    """Pack an array into a tensor; see `fill`."""
    tensor = tensor_pb2.Tensor()
    fill(tensor, array)
    return tensor


def fill(tensor: tensor_pb2.Tensor, array: Array) -> None:
    """Pack an array into an empty tensor where it stands, which spares the copy of a tensor that is put into another message.

    Parameters
    ----------
    tensor : Tensor
        Gets type, shape and the elements in `data`.
    array : ndarray of any shape
        Of a type that the wire knows, in any byte order and memory layout.

    Raises
    ------
    TypeError
        If the wire has no such type (objects, strings, complex numbers, float128).
    """
    tensor.data = describe(tensor, array).tobytes()


def describe(tensor: tensor_pb2.Tensor, array: Array) -> Array:
    """Give an empty tensor the type and shape of an array, and return the array with the byte order of the wire; see `fill`."""
    code = _CODES.get(array.dtype.newbyteorder("<"))
    if code is None:
        known = ", ".join(sorted(str(dtype) for dtype in _CODES if dtype != BFLOAT16))
        raise TypeError(f"an array of type {array.dtype} cannot be sent; allowed are {known} and bfloat16")
    tensor.dtype = code
    tensor.shape.extend(array.shape)
    return array.astype(_DTYPES[code], copy=False)


def _no_files(file: tensor_pb2.LocalFile, size: int) -> Array:
    raise TensorError("LOCAL_FILES_DISABLED", "file", f"the tensor is {size} bytes of the file {file.name!r}, and no files are read here")


def decode(
    tensor: tensor_pb2.Tensor,
    read_file: Callable[[tensor_pb2.LocalFile, int], Array] = _no_files,
    apart: memoryview | None = None,
) -> Array:
    """Unpack a tensor, without a copy where it holds raw bytes.

    Parameters
    ----------
    tensor : Tensor
        As it came from the wire; nothing about it is trusted.
    read_file : callable, optional
        Returns so many bytes of a file, as an array of uint8. Default: files are refused.
    apart : memoryview, optional
        The tensor's `data`, if it was taken out of the message as it came.

    Returns
    -------
    ndarray
        Read-only where it is a view of the message's bytes. BFLOAT16 comes as `BFLOAT16`.

    Raises
    ------
    TensorError
        If type, shape and elements do not fit together.
    """
    shape = _checked_shape(tensor.shape)
    source = tensor.WhichOneof("source") if apart is None else "data"
    if source is None:
        raise TensorError("FIELD_MISSING", "source", "the tensor holds no elements: set one of data, floats, doubles, ints")
    if source in _LISTS:
        return _from_list(tensor, source, shape)
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        raise TensorError(
            "DTYPE_INVALID", "dtype", f"dtype is {tensor.dtype}; with {source} it must be one of the named types from 1 to {max(_DTYPES)}"
        )
    expected = math.prod(shape) * dtype.itemsize
    data: Any = apart
    if data is None:
        data = read_file(tensor.file, expected) if source == "file" else tensor.data  # each access to a bytes field copies it
    if len(data) != expected:
        raise TensorError(
            "DATA_SIZE_MISMATCH", "data", f"data has {len(data)} bytes; shape {list(shape)} of {dtype_name(dtype)} needs {expected}"
        )
    if dtype == np.dtype("?"):
        return _as_bool(np.frombuffer(data, "u1").reshape(shape))
    array = np.frombuffer(data, dtype).reshape(shape)
    return array if array.flags.aligned else array.copy()  # where it stood in a message is chance, and every reader would pay for that


def expected_bytes(tensor: tensor_pb2.Tensor) -> int:
    """Return how many bytes the elements of a tensor take, as its shape and type say; 0 if these are not allowed."""
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None or len(tensor.shape) > MAX_DIMENSIONS or min(tensor.shape, default=0) < 0:
        return 0
    return math.prod(tensor.shape) * dtype.itemsize


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return the name of a type as the wire spells it, such as "FLOAT32"."""
    code = _CODES.get(dtype.newbyteorder("<"))
    if code is None:
        return str(dtype)
    return type_name(code)


def type_name(code: int) -> str:
    """Return the name of a type of the wire, such as "FLOAT32"."""
    return tensor_pb2.DataType.Name(code).removeprefix("DATA_TYPE_")


def widen(array: Array) -> Array:
    """Return 16-bit floats as float32 and every other array as it is."""
    if array.dtype == BFLOAT16:
        bits = array["bfloat16"].astype("<u4")
        return (bits << 16).view("<f4")
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return array


def _checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    if len(shape) > MAX_DIMENSIONS:
        raise TensorError("SHAPE_INVALID", "shape", f"shape has {len(shape)} dimensions; at most {MAX_DIMENSIONS} are allowed")
    for length in shape:
        if length < 0:
            raise TensorError("SHAPE_INVALID", "shape", f"shape is {list(shape)}; every length must be 0 or more")
    if 0 in shape and math.prod(filter(None, shape)) > MAX_EMPTY_LENGTHS:  # with elements, their bytes would have to be there
        raise TensorError("SHAPE_INVALID", "shape", f"shape is {list(shape)}; a tensor without elements must not be that long")
    return tuple(shape)


def _from_list(tensor: tensor_pb2.Tensor, source: str, shape: tuple[int, ...]) -> Array:
    code = _LISTS[source]
    if tensor.dtype not in (tensor_pb2.DATA_TYPE_UNSPECIFIED, code):
        raise TensorError(
            "DTYPE_INVALID", "dtype", f"dtype is {tensor.dtype}; {source} stands for {dtype_name(_DTYPES[code])}, so leave it unset"
        )
    values = getattr(tensor, source).values
    expected = math.prod(shape)
    if len(values) != expected:
        raise TensorError("DATA_SIZE_MISMATCH", source, f"{source} has {len(values)} values; shape {list(shape)} needs {expected}")
    return np.fromiter(values, _DTYPES[code], len(values)).reshape(shape)


def _as_bool(array: Array) -> Array:
    if array.size and array.max() > 1:
        raise TensorError("VALUE_OUT_OF_RANGE", "data", f"a BOOL is {int(array.max())}; allowed are 0 and 1")
    return array.view("?")
