"""doccano: a batch as a file to import in order, or as scores of examples that are there, and exported answers back. Pure.

Annotators see examples in the order of their creation, unless the project asks for a random one: so import a batch in rank order (`lines`),
with "Randomise document order" off. Examples that are there have a ``score`` (100 if never set): ``GET .../examples?ordering=score`` serves
the lowest first, and ``PATCH .../examples/{id}`` sets it (`scores`); its page sorts by it only when asked. What an imported line has beside
text and label becomes the example's metadata, and comes back in exports. Read in doccano 1.8.4 (``data_import/pipeline/makers.py``,
``data_export/pipeline``, ``examples/views/example.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from querist.integrations._candidates import Candidate, candidates
from querist.integrations.shapes import Label, Span
from querist.results import Batch

KEY = "querist_id"


def lines(
    batch: Batch, texts: Mapping[Any, str], *, classes: Sequence[str] | None = None, labels: Mapping[Any, Label] | None = None
) -> list[str]:
    """Return the lines of a JSONL file to import, the first to be labelled first.

    Parameters
    ----------
    batch : Batch
    texts : mapping of id to str
    classes, labels : optional
        As for `querist.integrations.label_studio.publish`; choices for text classification, spans for sequence labelling.

    Raises
    ------
    ValueError
        If a label is a box, which cannot be imported.
    """
    return [
        json.dumps({"text": texts[each.id], "label": _labels(each), KEY: each.id, **each.facts()}, ensure_ascii=False)
        for each in candidates(batch, classes, labels)
    ]


def scores(batch: Batch) -> dict[Any, float]:
    """Return the score of each example by the ids of the batch, which are doccano's: 1 - priority, because the lowest is served first.

    All are below 1, and below the 100 of examples that are not in the batch. Set those of former rounds back to 100.
    """
    return {each.id: 1 - each.priority for each in candidates(batch, None, None)}


def answers(exported: Iterable[str], annotator: Any, *, key: str = KEY) -> list[dict[str, Any]]:
    """Return what one person exported from a text classification project as `client.assess_annotations` takes it.

    Parameters
    ----------
    exported : iterable of str
        Lines of that person's JSONL file: an export of a project that is not shared has one for each person, named after them.
    annotator : object
        Who that is.
    key : str
        Where an instance's id is; "id" for doccano's own.

    Raises
    ------
    ValueError
        If a line has no such id, or more than one label. One without any is an abstention: export approved or confirmed examples only.
    """
    rows = []
    for number, line in enumerate(exported, 1):
        if not line.strip():
            continue
        example = json.loads(line)
        given = example.get("label", [])
        if key not in example or len(given) > 1:
            raise ValueError(
                f"line {number} has {f'no {key!r}' if key not in example else f'the labels {given}'}; one id and one label is allowed"
            )
        rows.append({"instance": example[key], "annotator": annotator, "label": given[0] if given else None})
    return rows


def spans(exported: Iterable[str], *, key: str = KEY) -> dict[Any, tuple[Span, ...]]:
    """Return the spans of an exported sequence labelling project by instance."""
    examples = [json.loads(line) for line in exported if line.strip()]
    return {each[key]: tuple(Span(start, end, label) for start, end, label in each["label"]) for each in examples}


def _labels(each: Candidate) -> list[Any]:
    if each.label is None or isinstance(each.label, str):
        return [] if each.label is None else [each.label]
    found = [part if isinstance(part, str) else [part.start, part.end, part.label] for part in each.label if isinstance(part, (str, Span))]
    if len(found) != len(each.label):
        raise ValueError(f"the label of {each.id!r} has boxes, which doccano does not import")
    return found
