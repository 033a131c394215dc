"""CVAT: a batch as a task of its own, with its images in the batch's order. Pure: CVAT itself is not needed.

CVAT has no priority: annotators go through a task's frames, and its jobs, as they come. So each round is a new task whose images stand in
order, with ``sorting_method: "predefined"`` (the default sorts them by name, and the ranking is lost), cut into jobs by ``segment_size``. A
shape's ``score`` is shown and filtered by, from 0 to 1, and does not order anything. Read in cvat-sdk 2.80 (``TaskWriteRequest``,
``DataRequest``, ``LabeledDataRequest``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.integrations._candidates import Candidate, candidates
from querist.integrations.shapes import Box, Label, Span
from querist.results import Batch


def task(batch: Batch, name: str, files: Mapping[Any, str], labels: Sequence[str], *, job_size: int | None = None) -> dict[str, Any]:
    """Return what makes a task of a batch.

    Parameters
    ----------
    batch : Batch
    name : str
        The task's, such as "round 3".
    files : mapping of id to str
        Each instance's image, as the server or the share knows it.
    labels : sequence of str
    job_size : int, optional
        Frames in a job; the first job has the first in rank. Default: one job.

    Returns
    -------
    dict
        "spec" for the creation of the task, and "data" for its images, to which the kind of source is added by the caller: "files" goes as
        `server_files`, `client_files` or `remote_files`.
    """
    order = [files[each.id] for each in candidates(batch, None, None)]
    if len(set(order)) != len(order):
        raise ValueError("two instances have the same file; a task's frames are told apart by their files")
    size = {} if job_size is None else {"segment_size": job_size}
    return {
        "spec": {"name": name, "labels": [{"name": label} for label in labels], **size},
        "files": order,
        "data": {"image_quality": 100, "sorting_method": "predefined"},
    }


def labels_of(
    batch: Batch,
    label_ids: Mapping[str, int],
    *,
    classes: Sequence[str] | None = None,
    labels: Mapping[Any, Label] | None = None,
    sizes: Mapping[Any, tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """Return annotations to begin with, for the task of this batch: tags for choices, rectangles for boxes.

    Parameters
    ----------
    batch : Batch
    label_ids : mapping of str to int
        The numbers that the server gave the task's labels.
    classes, labels : optional
        As for `querist.integrations.label_studio.publish`.
    sizes : mapping of id to (width, height), optional
        Of images, in pixels; needed for boxes.

    Raises
    ------
    ValueError
        If a label is a span, or a box is turned: CVAT turns about the centre.
    """
    tags: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for frame, each in enumerate(candidates(batch, classes, labels)):
        for part in (each.label,) if isinstance(each.label, str) else each.label or ():
            common = {"frame": frame, "source": "auto", "attributes": []}
            if isinstance(part, Span):
                raise ValueError(f"the label of {each.id!r} has spans of a text, which CVAT does not know")  # noqa: TRY004 - of a wrong kind
            if isinstance(part, str):
                tags.append({**common, "label_id": label_ids[part]})
            else:
                shapes.append({**common, "type": "rectangle", "label_id": label_ids[part.label], "points": _points(each, part, sizes)})
    return {"version": 0, "tags": tags, "shapes": shapes, "tracks": []}


def _points(each: Candidate, box: Box, sizes: Mapping[Any, tuple[int, int]] | None) -> list[float]:
    if sizes is None or each.id not in sizes:
        raise ValueError(f"sizes lacks {each.id!r}: CVAT takes pixels, and boxes are in per cent")
    return list(box.pixels(*sizes[each.id]))
