"""The assessment of answers between the wire and the engine."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from querist import codec
from querist._version import __version__
from querist.v1 import annotation_service_pb2 as pb

from querist_server.engine import intake
from querist_server.engine.crowd.answers import Answers, AnswersIntake
from querist_server.engine.crowd.assessing import Known, Wish, assess
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.pieces import Pieces, join_columns
from querist_server.engine.task import Limits
from querist_server.service.assessed import add_label, encode_pieces, row_bytes
from querist_server.service.decode import FLOATS, INTEGERS, Allowed, checked_tensor, signed
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.plans import enum_name
from querist_server.service.turns import checkpoint_of

MOST_LABELS, MOST_REPORTS = 1000, 100_000
"""Labels that do not exclude each other, and annotators x labels."""
_KEYS = ("INT64", "UINT64")
_WHOLE = ("instances", "annotators", "labels", "gold", "keys")
_NUMBERS = (*FLOATS, *INTEGERS)
_ANSWERS: dict[str, Allowed] = {
    "instances": ((1,), _KEYS, "[T]"),
    "annotators": ((1,), _KEYS, "[T]"),
    "labels": ((1, 2), INTEGERS, "[T] or [T, L]"),
    "times": ((1,), _NUMBERS, "[T]"),
    "seconds": ((1,), _NUMBERS, "[T]"),
    "gold": ((1,), INTEGERS, "[T]"),
    "confidences": ((1,), _NUMBERS, "[T]"),
}
_INSTANCES: dict[str, Allowed] = {
    "keys": ((1,), _KEYS, "[n]"),
    "probabilities": ((1, 2), FLOATS, "[n, C]"),
    "committee": ((3,), FLOATS, "[n, K, C]"),
    "features": ((2,), _NUMBERS, "[n, F]"),
}


class AssessmentWork:
    """One assessment while its messages arrive.

    Parameters
    ----------
    header : AssessHeader
    limits : Limits
    ended : threading.Event
        Set when the caller has gone.
    files : LocalFiles
        Where tensors are found that are files.

    Raises
    ------
    EngineError
        If the header cannot be answered.
    """

    def __init__(self, header: pb.AssessHeader, limits: Limits, ended: threading.Event, files: LocalFiles = NO_FILES) -> None:
        self._limits, self._checkpoint, self._files = limits, checkpoint_of(ended), files
        self.wish = decode_wish(header, limits)
        self._answers = AnswersIntake(self.wish.classes, limits.max_kept_bytes, keep_last=self.wish.keep_last)
        self._instances: Pieces[dict[str, Any]] = Pieces(join_columns)
        self._held = 0
        self._answered = False

    @property
    def bytes_kept(self) -> int:
        """Bytes that are held."""
        return self._held + self._answers.bytes

    def take(self, message: pb.AssessAnnotationsRequest) -> None:
        """Take a block of instances or of answers.

        Raises
        ------
        EngineError
            If it is not what the contract allows.
        """
        if message.WhichOneof("part") == "answers":
            self._answered = True
            columns = _columns(message.answers, _ANSWERS, "answers", self._files)
            if columns["labels"].ndim != (2 if self.wish.kind == "SETS" else 1):
                shape = "[T, L]" if self.wish.kind == "SETS" else "[T]"
                text = f"labels have shape {list(columns['labels'].shape)}; with {self.wish.kind} they must be {shape}"
                raise EngineError("SHAPE_INVALID", text, field="answers.labels.shape")
            self._answers.add(columns)
            return
        if self._answered:
            text = "instances after answers; a stream is one header, then blocks of instances, then blocks of answers"
            raise EngineError("STREAM_OUT_OF_ORDER", text, field="instances")
        columns = self._checked_instances(_columns(message.instances, _INSTANCES, "instances", self._files))
        self._instances.append(columns, len(columns["keys"]))
        self._held += sum(column.nbytes for column in columns.values())
        if self._held > self._limits.max_kept_bytes:
            text = f"the instances hold {self._held} bytes; this server's max_kept_bytes is {self._limits.max_kept_bytes}"
            raise LimitError(text, limit="max_kept_bytes", allowed=self._limits.max_kept_bytes, field="instances")

    def finish(self) -> list[pb.AssessAnnotationsResponse]:
        """Assess all answers, and return the messages of the response.

        Raises
        ------
        EngineError
            If the answers as a whole are not what the contract allows.
        Cancelled
            If the caller has gone.
        """
        known = self._known()
        answers = self._answers.build(known.keys)
        self._check_size(answers)
        result = pb.Assessment(
            instances=len(answers.instances),
            answers=answers.received,
            repeats=answers.repeats,
            changes=answers.changes,
            settled=True,
            server_version=__version__,
        )
        messages = []
        for label in range(answers.labels.shape[1]):
            found = assess(answers, known, self.wish, label, self._checkpoint)
            messages += [pb.AssessAnnotationsResponse(instances=piece) for piece in encode_pieces(answers, found, self.wish, label)]
            add_label(result, answers, found, label)
        return [*messages, pb.AssessAnnotationsResponse(result=result)]

    def _check_size(self, answers: Answers) -> None:
        instances, annotators, labels = len(answers.instances), len(answers.annotators), answers.labels.shape[1]
        if annotators * labels > MOST_REPORTS:
            text = f"{annotators} annotators and {labels} labels make {annotators * labels} reports; allowed are at most {MOST_REPORTS}"
            raise EngineError("VALUE_OUT_OF_RANGE", text, field="answers.annotators")
        most = self._limits.max_kept_bytes
        for what, size in (
            (f"probabilities of {self.wish.classes} classes", instances * self.wish.classes * 8),
            (f"findings on {labels} labels", instances * labels * row_bytes(self.wish)),
        ):
            if size > most:
                text = f"{instances} instances take {size} bytes of {what}; max_kept_bytes is {most}"
                raise LimitError(text, limit="max_kept_bytes", allowed=most, field="answers")

    def _checked_instances(self, columns: dict[str, Any]) -> dict[str, Any]:
        rows = len(columns["keys"])
        for name, column in columns.items():
            if len(column) != rows:
                text = f"{name} has {len(column)} rows and keys {rows}; they must agree"
                raise EngineError("SHAPE_MISMATCH", text, field=f"instances.{name}")
        if "probabilities" in columns and "committee" in columns:
            raise EngineError("FIELD_CONFLICT", "send probabilities or a committee, not both", field="instances.committee")
        if "features" in columns:
            columns["features"] = intake.finite(columns["features"], "instances.features", 0).astype(np.float64)
        columns |= self._models(columns)
        if self._instances and _signature(columns) != _signature(self._instances.first):
            text = f"this block holds {_signature(columns)}, the first {_signature(self._instances.first)}; all must hold the same columns"
            raise EngineError("SHAPE_MISMATCH", text, field="instances")
        return columns

    def _models(self, columns: dict[str, Any]) -> dict[str, Any]:
        if self.wish.kind == "SETS":
            if "committee" in columns:
                raise EngineError("FIELD_CONFLICT", "a committee is not for sets of labels", field="instances.committee")
            if "probabilities" not in columns:
                return {}
            chances = intake.finite(columns["probabilities"], "instances.probabilities", 0).astype(np.float64)
            if chances.ndim != 2 or ((chances < 0) | (chances > 1)).any():
                raise EngineError("VALUE_OUT_OF_RANGE", "probabilities of labels are [n, L], from 0 to 1", field="instances.probabilities")
            return {"probabilities": chances}
        for name in ("probabilities", "committee"):
            if name not in columns:
                continue
            sent = columns[name] if name == "probabilities" else np.moveaxis(columns[name], 1, 0)
            rows = intake.probability_rows(sent, f"instances.{name}", 0)
            if rows.shape[-1] != self.wish.classes:
                text = f"{name} have {rows.shape[-1]} classes; class_count is {self.wish.classes}"
                raise EngineError("SHAPE_MISMATCH", text, field=f"instances.{name}")
            return {name: rows if name == "probabilities" else np.moveaxis(rows, 0, 1)}
        return {}

    def _known(self) -> Known:
        if not self._instances:
            return Known(np.empty(0, np.int64))
        joined = self._instances.joined()
        self._instances = Pieces(join_columns)
        keys = joined["keys"]
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(np.diff(keys[order]) == 0)
        if len(again):
            row = int(order[again + 1].min())
            raise EngineError("KEY_DUPLICATE", f"the key {keys[row]} has come before; no two may be equal", field="instances.keys", row=row)
        models = None
        if "committee" in joined:
            models = np.moveaxis(joined["committee"][order].astype(np.float64), 1, 0)
        elif "probabilities" in joined:
            models = joined["probabilities"][order].astype(np.float64)[None]
        features = joined["features"][order] if "features" in joined else None
        return Known(keys[order], models, features)


def decode_wish(header: pb.AssessHeader, limits: Limits) -> Wish:
    """Turn a header into what is asked for.

    Raises
    ------
    EngineError
        If a field is missing or out of range.
    """
    kind = _enum(pb.LabelKind, header.kind, "kind", "CLASSES")
    given: dict[str, Any] = {
        name: getattr(header, name) for name in ("session_gap", "bootstrap_rounds", "most_pairs", "seed") if header.HasField(name)
    }
    classes = 2
    if kind != "SETS":
        if not header.HasField("class_count"):
            raise EngineError("FIELD_MISSING", "class_count is missing: the number of classes", field="header.class_count")
        classes = header.class_count
        if not 2 <= classes <= limits.max_classes:
            text = f"class_count is {classes}; allowed is 2 to {limits.max_classes}"
            raise EngineError("VALUE_OUT_OF_RANGE", text, field="header.class_count")
    return Wish(
        kind=kind,
        classes=classes,
        method=_enum(pb.ConsensusMethod, header.method, "method", "AUTO"),
        keep_last=_enum(pb.RepeatRule, header.repeats, "repeats", "REFUSE") == "LAST",
        posteriors=header.return_posteriors,
        **given,
    )


def _enum(kind: Any, number: int, field: str, default: str) -> str:
    if not number:
        return default
    name = enum_name(kind.DESCRIPTOR, number)
    if not name:
        raise EngineError("VALUE_OUT_OF_RANGE", f"{field} is {number}, which is none that this server knows", field=f"header.{field}")
    return name


def _signature(columns: dict[str, Any]) -> str:
    """Return the names of columns and the lengths of their rows."""
    return ", ".join(f"{name} {list(column.shape[1:])}" for name, column in sorted(columns.items()))


def _columns(block: Any, allowed: dict[str, Allowed], path: str, files: LocalFiles) -> dict[str, Any]:
    columns = {}
    for name, shapes in allowed.items():
        if block.HasField(name):
            column = checked_tensor(getattr(block, name), f"{path}.{name}", *shapes, files)
            columns[name] = signed(column, f"{path}.{name}") if name in _WHOLE else codec.widen(column)
    required = "keys" if path == "instances" else "labels"
    if required not in columns:
        raise EngineError("FIELD_MISSING", f"{required} are missing", field=f"{path}.{required}")
    if columns[required].ndim == 2 and not 1 <= columns[required].shape[1] <= MOST_LABELS:
        text = f"labels have {columns[required].shape[1]} columns; allowed are 1 to {MOST_LABELS}"
        raise EngineError("SHAPE_INVALID", text, field=f"{path}.labels.shape")
    return columns
