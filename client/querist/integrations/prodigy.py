"""Prodigy: a batch as a stream, and answers back. Pure: Prodigy itself is not needed.

A recipe's stream is asked in the order in which it gives examples, so a ranking is a generator. (The sorters, such as
``prefer_high_scores``, drop about half of a stream by a moving average: do not put one after a ranking.) ``meta`` is shown beside an
example. Answers are "accept", "reject" or "ignore"; an ignored one is an abstention. By Prodigy's documentation of recipes and of its
annotation interfaces, and threads 131, 657 and 2407 of its forum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from querist.integrations._candidates import candidates
from querist.integrations.shapes import Label, Span
from querist.results import Batch

KEY = "querist_id"


def stream(
    batch: Batch,
    examples: Mapping[Any, Mapping[str, Any]],
    *,
    options: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    labels: Mapping[Any, Label] | None = None,
) -> Iterator[dict[str, Any]]:
    """Give the examples of a batch, the first to be labelled first.

    Parameters
    ----------
    batch : Batch
    examples : mapping of id to dict
        What is shown, such as ``{"text": ...}`` or ``{"image": ...}``.
    options : sequence of str, optional
        For the interface "choice": all choices; those to begin with are accepted already. Without it a choice becomes the example's
        "label", to be accepted or rejected, as in "classification".
    classes, labels : optional
        As for `querist.integrations.label_studio.publish`; choices or spans.

    Raises
    ------
    ValueError
        If a label is a box, or there are several choices and no options.
    """
    for each in candidates(batch, classes, labels):
        meta = {"score": round(each.score, 4), "rank": each.rank}
        example: dict[str, Any] = {**examples[each.id], KEY: each.id, "meta": {**examples[each.id].get("meta", {}), **meta}}
        given = [each.label] if isinstance(each.label, str) else list(each.label or ())
        spans = [{"start": part.start, "end": part.end, "label": part.label} for part in given if isinstance(part, Span)]
        choices = [part for part in given if isinstance(part, str)]
        if len(spans) + len(choices) != len(given) or (len(choices) > 1 and options is None):
            raise ValueError(f"the label of {each.id!r} is {each.label!r}; allowed are spans, a choice, and with options several choices")
        if options is not None:
            example |= {"options": [{"id": name, "text": name} for name in options], "accept": choices}
        elif choices:
            example["label"] = choices[0]
        if spans:
            example["spans"] = spans
        yield example


def answers(examples: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return answered examples of one choice as `client.assess_annotations` takes them.

    With options the label is what was accepted, without them the example's "label" if it was accepted. What was ignored is an abstention,
    and so is a rejected label, which says what an instance is not, but not what it is.

    Parameters
    ----------
    examples : iterable of dict
        As ``prodigy db-out`` or ``db.get_dataset_examples`` give them.

    Raises
    ------
    ValueError
        If several choices were accepted, or an example did not come from `stream`.
    """
    rows = []
    for each in examples:
        if KEY not in each:
            raise ValueError(f"an example has no {KEY!r}: it did not come from querist.integrations.prodigy.stream")
        accepted = each.get("accept", [each["label"]] if "label" in each else []) if each["answer"] == "accept" else []
        if len(accepted) > 1:
            raise ValueError(f"{each[KEY]!r} was given several choices, {accepted}; answers are assessed for one")
        row = {
            "instance": each[KEY],
            "annotator": each.get("_annotator_id") or each.get("_session_id") or "",
            "label": accepted[0] if accepted else None,
        }
        rows.append({**row, "time": each["_timestamp"]} if "_timestamp" in each else row)
    return rows
