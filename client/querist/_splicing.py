"""Messages without the bytes of their large tensors, and these bytes beside them: what protobuf never sees, it does not copy.

A message that holds a megabyte is copied by protobuf when its field is set, when it is written, when it is read and when its field is
asked for. Here the field stays empty: `joined` writes a message and puts the bytes where they belong, `cut` finds them in what came and
leaves them where they are. What is written is the plain wire format, so that whoever reads it otherwise notices nothing.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from querist.v1 import tensor_pb2

Buffers = dict[str, memoryview]
"""Bytes of tensors by their path, such as "rows.committee.votes"; entries of a repeated field are counted: "rows.model_inputs.0.tensor"."""
Some = TypeVar("Some", bound=Message)
Chunks = list[bytes | memoryview]
OfTensor = Callable[[memoryview, str, Iterator[int]], Chunks]

FEWEST_BYTES = 16 * 1024
"""Tensors of fewer bytes stay in their message: to copy them is cheaper than to keep them apart."""
MOST_FIELDS = 256
"""A message that comes in more pieces is left to protobuf, so that one of millions of empty fields takes no time here."""
_DATA = tensor_pb2.Tensor.DESCRIPTOR.fields_by_name["data"].number
_SOURCES = {field.number for field in tensor_pb2.Tensor.DESCRIPTOR.oneofs_by_name["source"].fields}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_VARINT_BYTES = 10


class _UncommonError(Exception):
    """The message is written in a way that is allowed but unusual, so that protobuf itself has to read it."""


def joined(message: Message, buffers: Mapping[str, Any]) -> bytes:
    """Write a message with the bytes of tensors that have none yet.

    Parameters
    ----------
    message : Message
    buffers : mapping of str to buffer
        By the path of the tensor in the message; each of a tensor that is there.
    """

    def filled(view: memoryview, path: str, _: Iterator[int]) -> Chunks:
        buffer = buffers.get(path)
        return [view] if buffer is None else [view, _opening(_DATA, len(buffer)), buffer]

    if not buffers:
        return message.SerializeToString()
    return b"".join(_rewritten(memoryview(message.SerializeToString()), message.DESCRIPTOR, "", filled, itertools.count()))


def cut(raw: bytes, kind: type[Some], within: str, fewest: int = FEWEST_BYTES) -> tuple[Some, Buffers]:
    """Read a message without the bytes of its large tensors, and give these apart, as views of what came.

    Parameters
    ----------
    raw : bytes
        The message as it came; nothing about it is trusted.
    kind : type
        The message's.
    within : str
        The field of the message below which tensors are looked for.
    fewest : int
        Bytes from which on a tensor is large.

    Raises
    ------
    DecodeError
        If it is no such message.
    """
    found: Buffers = {}

    def emptied(view: memoryview, path: str, left: Iterator[int]) -> Chunks:
        kept: Chunks = []
        sources = 0
        for number, start, inner, end in _fields(view, left):
            sources += number in _SOURCES
            if sources > 1:  # of which the last counts
                raise _UncommonError
            if number == _DATA and inner is not None and end - inner >= fewest:
                found[path] = view[inner:end]
            else:
                kept.append(view[start:end])
        return kept

    if len(raw) >= fewest:
        try:
            chunks = _rewritten(memoryview(raw), kind.DESCRIPTOR, "", emptied, iter(range(MOST_FIELDS)), within)
            return kind.FromString(b"".join(chunks)), found
        except (_UncommonError, DecodeError):
            found.clear()
    return kind.FromString(raw), found


def _rewritten(view: memoryview, kind: Any, path: str, of_tensor: OfTensor, left: Iterator[int], within: str | None = None) -> Chunks:
    """Return a message's bytes with its tensors as `of_tensor` makes them, and with the lengths around these adjusted.

    Each field takes one from `left`, which must not run out.
    """
    if kind.full_name == tensor_pb2.Tensor.DESCRIPTOR.full_name:
        return of_tensor(view, path, left)
    chunks: Chunks = []
    seen: dict[str, int] = {}
    towards = _towards_tensors(kind)
    for number, start, inner, end in _fields(view, left):
        field = towards.get(number)
        if field is None or inner is None or within not in (None, field[0]):
            chunks.append(view[start:end])
            continue
        name, repeated, below = field
        count = seen[name] = seen.get(name, -1) + 1
        if count and not repeated:  # two halves of one message, to be merged
            raise _UncommonError
        at = f"{name}.{count}" if repeated else name
        content = _rewritten(view[inner:end], below, f"{path}.{at}" if path else at, of_tensor, left)
        chunks += [_opening(number, sum(map(len, content))), *content]
    return chunks


def _fields(view: memoryview, left: Iterator[int]) -> Iterator[tuple[int, int, int | None, int]]:
    """Give the number of each field, where it starts, where its content starts if that is bytes, and where it ends."""
    at, stop = 0, len(view)
    while at < stop:
        if next(left, None) is None:
            raise _UncommonError
        start = at
        tag, at = _varint(view, at)
        inner, kind = None, tag & 7
        if kind == _BYTES:
            length, at = _varint(view, at)
            inner, at = at, at + length
        elif kind == _VARINT:
            _, at = _varint(view, at)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise _UncommonError
        if at > stop:
            raise _UncommonError
        yield tag >> 3, start, inner, at


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_MOST_VARINT_BYTES):
        if at + place >= len(view):
            break
        byte = view[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # else more follows
            return value, at + place + 1
    raise _UncommonError


def _opening(number: int, length: int) -> bytes:
    """Return what stands before bytes in a message: the field's tag and their length."""
    written = bytearray()
    for value in (number << 3 | _BYTES, length):
        left = value
        while left > 0x7F:
            written.append(left & 0x7F | 0x80)
            left >>= 7
        written.append(left)
    return bytes(written)


@functools.cache
def _towards_tensors(kind: Any) -> dict[int, tuple[str, bool, Any]]:
    """Return the fields of a message that are tensors or hold some: by number, their name, whether they are repeated, and their message."""
    return {
        field.number: (field.name, not field.has_presence, field.message_type)
        for field in kind.fields
        if field.message_type is not None and _reaches(field.message_type, frozenset())
    }


def _reaches(kind: Any, above: frozenset[str]) -> bool:
    if kind.full_name == tensor_pb2.Tensor.DESCRIPTOR.full_name:
        return True
    below = (field.message_type for field in kind.fields if field.message_type is not None)
    return any(each.full_name not in above and _reaches(each, above | {kind.full_name}) for each in below)
