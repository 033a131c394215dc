"""Answers of annotators to messages, and assessments back. Pure: no transport, shared by both clients."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist import codec, crowd
from querist._containers import to_array
from querist.errors import InvalidRequestError
from querist.v1 import annotation_service_pb2 as pb

BLOCK_ROWS = 65_536
COLUMNS = ("instance", "annotator", "label", "time", "seconds", "gold", "confidence")
_NAMES = {"instance": "instances", "annotator": "annotators", "label": "labels", "time": "times", "confidence": "confidences"}
METHODS = tuple(name.removeprefix("CONSENSUS_METHOD_").lower() for name in pb.ConsensusMethod.keys()[1:])
KINDS = tuple(name.removeprefix("LABEL_KIND_").lower() for name in pb.LabelKind.keys()[1:])


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers with keys in place of ids.

    Attributes
    ----------
    header : AssessHeader
    columns : dict of str to ndarray
        By the contract's names.
    instances, annotators, classes : list
        What keys and class numbers stand for.
    known : dict of str to ndarray
        Of instances, by the contract's names.
    """

    header: pb.AssessHeader
    columns: dict[str, npt.NDArray[Any]]
    instances: list[Any]
    annotators: list[Any]
    classes: list[Any]
    known: dict[str, npt.NDArray[Any]]

    def messages(self) -> Iterator[pb.AssessAnnotationsRequest]:
        """Give the messages of the stream."""
        yield pb.AssessAnnotationsRequest(header=self.header)
        for part, columns in (("instances", self.known), ("answers", self.columns)):
            rows = len(next(iter(columns.values()), ()))
            for start in range(0, rows, BLOCK_ROWS):
                message = pb.AssessAnnotationsRequest()
                block = getattr(message, part)
                for name, column in columns.items():
                    codec.fill(getattr(block, name), np.ascontiguousarray(column[start : start + BLOCK_ROWS]))
                yield message


def answers_of(
    answers: Any,
    *,
    classes: Sequence[Any] | None,
    kind: str,
    method: str,
    probabilities: Any,
    committee: Any,
    features: Any,
    ids: Any,
    keep_last: bool,
    options: Mapping[str, Any],
) -> Answers:
    """Turn answers into what goes over the wire.

    Raises
    ------
    InvalidRequestError
        If columns are missing, a label is none of the classes, or an argument is no array.
    """
    for value, allowed, name in ((kind, KINDS, "kind"), (method, METHODS, "method")):
        if value not in allowed:
            raise InvalidRequestError(f"{name} is {value!r}; allowed are {', '.join(allowed)}", field=name)
    table = columns_of(answers)
    known_ids = [] if ids is None else _plain(ids)
    instances, by_instance = _factored(_joined(table["instance"], known_ids))
    annotators, by_annotator = _factored(table["annotator"])
    labels, found = _labels(table["label"], classes, kind)
    rows = len(labels)
    columns: dict[str, npt.NDArray[Any]] = {"instances": by_instance[:rows], "annotators": by_annotator, "labels": labels}
    for name in ("time", "seconds", "confidence"):
        if name in table:
            columns[_NAMES.get(name, name)] = _seconds(table[name], name)
    if "gold" in table:
        columns["gold"] = _labels(table["gold"], found, kind)[0]
    header = pb.AssessHeader(**{name: value for name, value in options.items() if value is not None})
    if kind != "sets":
        header.class_count = len(found)
    header.MergeFrom(pb.AssessHeader(kind=f"LABEL_KIND_{kind.upper()}", method=f"CONSENSUS_METHOD_{method.upper()}"))
    if keep_last:
        header.repeats = pb.REPEAT_RULE_LAST
    known: dict[str, npt.NDArray[Any]] = {}
    for name, value in (("probabilities", probabilities), ("committee", committee), ("features", features)):
        if value is not None:
            known[name] = np.moveaxis(to_array(value, name), 0, 1) if name == "committee" else to_array(value, name)
    if known and ids is None:
        raise InvalidRequestError("give ids, one for each row of probabilities, committee or features", field="ids")
    if known:
        known["keys"] = by_instance[rows:]
    return Answers(header, columns, instances, annotators, found, known)


def columns_of(answers: Any) -> dict[str, list[Any]]:
    """Return answers as columns: from a data frame, a mapping of columns, an iterable of mappings, or the path of a .csv file.

    Raises
    ------
    InvalidRequestError
        If they are something else, or lack a column.
    """
    if isinstance(answers, (str, Path)):
        with Path(answers).open(newline="", encoding="utf-8-sig") as file:
            answers = list(csv.DictReader(file, skipinitialspace=True))
    if hasattr(answers, "columns") and hasattr(answers, "to_dict"):
        answers = {str(name): answers[name].to_numpy() for name in answers.columns}
    if isinstance(answers, Mapping):
        table = {name: _plain(column) for name, column in answers.items() if name in COLUMNS}
    elif isinstance(answers, Iterable):
        rows = list(answers)
        names = [name for name in COLUMNS if any(name in row for row in rows)]
        table = {name: [row.get(name) for row in rows] for name in names}
    else:
        raise InvalidRequestError(f"answers are {type(answers).__name__}; allowed are data frames, columns, dicts, and .csv files")
    missing = [name for name in COLUMNS[:3] if name not in table]
    if missing:
        raise InvalidRequestError(f"answers lack {', '.join(missing)}; they have {', '.join(table) or 'nothing'}", field=missing[0])
    return table


