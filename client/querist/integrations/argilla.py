"""Argilla 2: a batch as records. Pure: Argilla itself is not needed.

A record's suggestion has a score of its own, from 0 to 1, which is the model's confidence and not the order; the order goes into float
metadata, which can be sorted by (``querist_priority``, descending). Without such a sort an annotator's queue is drawn at random by the
annotator's id, so log the batch alone, or sort. Metadata has to be declared in the dataset's settings (`METADATA`) before records are
logged. Read in argilla-server 2.8 (search by ``random_score``) and the reference of ``rg.Record`` and ``rg.Suggestion``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.integrations._candidates import Candidate, candidates
from querist.integrations.shapes import Label, Span
from querist.results import Batch

METADATA = {"querist_rank": "integer", "querist_priority": "float", "querist_score": "float", "querist_group": "integer"}
"""The metadata properties that records have, and of what type each is."""


def records(
    batch: Batch,
    fields: Mapping[Any, Mapping[str, Any]],
    *,
    question: str = "label",
    classes: Sequence[str] | None = None,
    labels: Mapping[Any, Label] | None = None,
    agent: str = "querist",
) -> list[dict[str, Any]]:
    """Return the arguments of ``rg.Record`` for each instance, the first first; suggestions are arguments of ``rg.Suggestion``.

    Parameters
    ----------
    batch : Batch
    fields : mapping of id to fields
        What annotators see.
    question : str
        Name of a label, multi-label or span question.
    classes : sequence of str, optional
        The question's labels in the model's order: what the model predicts becomes a suggestion.
    labels : mapping of id to label, optional
        Suggestions instead: choices or spans.
    agent : str
        Who suggests.

    Raises
    ------
    ValueError
        If a label is a box: Argilla has no question for them.
    """
    return [
        {
            "id": str(each.id),
            "fields": dict(fields[each.id]),
            "metadata": each.facts(),
            "suggestions": [] if each.label is None else [_suggestion(each, question, agent)],
        }
        for each in candidates(batch, classes, labels)
    ]


def _suggestion(each: Candidate, question: str, agent: str) -> dict[str, Any]:
    label = each.label
    told: dict[str, Any] = {"question_name": question, "agent": agent}
    if isinstance(label, str):
        score = {} if each.confidence is None else {"score": each.confidence}
        return {**told, "value": label, **score}
    given = list(label or ())
    if all(isinstance(part, str) for part in given):
        return {**told, "value": given}
    spans = [{"start": part.start, "end": part.end, "label": part.label} for part in given if isinstance(part, Span)]
    if len(spans) != len(given):
        raise ValueError(f"the label of {each.id!r} has boxes, for which Argilla has no question")
    return {**told, "value": spans}
