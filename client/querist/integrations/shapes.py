"""Labels as labelling tools show them: choices, spans of a text, rectangles on an image. Plain values, of no tool's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.results import Batch


@dataclass(frozen=True)
class Span:
    """Characters of a text.

    Attributes
    ----------
    start, end : int
        From the first character, counted from 0, up to but not including the one at `end`.
    label : str
    """

    start: int
    end: int
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span goes from {self.start} to {self.end}; it must begin at 0 or later, and end after it begins")


@dataclass(frozen=True)
class Box:
    """A rectangle on an image, in per cent of the image's width and height.

    Attributes
    ----------
    x, y : float
        Its upper left corner, from 0 to 100.
    width, height : float
        Above 0; it ends inside of the image.
    label : str
    rotation : float
        Clockwise about its upper left corner, in degrees.
    """

    x: float
    y: float
    width: float
    height: float
    label: str
    rotation: float = 0.0

    def __post_init__(self) -> None:
        for name, start, size in (("x", self.x, self.width), ("y", self.y, self.height)):
            if not (start >= 0 and size > 0) or (self.rotation == 0 and start + size > 100 + 1e-6):
                raise ValueError(
                    f"a box has {name} = {start:g} and the size {size:g}; both are per cent of the image, and it ends inside of it"
                )

    def pixels(self, image_width: int, image_height: int) -> tuple[float, float, float, float]:
        """Return the left, upper, right and lower edge on an image of this size.

        Raises
        ------
        ValueError
            If the box is turned, so that it has no such edges.
        """
        if self.rotation:
            raise ValueError(f"a box that is turned by {self.rotation:g} degrees has no upright edges")
        left, upper = self.x * image_width / 100, self.y * image_height / 100
        return left, upper, left + self.width * image_width / 100, upper + self.height * image_height / 100


APPLIES = 0.5
"""From which probability on one of these is a label to begin with, where no coverage was asked for."""

Label = str | tuple[str, ...] | tuple[Span, ...] | tuple[Box, ...]
"""A choice, several choices, or the spans or boxes of an instance."""


def suggested(batch: Batch, classes: Sequence[str]) -> list[str | tuple[str, ...] | None]:
    """Return the label that each instance of a batch may begin with; None where a person should begin with nothing.

    Those are the batch's pre-annotations: for labels that do not exclude each other the ones that surely apply, or without a coverage those
    that are likelier than not. Without pre-annotations they are the classes that the model predicts, but for random and audit draws: these
    are there to learn what people say by themselves.

    Parameters
    ----------
    batch : Batch
    classes : sequence of str
        The tool's names of the model's classes, in the model's order.

    Raises
    ------
    ValueError
        If the batch has a class that has no name.
    """
    names, made = [str(name) for name in classes], batch.pre_annotations
    if made is not None and made.labels.shape[1]:
        rows = made.labels.tolist()
        if made.sure_counts is not None:
            counts = made.sure_counts.tolist()
            return [
                None if count < 0 else tuple(_name(names, label) for label in row[:count]) for row, count in zip(rows, counts, strict=True)
            ]
        if batch.predicted_labels is None:  # labels that do not exclude each other: there is no likeliest class
            apply = (made.confidences >= APPLIES).sum(axis=1).tolist()
            return [
                None if row[0] < 0 else tuple(_name(names, label) for label in row[:count]) for row, count in zip(rows, apply, strict=True)
            ]
        return [None if row[0] < 0 else _name(names, row[0]) for row in rows]
    if batch.predicted_labels is None:
        return [None] * len(batch)
    return [None if blind else _name(names, label) for label, blind in zip(batch.predicted_labels.tolist(), drawn(batch), strict=True)]


def drawn(batch: Batch) -> list[bool]:
    """Tell which instances of a batch are random or audit draws, and not the plan's."""
    marks = [column.tolist() for column in (batch.random_draws, batch.audit_draws) if column is not None]
    return [any(mark) for mark in zip(*marks, strict=True)] if marks else [False] * len(batch)


def _name(names: list[str], label: int) -> str:
    if not 0 <= label < len(names):
        raise ValueError(f"the batch has the class {label}, but classes names only {len(names)}")
    return names[label]
