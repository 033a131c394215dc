"""What is sent beside the pool: pieces are put together, and checked once the pool's first rows say what it must fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine import intake
from querist_server.engine.calibration_side import calibrations
from querist_server.engine.crowd.answers import Answers, AnswersIntake
from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.followed_side import followed
from querist_server.engine.pieces import Pieces
from querist_server.engine.pool import Side
from querist_server.engine.side_checks import check_classes, check_lengths, finite, known_classes, refuse_empty
from querist_server.engine.task import Limits

Array = npt.NDArray[Any]

FEWEST_COSTS = 3
_LABELLED = ("labelled.embeddings", "labelled.classes", "labelled.values", "labelled.sets")
_HISTORY = ("cost_history.features", "cost_history.costs")
_TARGET = ("target.embeddings", "target.probabilities", "target.committee")


class SideIntake:
    """Takes side tensors in pieces, by the contract's paths below `Side`, such as "labelled.embeddings"."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pieces: dict[str, Pieces[Array]] = {}
        self.bytes = 0

    def add(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows of some tensors.

        Raises
        ------
        EngineError
            If a tensor's type or row shape differs from that of its piece before.
        LimitError
            If all together are larger than the server holds.
        """
        for name, column in columns.items():
            before = self._pieces.setdefault(name, Pieces(np.concatenate))
            if before and (before.first.dtype, before.first.shape[1:]) != (column.dtype, column.shape[1:]):
                message = (
                    f"a piece of {name} is {column.dtype} with rows of {list(column.shape[1:])}; the first was {before.first.dtype} with "
                )
                raise EngineError("SHAPE_MISMATCH", f"{message}{list(before.first.shape[1:])}", field=f"side.{name}")
            before.append(column, len(column))
            self.bytes += column.nbytes
        if self.bytes > self._limits.max_kept_bytes:
            message = f"the side tensors hold {self.bytes} bytes; this server's max_kept_bytes is {self._limits.max_kept_bytes}"
            raise LimitError(message, limit="max_kept_bytes", allowed=self._limits.max_kept_bytes, field="side")

    @property
    def names(self) -> frozenset[str]:
        """Paths of what was sent."""
        return frozenset(self._pieces)

    def rows(self, name: str) -> int:
        """Return how many rows of a tensor came."""
        return self._pieces[name].rows if name in self._pieces else 0

    def build(self, pool: Mapping[str, Any], classes: int, members: int = 0) -> Side:
        """Check all that came.

        Parameters
        ----------
        pool : mapping of str to ndarray
            The first rows of the pool.
        classes : int
            Number of classes C, 0 if there are none.
        members : int
            Number of the committee's members K, 0 if there are none.
        """
        sent = {name: pieces.joined() for name, pieces in self._pieces.items()}
        self._pieces = {}
        check_lengths(sent, _LABELLED)
        check_lengths(sent, _HISTORY)
        check_lengths(sent, _TARGET)
        embeddings = pool.get("embeddings")
        weights = finite(sent, "head.weights")
        return Side(
            labelled_embeddings=_points(sent, "labelled.embeddings", embeddings),
            labelled_classes=known_classes(sent, "labelled.classes", classes),
            labelled_values=finite(sent, "labelled.values"),
            labelled_sets=_sets(sent, pool.get("label_probabilities")),
            wanted=_points(sent, "wanted", embeddings),
            unwanted=_points(sent, "unwanted", embeddings),
            head_weights=_head(weights, classes, embeddings),
            head_bias=_bias(sent, weights),
            cost_features=_features(sent, pool.get("cost_features")),
            cost_history=_costs(sent),
            **calibrations(sent, classes, pool.get("label_probabilities")),
            target_embeddings=_points(sent, "target.embeddings", embeddings),
            target_probabilities=_target_probabilities(sent, classes),
            target_committee=_target_committee(sent, classes, members),
            **followed(sent),
            answers=_answers(sent, classes, self._limits.max_kept_bytes),
        )


def _points(sent: Mapping[str, Array], name: str, embeddings: Array | None) -> Array | None:
    """Check embeddings against those of the pool; without any there, they are of no use and left out."""
    if name not in sent or embeddings is None:
        return None
    path = f"side.{name}"
    points = intake.points(sent[name], path, 0)
    if points.shape[1] != embeddings.shape[1]:
        message = f"{name} has {points.shape[1]} columns and the pool's embeddings {embeddings.shape[1]}; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=path)
    expected = intake.widened(embeddings[:0]).dtype
    if points.dtype != expected:
        message = f"{name} is {points.dtype} and the pool's embeddings are {expected} (16 bits count as float32); send one type"
        raise EngineError("DTYPE_INVALID", message, field=path)
    return points if len(points) else None


def _sets(sent: Mapping[str, Array], probabilities: Array | None) -> npt.NDArray[np.bool_] | None:
    name = "labelled.sets"
    if name not in sent:
        return None
    sets = intake.marks(sent[name], f"side.{name}", 0)
    if probabilities is not None and sets.shape[1] != probabilities.shape[1]:
        message = f"{name} has {sets.shape[1]} labels and label_probabilities {probabilities.shape[1]}; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=f"side.{name}")
    return sets


def _head(weights: npt.NDArray[np.float64] | None, classes: int, embeddings: Array | None) -> npt.NDArray[np.float64] | None:
    if weights is None:
        return None
    width = None if embeddings is None else embeddings.shape[1]
    if len(weights) < 2 or (classes and len(weights) != classes) or (width is not None and weights.shape[1] != width):
        expected = f"[{classes or 'C'}, {'D' if width is None else width}]"
        message = f"head.weights has shape {list(weights.shape)}; it must be {expected}, with at least 2 classes"
        raise EngineError("SHAPE_MISMATCH", message, field="side.head.weights")
    return weights


def _bias(sent: Mapping[str, Array], weights: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    bias = finite(sent, "head.bias")
    if weights is None:
        if bias is not None:
            raise EngineError("FIELD_MISSING", "a head has a bias but no weights", field="side.head.weights")
        return None
    if bias is None:
        return np.zeros(len(weights))
    if len(bias) != len(weights):
        message = f"head.bias has {len(bias)} entries for {len(weights)} classes; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field="side.head.bias")
    return bias


def _features(sent: Mapping[str, Array], pool: Array | None) -> npt.NDArray[np.float64] | None:
    name = "cost_history.features"
    features = finite(sent, name)
    if (features is None) != ("cost_history.costs" not in sent):
        raise EngineError("FIELD_MISSING", "a cost history needs features and costs", field="side.cost_history")
    if features is None:
        if pool is not None:
            message = "costs are to be predicted from cost_features, but there is no cost history to learn from"
            raise EngineError("INPUT_MISSING", message, field="side.cost_history")
        return None
    if len(features) < FEWEST_COSTS:
        message = f"the cost history has {len(features)} rows; at least {FEWEST_COSTS} are needed"
        raise EngineError("SHAPE_INVALID", message, field=f"side.{name}")
    if pool is not None and pool.shape[1] != features.shape[1]:
        message = f"cost_history.features has {features.shape[1]} columns and cost_features {pool.shape[1]}; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=f"side.{name}")
    return features


def _target_probabilities(sent: Mapping[str, Array], classes: int) -> Array | None:
    name = "target.probabilities"
    if name not in sent:
        return None
    refuse_empty(name, sent[name])
    probabilities = intake.probability_rows(sent[name], f"side.{name}", 0)
    check_classes(name, probabilities, classes)
    return probabilities if len(probabilities) else None


def _target_committee(sent: Mapping[str, Array], classes: int, members: int) -> Array | None:
    name = "target.committee"
    if name not in sent:
        return None
    committee = sent[name]
    refuse_empty(name, committee)
    if members and committee.shape[1] != members:
        message = f"{name} has {committee.shape[1]} members and the pool's committee {members}; they must agree"
        raise EngineError("SHAPE_MISMATCH", message, field=f"side.{name}")
    if not len(committee):
        return None
    probabilities = intake.probability_rows(np.moveaxis(committee, 1, 0), f"side.{name}", 0)
    check_classes(name, probabilities, classes)
    return probabilities


def _costs(sent: Mapping[str, Array]) -> npt.NDArray[np.float64] | None:
    costs = finite(sent, "cost_history.costs")
    if costs is not None and not (costs > 0).all():
        row = int((costs <= 0).argmax())
        raise EngineError("VALUE_OUT_OF_RANGE", f"a cost is {costs[row]:g}; allowed is above 0", field="side.cost_history.costs", row=row)
    return costs


def _answers(sent: Mapping[str, Array], classes: int, max_bytes: int) -> Answers | None:
    columns = {name.partition(".")[2]: column for name, column in sent.items() if name.startswith("answers.")}
    if not columns or not classes:
        return None
    answers = AnswersIntake(classes, max_bytes, keep_last=False)
    try:
        answers.add(columns)
        return answers.build(np.empty(0, np.int64))
    except EngineError as error:
        error.field = f"side.{error.field}"
        raise