def assessment(messages: Iterable[pb.AssessAnnotationsResponse], sent: Answers) -> crowd.Assessment:
    """Put the messages of a response together."""
    pieces: dict[int, list[pb.InstanceAssessments]] = {}
    result = pb.Assessment()
    for message in messages:
        if message.HasField("instances"):
            pieces.setdefault(message.instances.label, []).append(message.instances)
        else:
            result = message.result
    by_label = tuple(_instances(pieces[label], sent) for label in sorted(pieces))
    return crowd.Assessment(
        instances=by_label[0],
        by_label=by_label,
        annotators=[_annotator(report, sent) for report in result.annotators],
        agreement=tuple(_agreement(each, sent) for each in result.agreement),
        method=pb.ConsensusMethod.Name(result.method).removeprefix("CONSENSUS_METHOD_").lower(),
        settled=result.settled,
        classes=sent.classes,
        answers=result.answers,
        repeats=result.repeats,
        changes=result.changes,
        model_weight=_optional(result, "model_weight"),
        cautions=tuple(result.cautions),
    )


def assignment_request(instances: Iterable[Mapping[str, Any]], annotators: Iterable[Mapping[str, Any]], **options: Any) -> Any:
    """Return a request for an assignment, with the ids that keys stand for.

    Raises
    ------
    InvalidRequestError
        If an entry has other fields than the contract's.
    """
    waiting, people = list(instances), list(annotators)
    names = _factored([each["id"] for each in waiting])[0]
    asked = _factored([*(each["id"] for each in people), *(name for each in waiting for name in each.get("answered", ()))])[0]
    method = options.pop("method", None)
    request = pb.AssignAnnotatorsRequest(**{name: value for name, value in options.items() if value is not None})
    if method is not None:
        allowed = [name.removeprefix("ASSIGNMENT_METHOD_").lower() for name in pb.AssignmentMethod.keys()[1:]]
        if method not in allowed:
            raise InvalidRequestError(f"method is {method!r}; allowed are {', '.join(allowed)}", field="method")
        request.MergeFrom(pb.AssignAnnotatorsRequest(method=f"ASSIGNMENT_METHOD_{method.upper()}"))
    number = {name: key for key, name in enumerate(names)}
    place = {name: key for key, name in enumerate(asked)}
    try:
        for each in waiting:
            given = {name: value for name, value in each.items() if name not in ("id", "answered", "probabilities")}
            request.instances.add(
                key=number[each["id"]],
                probabilities=np.asarray(each["probabilities"], np.float64).tolist(),
                answered=[place[name] for name in each.get("answered", ())],
                **given,
            )
        for each in people:
            given = {name: value for name, value in each.items() if name not in ("id", "confusion") and value is not None}
            table = each.get("confusion")
            confusion = [] if table is None else np.asarray(table, np.float64).reshape(-1).tolist()
            request.annotators.add(key=place[each["id"]], confusion=confusion, **given)
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidRequestError(f"an instance or an annotator is not what the contract allows: {error}") from error
    return request, names, asked


def assignment(response: pb.AssignAnnotatorsResponse, names: list[Any], asked: list[Any]) -> crowd.Assignment:
    """Return an assignment in terms of ids."""
    pairs = tuple(crowd.AssignedPair(names[pair.instance], asked[pair.annotator], pair.value, pair.blind) for pair in response.pairs)
    return crowd.Assignment(pairs, response.seed, response.unassigned)


def _instances(pieces: list[pb.InstanceAssessments], sent: Answers) -> crowd.InstanceAssessments:
    def joined(name: str, dtype: Any) -> npt.NDArray[Any]:
        return np.concatenate([np.fromiter(getattr(piece, name), dtype) for piece in pieces])

    keys, labels = joined("keys", np.int64), joined("consensus", np.int64)
    asks, posteriors = joined("ask_scores", np.float64), joined("posteriors", np.float64)
    return crowd.InstanceAssessments(
        ids=[sent.instances[key] for key in keys.tolist()],
        consensus=[None if label < 0 else sent.classes[label] for label in labels.tolist()],
        confidences=joined("confidences", np.float64),
        labels=joined("labels", np.int64),
        abstentions=joined("abstentions", np.int64),
        agreements=joined("agreements", np.float64),
        unlabelable=joined("unlabelable", np.float64),
        ask_scores=asks if len(asks) else None,
        posteriors=posteriors.reshape(len(keys), -1) if len(posteriors) else None,
    )


