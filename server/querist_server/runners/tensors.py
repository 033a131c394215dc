"""Whether tensors and shapes in a model's bytes are what they say, judged by the contents of their fields."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias, Union

import numpy as np

from querist_server.runners import wire
from querist_server.runners.schema import Kind

MOST_RANK = 8
MOST_LENGTH = 2**31 - 1
"""Of one dimension."""
MOST_ELEMENTS = 2**28
"""Of one tensor, dense: 2 GiB of doubles."""

Content: TypeAlias = Union[int, bytes, "Span", "dict[str, list[Content]]"]
"""Of a field: a number, a name, how much data there is, or a message's fields."""

_STRING = 8
_BITS = {  # by TensorProto.DataType
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
_COMPLEX = (14, 15)
_TYPED = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
_WIRE_TYPES = {
    Kind.NUMBER: (wire.VARINT,),
    Kind.NUMBERS: (wire.VARINT, wire.BYTES),
    Kind.FLOAT: (wire.FIXED32,),
    Kind.FLOATS: (wire.FIXED32, wire.BYTES),
    Kind.DOUBLES: (wire.FIXED64, wire.BYTES),
}


class Span(NamedTuple):
    """How many values a field holds (of bytes, how many bytes), and the first if they are numbers: one more than dimensions may be."""

    values: int
    first: tuple[int, ...] = ()

    def __add__(self, other: Span) -> Span:  # type: ignore[override]  # of two fields of one list, not of two tuples
        """Return both as one."""
        return Span(self.values + other.values, (self.first + other.first)[: MOST_RANK + 1])


def fits(kind: Kind, wire_type: int) -> bool:
    """Return whether a field may be written like that."""
    return wire_type in _WIRE_TYPES.get(kind, (wire.BYTES,))


def content(kind: Kind, data: bytes, found: wire.Found) -> Content:
    """Return what a field that is no message holds, without copying it."""
    size = found.end - found.begin
    if kind is Kind.NUMBER:
        return _signed(found.value)
    if kind is Kind.BYTES:
        return Span(size)
    if found.run:
        return Span(found.run)
    if kind is Kind.NUMBERS and found.wire_type == wire.VARINT:
        return Span(1, (_signed(found.value),))
    if kind is Kind.NUMBERS:
        return Span(_varints(data, found), _numbers(data, found))
    if kind in (Kind.FLOATS, Kind.DOUBLES) and found.wire_type == wire.BYTES:
        width = 4 if kind is Kind.FLOATS else 8
        if size % width:
            raise wire.Malformed("a packed list has a broken length")
        return Span(size // width)
    return Span(1)


def problem_of_tensor(held: dict[str, list[Content]]) -> str | None:
    """Return what is wrong with a tensor, or None."""
    if any(location != 0 for location in held.get("data_location", [])):
        return "has its data outside the model, which is not allowed"
    elements = _elements(held)
    if isinstance(elements, str):
        return elements
    (data_type,) = held.get("data_type") or [0]
    raw = _count(held, "raw_data")
    typed = {name: _count(held, name) for name in _TYPED if name in held}
    if not isinstance(data_type, int) or (data_type not in _BITS and data_type != _STRING):
        return f"has the type {data_type!r}, which is none"
    if len(typed) + ("raw_data" in held) > 1:
        return f"has its data twice, as {' and '.join([*typed, *(['raw_data'] if 'raw_data' in held else [])])}"
    if data_type == _STRING:
        given = typed.get("string_data", 0)
        return None if given == elements and not raw else f"has {given:,} texts; its dims ask for {elements:,}"
    bits = _BITS[data_type]
    if "raw_data" in held:
        expected = math.ceil(elements * bits / 8)
        return None if raw == expected else f"has {raw:,} bytes of raw_data; its dims ask for {expected:,}"
    given = sum(typed.values())
    expected = elements * 2 if data_type in _COMPLEX else math.ceil(elements * bits / 8) if bits < 8 else elements
    return None if given == expected else f"has {given:,} values; its dims ask for {expected:,}"


def problem_of_sparse(held: dict[str, list[Content]]) -> str | None:
    """Return what is wrong with a sparse tensor, or None. Its dense form counts: runtimes make it when they load a model."""
    elements = _elements(held)
    return elements if isinstance(elements, str) else None


def problem_of_dimension(held: dict[str, list[Content]]) -> str | None:
    """Return what is wrong with one dimension of a value's shape, or None."""
    for length in held.get("dim_value", []):
        if not isinstance(length, int) or not -1 <= length <= MOST_LENGTH:  # some exporters write -1 for a length that is not fixed
            return f"has the length {length!r}; allowed is 0 to {MOST_LENGTH}"
    return None


def problem_of_input(value: dict[str, list[Content]]) -> str | None:
    """Return why nothing can be sent for an input of a model, or None."""
    types = [part for part in value.get("type", []) if isinstance(part, dict)]
    kinds = [part for kind in types for part in kind.get("tensor_type", []) if isinstance(part, dict)]
    if not kinds:
        return "is no tensor"
    if kinds[0].get("elem_type") == [_STRING]:
        return "takes texts; allowed are numbers"
    return None


def _elements(held: dict[str, list[Content]]) -> int | str:
    """Return the number of elements that dims ask for, or what is wrong with them."""
    spans = [span for span in held.get("dims", []) if isinstance(span, Span)]
    rank = sum(span.values for span in spans)
    if rank > MOST_RANK:
        return f"has {rank} dimensions; at most {MOST_RANK} are allowed"
    dims = [length for span in spans for length in span.first]
    for length in dims:
        if not 0 <= length <= MOST_LENGTH:
            return f"has a dimension of {length}; allowed is 0 to {MOST_LENGTH}"
    elements = math.prod(dims)
    if elements > MOST_ELEMENTS:
        return f"has dims for {elements:,} elements; at most {MOST_ELEMENTS:,} are allowed"
    return elements


def _count(held: dict[str, list[Content]], name: str) -> int:
    return sum(span.values for span in held.get(name, []) if isinstance(span, Span))


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _varints(data: bytes, found: wire.Found) -> int:
    """Return how many numbers a packed list holds: as many as it has bytes that end one."""
    packed = np.frombuffer(data, np.uint8, found.end - found.begin, found.begin) if found.end > found.begin else np.empty(0, np.uint8)
    if len(packed) and packed[-1] >= 0x80:
        raise wire.Malformed("a number does not end")
    return int(np.count_nonzero(packed < 0x80))


def _numbers(data: bytes, found: wire.Found) -> tuple[int, ...]:
    """Return the first numbers of a packed list."""
    numbers: tuple[int, ...] = ()
    position = found.begin
    while position < found.end and len(numbers) <= MOST_RANK:
        value, position = wire.varint(data, position, found.end)
        numbers += (_signed(value),)
    return numbers
