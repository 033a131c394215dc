"""The wire format of protocol buffers, walked without making an object of anything.

An empty message takes two bytes on the wire and a hundred as an object. The walk meets fields one at a time and counts them, so that a file
of millions of them is refused while it is still nothing but bytes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
_RUNS = (4096, 256, 16)
"""How many fields one match takes: exact numbers, since a regular expression does not say how often it repeated."""
_LONGEST_IN_RUN = 64
_CHECKPOINT_FIELDS = 8192


class Malformed(ValueError):  # noqa: N818 - says what the bytes are
    """The bytes are not a message."""


class TooManyFields(ValueError):  # noqa: N818 - says what the bytes have
    """The message has more fields than the budget allows."""


@dataclass
class Budget:
    """How much a walk may still look at.

    Attributes
    ----------
    fields : int
        Fields that are met one at a time.
    list_values : int
        Numbers and texts in runs of the same field, which cost a tenth of that.
    checkpoint : callable
        Called now and then; raises if nobody waits for the walk any more.
    """

    fields: int
    list_values: int
    checkpoint: Callable[[], None]

    def spend(self, fields: int = 1) -> None:
        """Count fields."""
        self.fields -= fields
        if self.fields % _CHECKPOINT_FIELDS < fields:
            self.checkpoint()
        if self.fields < 0:
            raise TooManyFields("fields")

    def spend_run(self, values: int) -> None:
        """Count the values of a run."""
        self.list_values -= values
        self.checkpoint()
        if self.list_values < 0:
            raise TooManyFields("values in lists")


class Found(NamedTuple):
    """A field, or a run of the same field.

    Attributes
    ----------
    number : int
        The field's number.
    wire_type : int
    value : int
        The number of a varint; 0 for all others.
    begin, end : int
        Where the content is; of a run, where all its fields are.
    run : int
        How many fields of a run these are; 0 for a single field.
    """

    number: int
    wire_type: int
    value: int
    begin: int
    end: int
    run: int = 0


def fields(data: bytes, position: int, end: int, budget: Budget, lists: Container[int]) -> Iterator[Found]:
    """Walk over the fields of one message, and not into them.

    Parameters
    ----------
    data : bytes
    position, end : int
        Where the message is.
    budget : Budget
    lists : container of int
        Numbers of the fields that repeat and are no messages. Many of one are taken in one step (`Found.run`): models hold lists of
        millions of numbers, one field each.

    Raises
    ------
    Malformed
        If the bytes are no message.
    TooManyFields
        If the budget is spent.
    """
    before = -1
    while position < end:
        budget.spend()
        first = data[position]
        tag, position = varint(data, position, end)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number < 2**29:
            raise Malformed(f"field number {number}")
        if wire_type == VARINT:
            value, after = varint(data, position, end)
            yield Found(number, VARINT, value, position, after)
        elif wire_type == BYTES:
            size, position = varint(data, position, end)
            after = position + size
            if after > end:
                raise Malformed("a field is longer than what it is in")
            yield Found(number, BYTES, 0, position, after)
        elif wire_type in _FIXED_SIZES:
            after = position + _FIXED_SIZES[wire_type]
            if after > end:
                raise Malformed("a field is longer than what it is in")
            yield Found(number, wire_type, 0, position, after)
        else:
            raise Malformed(f"wire type {wire_type}")  # groups, which ONNX never had, and what does not exist
        position = after
        if tag == first == before and number in lists:  # first == tag: one byte, as every writer has it
            for run in _runs(data, position, end, tag, budget):
                yield run
                position = run.end
        before = tag


def varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Read a number, and return it and where the next byte is."""
    value, shift = 0, 0
    while position < end:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), position
        shift += 7
        if shift > 63:
            break
    raise Malformed("a number does not end")


def _runs(data: bytes, position: int, end: int, tag: int, budget: Budget) -> Iterator[Found]:
    """Take as many fields with the same tag as there are, a match at a time."""
    number, wire_type = tag >> 3, tag & 7
    if wire_type in _FIXED_SIZES:
        step = 1 + _FIXED_SIZES[wire_type]
        tags = data[position : end - step + 1 : step]
        count = len(tags) - len(tags.lstrip(bytes([tag])))
        if count:
            budget.checkpoint()
            yield Found(number, wire_type, 0, position, position + count * step, count)
        return
    for count, pattern in zip(_RUNS, _patterns(tag), strict=True):
        while match := pattern.match(data, position, end):
            budget.spend_run(count)
            position = match.end()
            yield Found(number, wire_type, 0, match.start(), position, count)


@functools.lru_cache(maxsize=64)
def _patterns(tag: int) -> tuple[re.Pattern[bytes], ...]:
    """Return what matches 4096, 256 and 16 fields of a tag; texts of up to 63 bytes."""
    if tag & 7 == VARINT:
        content = b"[\x80-\xff]{0,9}[\x00-\x7f]"
    else:
        content = b"(?:" + b"|".join(re.escape(bytes([size])) + b"[\x00-\xff]{%d}" % size for size in range(_LONGEST_IN_RUN)) + b")"
    one = re.escape(bytes([tag])) + content
    return tuple(re.compile(b"(?:" + one + b"){%d}" % count) for count in _RUNS)