def _annotator(report: pb.AnnotatorReport, sent: Answers) -> crowd.AnnotatorReport:
    simple = ("labels", "shared", "abstentions", "weight", "gold_labels", "gold_right", "label")
    known = ("quality", "quality_low", "quality_high", "mean_seconds", "mean_confidence")
    classes = len(sent.classes)
    return crowd.AnnotatorReport(
        id=sent.annotators[report.key],
        confusion=np.array(report.confusion).reshape(classes, classes) if report.confusion else None,
        drift=_drift(report.drift) if report.HasField("drift") else None,
        **{name: getattr(report, name) for name in simple},
        **{name: _optional(report, name) for name in known},
    )


def _drift(message: pb.Drift) -> crowd.Drift:
    names = ("fell_at", "per_hour", "per_hour_low", "per_hour_high", "seconds_per_hour", "session_hours")
    return crowd.Drift(sessions=message.sessions, **{name: _optional(message, name) for name in names})


def _agreement(message: pb.Agreement, sent: Answers) -> crowd.Agreement:
    names = ("alpha_nominal", "alpha_ordinal", "alpha_interval", "alpha_low", "alpha_high", "fleiss_kappa")
    people = sent.annotators
    pairs = tuple((people[pair.one], people[pair.other], pair.shared, pair.cohen_kappa) for pair in message.pairs)
    return crowd.Agreement(pairs=pairs, label=message.label, **{name: _optional(message, name) for name in names})


def _optional(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _plain(column: Any) -> Any:
    """Return a column of whole numbers as an array, any other as a list of Python's own values."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return column
    return list(column.tolist()) if hasattr(column, "tolist") else list(column)


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, np.ndarray) and (isinstance(other, np.ndarray) or not len(other)):
        return np.concatenate((one, other)) if len(other) else one
    return [*_values(one), *_values(other)]


def _values(column: Any) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _factored(ids: Any) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return the distinct ids in rising order, and the place of each id among them: whole numbers by value, others by their text."""
    plain = isinstance(ids, np.ndarray) or all(type(name) is int for name in ids) or all(type(name) is str for name in ids)
    array = np.asarray(ids) if plain else None
    if array is not None and array.dtype.kind in "iuU":
        names, places = np.unique(array, return_inverse=True)
        return names.tolist(), places.astype(np.int64)
    rising = sorted(set(ids), key=lambda name: (not isinstance(name, int), name if isinstance(name, int) else 0, str(name)))
    place = {name: number for number, name in enumerate(rising)}
    return rising, np.fromiter((place[name] for name in ids), np.int64, len(ids))


def _labels(given: Any, classes: Sequence[Any] | None, kind: str) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return class numbers, -1 for no label, and the classes."""
    if kind == "sets":
        rows = [[-1 if _absent(mark) else int(mark) for mark in row] for row in given]
        return np.array(rows, np.int64), [0, 1]
    if isinstance(given, np.ndarray) and (classes is None or list(classes) == list(range(len(classes)))):
        return _numbers(given, classes)
    given = _values(given)
    known = list(classes) if classes is not None else _factored([label for label in given if not _absent(label)])[0]
    place = {label: number for number, label in enumerate(known)}
    numbers = np.fromiter((-1 if _absent(label) else place.get(label, -2) for label in given), np.int64, len(given))
    wrong = np.flatnonzero(numbers == -2)
    if len(wrong):
        row, shown = int(wrong[0]), ", ".join(map(str, known[:20]))
        raise InvalidRequestError(f"the label {given[row]!r} in row {row} is none of the classes: {shown}", field="label", row=row)
    return numbers, known


def _numbers(given: npt.NDArray[Any], classes: Sequence[Any] | None) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return labels that are whole numbers already: classes by rising number, or their own numbers."""
    if classes is None:
        names, places = np.unique(given, return_inverse=True)
        return places.astype(np.int64), names.tolist()
    wrong = np.flatnonzero((given < 0) | (given >= len(classes)))
    if len(wrong):
        message = f"the label {given[wrong[0]]} in row {wrong[0]} is none of the classes 0 to {len(classes) - 1}"
        raise InvalidRequestError(message, field="label", row=int(wrong[0]))
    return given.astype(np.int64), list(classes)


def _absent(label: Any) -> bool:
    return label is None or label == "" or (isinstance(label, float) and np.isnan(label))


def _seconds(values: Sequence[Any], name: str) -> npt.NDArray[np.float64]:
    try:
        return np.array([value.timestamp() if hasattr(value, "timestamp") else float(value) for value in values], np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"{name} must be numbers, or for times datetimes: {error}", field=name) from error
