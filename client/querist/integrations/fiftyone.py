"""FiftyOne: a batch as fields of samples. Pure: FiftyOne itself is not needed.

Any float field can be sorted by, either way: ``dataset.sort_by("querist_priority", reverse=True)`` is the order. ``dataset.set_values(name,
values, key_field="id")`` writes a field from what `fields` gives. Boxes are relative, from 0 to 1, as [left, top, width, height]. By
FiftyOne's user guide (sample fields, ``Classification``, ``Detections``), 1.22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.integrations._candidates import Candidate, candidates
from querist.integrations.shapes import Box, Label
from querist.results import Batch


def fields(batch: Batch) -> dict[str, dict[Any, float | int]]:
    """Return the values of each field by the ids of samples, for `set_values`."""
    found: dict[str, dict[Any, float | int]] = {}
    for each in candidates(batch, None, None):
        for name, value in each.facts().items():
            found.setdefault(name, {})[each.id] = value
    return found


def labels_of(
    batch: Batch, *, classes: Sequence[str] | None = None, labels: Mapping[Any, Label] | None = None
) -> dict[Any, dict[str, Any]]:
    """Return labels to begin with by the ids of samples, in FiftyOne's JSON form, which ``fo.Label.from_dict`` reads.

    Parameters
    ----------
    batch : Batch
    classes, labels : optional
        As for `querist.integrations.label_studio.publish`; a choice, several choices or boxes.

    Raises
    ------
    ValueError
        If a label is a span, or a box is turned: FiftyOne has neither.
    """
    return {each.id: _label(each) for each in candidates(batch, classes, labels) if each.label is not None}


def _label(each: Candidate) -> dict[str, Any]:
    sure = {} if each.confidence is None else {"confidence": each.confidence}
    if isinstance(each.label, str):
        return {"_cls": "Classification", "label": each.label, **sure}
    given = list(each.label or ())
    if given and all(isinstance(part, str) for part in given):
        return {"_cls": "Classifications", "classifications": [{"_cls": "Classification", "label": part} for part in given]}
    boxes = [part for part in given if isinstance(part, Box)]
    if len(boxes) != len(given) or any(box.rotation for box in boxes):
        raise ValueError(f"the label of {each.id!r} is {each.label!r}; allowed are choices, and boxes that are not turned")
    found = [
        {"_cls": "Detection", "label": box.label, "bounding_box": [box.x / 100, box.y / 100, box.width / 100, box.height / 100]}
        for box in boxes
    ]
    return {"_cls": "Detections", "detections": found}
