"""What a part sees: a block of checked rows, and what is the same for all rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.calibrations.temperature import Temperature
from querist_server.engine.costing import CostModel
from querist_server.engine.crowd.answers import Answers
from querist_server.engine.kernels import committee, uncertainty
from querist_server.engine.work import Work

Array = npt.NDArray[Any]
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Side:
    """What was sent beside the pool: the labelled set and other references, checked. What was not sent is None.

    Attributes
    ----------
    labelled_embeddings : ndarray of shape (n_L, D), of the type of the pool's embeddings
    labelled_classes : ndarray of shape (n_L,), int64
        From 0 to C - 1.
    labelled_values : ndarray of shape (n_L,), float64
        Targets of a regression.
    labelled_sets : ndarray of shape (n_L, L), bool
        Which labels each labelled instance has, for multi-label tasks.
    wanted, unwanted : ndarray of shape (n, D), of the type of the pool's embeddings
        Embeddings of examples to move towards and away from.
    head_weights : ndarray of shape (C, D), float64
    head_bias : ndarray of shape (C,), float64
        The linear last layer of the caller's model: logits are embeddings times the weights, plus the bias.
    cost_features : ndarray of shape (n_H, F), float64
    cost_history : ndarray of shape (n_H,), float64
        Features and costs of labels in the past, from which costs are predicted.
    calibration_logits : ndarray of shape (n, C), float64
    calibration_classes : ndarray of shape (n,), int64
    calibration_weights : ndarray of shape (n,), float64
        Instances with known classes by which probabilities are made honest.
    calibration_sets : ndarray of shape (n, L), bool
    calibration_label_probabilities : ndarray of shape (n, L), float64
        Instances with known labels, for multi-label tasks.
    calibration_values, calibration_predicted_values, calibration_predicted_variances : ndarray of shape (n,), float64
        Instances with known targets, for regression.
    target_embeddings : ndarray of shape (E, D), of the type of the pool's embeddings
    target_probabilities : ndarray of shape (E, C)
    target_committee : ndarray of shape (K, E, C)
        Predictions for the instances on which the model is meant to do well.
    stop_set : ndarray of shape (n,), int64
        The class that the model gives each instance of a set that stays the same over a campaign.
    stop_set_classes : int
        How many classes its predictions show; 0 if they do not.
    screened : ndarray of shape (n,), float64
        Probabilities of relevance of all instances that were screened.
    answers : Answers or None
        What annotators said of instances of the pool.
    """

    labelled_embeddings: Array | None = None
    labelled_classes: npt.NDArray[np.int64] | None = None
    labelled_values: npt.NDArray[np.float64] | None = None
    labelled_sets: npt.NDArray[np.bool_] | None = None
    wanted: Array | None = None
    unwanted: Array | None = None
    head_weights: npt.NDArray[np.float64] | None = None
    head_bias: npt.NDArray[np.float64] | None = None
    cost_features: npt.NDArray[np.float64] | None = None
    cost_history: npt.NDArray[np.float64] | None = None
    calibration_logits: npt.NDArray[np.float64] | None = None
    calibration_classes: npt.NDArray[np.int64] | None = None
    calibration_weights: npt.NDArray[np.float64] | None = None
    calibration_sets: npt.NDArray[np.bool_] | None = None
    calibration_label_probabilities: npt.NDArray[np.float64] | None = None
    calibration_values: npt.NDArray[np.float64] | None = None
    calibration_predicted_values: npt.NDArray[np.float64] | None = None
    calibration_predicted_variances: npt.NDArray[np.float64] | None = None
    target_embeddings: Array | None = None
    target_probabilities: Array | None = None
    target_committee: Array | None = None
    stop_set: npt.NDArray[np.int64] | None = None
    stop_set_classes: int = 0
    screened: npt.NDArray[np.float64] | None = None
    answers: Answers | None = None


@dataclass(frozen=True)
class Context:
    """What is the same for all rows of a selection.

    Attributes
    ----------
    seed : int
        Decides all random draws.
    classes : int
        Number of classes; 0 if there are no predictions.
    weights : ndarray of shape (K,), float64
        Weights of the committee's members, summing to 1; empty if there is no committee.
    cost_matrix : ndarray of shape (C, C), float64, or None
        Entry [i, j] is the cost of deciding for j when the truth is i.
    side : Side
        The labelled set and other references.
    cost_model : CostModel or None
        Predicts costs from features.
    calibration : Temperature or None
        Makes the caller's probabilities honest.
    keeps_uncalibrated : bool
        Whether blocks hold the probabilities as they were sent, too.
    checkpoint : callable
        Raises `Cancelled` if the caller has gone; to be called at least every few milliseconds of work.
    work : Work
        Where long scores say how much they have to do.
    """

    seed: int
    classes: int = 0
    weights: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    cost_matrix: npt.NDArray[np.float64] | None = None
    side: Side = field(default_factory=Side)
    cost_model: CostModel | None = None
    calibration: Temperature | None = None
    keeps_uncalibrated: bool = False
    checkpoint: Callable[[], None] = lambda: None
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a block's rows, one row's after the other's.

    Attributes
    ----------
    counts : ndarray of shape (n,), int64
        How many parts each row has; 0 is allowed.
    block : Block
        The parts themselves as rows, sum(counts) of them, with their own predictions or scores.
    """

    counts: npt.NDArray[np.int64]
    block: Block


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive rows of the pool, checked and widened to float32 or float64. Fields that were not sent are None.

    Attributes
    ----------
    first_row : int
        Index in the pool of the first row.
    length : int
        Number of rows n.
    context : Context
        What is the same for all rows.
    sent_probabilities : ndarray of shape (n, C)
        The caller's own, from probabilities or logits, calibrated if a calibration set was sent.
    uncalibrated : ndarray of shape (n, C)
        The same before calibration, where the context says so.
    members : ndarray of shape (K, n, C)
        The committee's probabilities.
    votes : ndarray of shape (K, n), integers
        The committee's votes as they were sent, -1 for an abstention.
    logits : ndarray of shape (n, C)
        The caller's own logits as they were sent.
    label_probabilities : ndarray of shape (n, L)
        Of each label by itself, for multi-label tasks.
    predicted_values, predicted_variances : ndarray of shape (n,)
        Mean and variance of a regression's prediction.
    member_values : ndarray of shape (K, n)
        The committee's predicted values.
    parts : Parts
        Predictions for the parts of each instance: tokens, boxes, pixels.
    caller_scores : ndarray of shape (n,)
    embeddings : ndarray of shape (n, D)
    costs : ndarray of shape (n,), float64
        What a label of each costs, above 0; predicted if features were sent instead.
    groups : ndarray of shape (n,), int64
    unlabelable : ndarray of shape (n,)
        Probability that annotators could not label the instance.
    thumbnails : ndarray of shape (n, H, W) or (n, H, W, 3), uint8
    evidence : ndarray of shape (n, C)
        How much speaks for each class.
    look_ahead : ndarray of shape (C, E, n, C)
        Probabilities of the classes (last) for each target instance, once the row was learnt with each label (first).
    keys : ndarray of shape (n,), int64
    excluded : ndarray of shape (n,), bool
    """

    first_row: int
    length: int
    context: Context
    sent_probabilities: Array | None = None
    uncalibrated: Array | None = None
    members: Array | None = None
    votes: Array | None = None
    logits: Array | None = None
    label_probabilities: Array | None = None
    predicted_values: Array | None = None
    predicted_variances: Array | None = None
    member_values: Array | None = None
    parts: Parts | None = None
    caller_scores: Array | None = None
    embeddings: Array | None = None
    costs: npt.NDArray[np.float64] | None = None
    groups: npt.NDArray[np.int64] | None = None
    unlabelable: Array | None = None
    thumbnails: Array | None = None
    evidence: Array | None = None
    look_ahead: Array | None = None
    keys: Array | None = None
    excluded: Array | None = None

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Indices in the pool of the rows, shape (n,)."""
        return np.arange(self.first_row, self.first_row + self.length)

    @property
    def required_members(self) -> Array:
        """The committee's probabilities, shape (K, n, C), for scores that declare that they need them."""
        return sent(self.members)

    @property
    def committee_probabilities(self) -> Array:
        """The same with the rows first, shape (n, K, C): as it is kept."""
        return np.moveaxis(self.required_members, 1, 0)

    @cached_property
    def consensus(self) -> Array:
        """Weighted mean of the members' probabilities, shape (n, C)."""
        return committee.consensus(self.required_members, self.context.weights)

    @cached_property
    def probabilities(self) -> Array:
        """Class probabilities, shape (n, C): those that were sent, else the committee's mean."""
        return self.consensus if self.sent_probabilities is None else self.sent_probabilities

    @cached_property
    def cast_votes(self) -> committee.CastVotes:
        """The committee's weighted votes; probabilities vote for their most likely class."""
        votes = self.votes if self.votes is not None else uncertainty.most_likely(self.required_members)
        return committee.cast_votes(votes, self.context.weights, self.context.classes)

    @cached_property
    def scorable(self) -> npt.NDArray[np.bool_]:
        """Rows that can have a score, shape (n,): false where every member abstained."""
        if self.votes is None:
            return np.ones(self.length, bool)
        weighty = self.context.weights[:, None] > 0
        return ((self.votes != committee.ABSTAINED) & weighty).any(axis=0)

    @cached_property
    def top_two(self) -> tuple[Array, Array]:
        """Largest and second largest class probability, each of shape (n,)."""
        return uncertainty.top_two(self.probabilities)

    @cached_property
    def largest(self) -> Array:
        """Largest class probability, shape (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def has_predictions(self) -> bool:
        """Whether there are probabilities or votes."""
        return self.sent_probabilities is not None or self.members is not None or self.votes is not None

    def predictions_of(self, rows: npt.NDArray[np.intp]) -> Array:
        """Return how likely each class is in some rows, shape (rows, C): probabilities, else vote shares."""
        return self.cast_votes.of_all(self.context.classes, rows) if self._only_votes else self.probabilities[rows]

    def chances_of(self, label: int) -> Array:
        """Return how likely a class is in each row, shape (n,): its probability, else its share of the votes."""
        return self.cast_votes.of_one(label) if self._only_votes else self.probabilities[:, label]

    def leading_of(self, rows: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        """Return the predicted label of some rows, in rising order, and its probability or share of the votes, each of shape (rows,)."""
        if self._only_votes:
            labels, shares = self.cast_votes.leading()
            return labels[rows], shares[rows]
        return uncertainty.leading(self.probabilities if len(rows) == self.length else self.probabilities[rows])

    @property
    def _only_votes(self) -> bool:
        return self.sent_probabilities is None and self.members is None


def sent(value: Value | None) -> Value:
    """Return what must be there, since a part declared that it needs it."""
    if value is None:
        raise AssertionError("a part used an input that it does not declare among its needs")
    return value
