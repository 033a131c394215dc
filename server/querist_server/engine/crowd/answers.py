"""Answers as they arrive: pieces are put together, checked, and made into indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.crowd.votes import FloatArray, IndexArray, Votes
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.pieces import Pieces, join_columns

Array = npt.NDArray[Any]

ABSTAINED = -1
_REQUIRED = ("instances", "annotators", "labels")


@dataclass(frozen=True, eq=False)
class Answers:
    """All answers, each annotator's one of each instance, by rising instance and annotator.

    Attributes
    ----------
    instances : ndarray of shape (N,), int64
        Keys of all instances, rising: those with answers, and those of which something else is known.
    annotators : ndarray of shape (J,), int64
        Keys, rising.
    item, who : ndarray of shape (T,), int64
        Positions in these.
    labels : ndarray of shape (T, L), int64
        Classes, or -1 for no label. L is 1 but for sets of labels.
    times, seconds, confidences : ndarray of shape (T,), float64, or None
    gold : ndarray of shape (T,), int64, or None
    received, repeats, changes : int
        How many answers came, how many of them were second ones, and how many of these others.
    """

    instances: IndexArray
    annotators: IndexArray
    item: IndexArray
    who: IndexArray
    labels: IndexArray
    times: FloatArray | None
    seconds: FloatArray | None
    confidences: FloatArray | None
    gold: IndexArray | None
    received: int
    repeats: int
    changes: int

    def votes(self, label: int, classes: int) -> Votes:
        """Return the labels that are no abstentions, of one of L labels."""
        given = self.labels[:, label] >= 0
        sure = None if self.confidences is None else self.confidences[given]
        return Votes(self.item[given], self.who[given], self.labels[given, label], len(self.instances), len(self.annotators), classes, sure)


class AnswersIntake:
    """Takes answers in pieces.

    Parameters
    ----------
    classes : int
        C; 2 for sets of labels.
    max_bytes : int
        The most that may be held.
    keep_last : bool
        Whether a second, other answer takes the place of the first; else it is refused.
    """

    def __init__(self, classes: int, max_bytes: int, *, keep_last: bool) -> None:
        self._classes, self._max_bytes, self._keep_last = classes, max_bytes, keep_last
        self._pieces: Pieces[dict[str, Array]] = Pieces(join_columns)
        self._rows = 0
        self.bytes = 0

    def add(self, columns: Mapping[str, Array]) -> None:
        """Take the next answers.

        Raises
        ------
        EngineError
            If a column is missing, of another length or with other columns than before, or a value is not what the contract allows.
        """
        missing = next((name for name in _REQUIRED if name not in columns), "")
        if missing:
            raise EngineError("FIELD_MISSING", f"{missing} are missing", field=f"answers.{missing}")
        rows = len(columns["instances"])
        for name, column in columns.items():
            if len(column) != rows:
                message = f"{name} has {len(column)} rows and instances {rows}; they must agree"
                raise EngineError("SHAPE_MISMATCH", message, field=f"answers.{name}")
        if self._pieces:
            first = self._pieces.first
            if set(first) != set(columns) or first["labels"].shape[1:] != columns["labels"].shape[1:]:
                raise EngineError("SHAPE_MISMATCH", "all blocks of answers must hold the same columns", field="answers")
        self._check(columns)
        self._pieces.append(dict(columns), rows)
        self._rows += rows
        self.bytes += sum(column.nbytes for column in columns.values())
        if self.bytes > self._max_bytes:
            message = f"the answers hold {self.bytes} bytes; this server's max_kept_bytes is {self._max_bytes}"
            raise LimitError(message, limit="max_kept_bytes", allowed=self._max_bytes, field="answers")

    def build(self, known: IndexArray) -> Answers:
        """Put all answers together with the keys of instances of which something else is known.

        Raises
        ------
        EngineError
            If there are none, times of an annotator fall, or an annotator contradicts themselves where that is refused.
        """
        if not self._rows:
            raise EngineError("POOL_EMPTY", "there are no answers; at least 1 is needed", field="answers")
        joined = self._pieces.joined()
        self._pieces = Pieces(join_columns)
        instances = np.unique(np.concatenate((joined["instances"].astype(np.int64), known)))
        annotators, who = np.unique(joined["annotators"].astype(np.int64), return_inverse=True)
        item = np.searchsorted(instances, joined["instances"].astype(np.int64))
        times = joined["times"].astype(np.float64) if "times" in joined else None
        if times is not None:
            _check_order(who, times)
        order = np.argsort(item * len(annotators) + who, kind="stable")
        labels = joined["labels"].reshape(self._rows, -1).astype(np.int64)[order]
        place = item[order] * len(annotators) + who[order]
        again = np.flatnonzero(place[1:] == place[:-1]) + 1
        changed = again[(labels[again] != labels[again - 1]).any(axis=1)]
        if len(changed) and not self._keep_last:
            row = int(order[changed].min())
            at = int(np.flatnonzero(order == row)[0])
            name = f"annotator {annotators[who[row]]} has answered instance {instances[item[row]]}"
            message = f"{name} before with {_shown(labels[at - 1])}, and now with {_shown(labels[at])}; send one, or REPEAT_RULE_LAST"
            raise EngineError("ANSWER_CONTRADICTED", message, field="answers.labels", row=row)
        last = np.ones(self._rows, bool)
        last[again - 1] = False
        kept = order[last]
        return Answers(
            instances=instances,
            annotators=annotators,
            item=item[kept],
            who=who[kept],
            labels=labels[last],
            times=None if times is None else times[kept],
            seconds=joined["seconds"].astype(np.float64)[kept] if "seconds" in joined else None,
            confidences=joined["confidences"].astype(np.float64)[kept] if "confidences" in joined else None,
            gold=joined["gold"].astype(np.int64)[kept] if "gold" in joined else None,
            received=self._rows,
            repeats=len(again),
            changes=len(changed),
        )

    def _check(self, columns: Mapping[str, Array]) -> None:
        for name in ("labels", "gold"):
            if name in columns:
                column = columns[name]
                wrong = (column < ABSTAINED) | (column >= self._classes)
                self._refuse(np.asarray(wrong if wrong.ndim == 1 else wrong.any(axis=1)), column, name, f"-1 to {self._classes - 1}")
        for name, least in (("times", -np.inf), ("seconds", 0.0)):
            if name in columns:
                column = columns[name]
                allowed = "a finite number" if least < 0 else "a finite number of 0 or more"
                self._refuse(np.asarray(~np.isfinite(column) | (column < least)), column, name, allowed)
        if "confidences" in columns:
            sure = columns["confidences"]
            self._refuse(np.asarray(~((sure > 0) & (sure <= 1))), sure, "confidences", "above 0 to 1")
        for name in ("instances", "annotators"):
            self._refuse(np.asarray(columns[name].astype(np.int64) < 0), columns[name], name, "0 to 2^63 - 1")

    def _refuse(self, wrong: npt.NDArray[np.bool_], column: Array, name: str, allowed: str) -> None:
        if wrong.any():
            row = int(wrong.argmax())
            message = f"{name} holds {_shown(np.atleast_1d(column[row]))}; allowed is {allowed}"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"answers.{name}", row=self._rows + row)


def _check_order(who: IndexArray, times: FloatArray) -> None:
    order = np.argsort(who, kind="stable")
    falls = np.flatnonzero((np.diff(times[order]) < 0) & (np.diff(who[order]) == 0))
    if len(falls):
        row = int(order[falls + 1].min())
        message = (
            f"the time {times[row]:g} is before that of the annotator's answer before; each annotator's answers come in the order of time"
        )
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="answers.times", row=row)


def _shown(values: Array) -> str:
    return str(values[0]) if len(values) == 1 else str(values.tolist())
