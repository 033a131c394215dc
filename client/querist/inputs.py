"""What a selection may be told beside its rows: named bundles of arrays. Dicts with the same keys do as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from querist.errors import InvalidRequestError

Bundle = TypeVar("Bundle")


@dataclass(frozen=True, eq=False, kw_only=True)
class Labelled:
    """The instances that have labels; all arrays have the same number of rows.

    Attributes
    ----------
    embeddings : array (n, D)
        Of the type and width of the pool's.
    classes : array (n,) of integers
        From 0 to C - 1.
    values : array (n,)
        Targets of a regression.
    sets : array (n, L) of bool
        Which labels each has, for multi-label tasks.
    """

    embeddings: Any = None
    classes: Any = None
    values: Any = None
    sets: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearHead:
    """The linear last layer of your model: logits = embeddings @ weights.T + bias.

    Attributes
    ----------
    weights : array (C, D)
    bias : array (C,), optional
    """

    weights: Any
    bias: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class CostHistory:
    """What labels cost before, from which the costs of others are predicted.

    Attributes
    ----------
    features : array (n, F)
    costs : array (n,)
        Above 0.
    """

    features: Any
    costs: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class CalibrationSet:
    """Instances of which the truth is known and that your model was not trained on.

    Its probabilities of classes are made honest by them, by temperature scaling; pre-annotations are as sure as they say by them.

    Attributes
    ----------
    classes : array (n,) of integers
        From 0 to C - 1; with
    probabilities, logits : array (n, C)
        what your model says of them; one of the two.
    weights : array (n,), optional
        How much each counts: one over the probability with which it was drawn, if the draw was not uniform.
    label_probabilities, sets : array (n, L)
        For labels that do not exclude each other: what your model says, and which apply.
    predicted_values, values : array (n,)
        For regression: what your model says, and the truth.
    predicted_variances : array (n,), optional
        How exact your model says that is.
    origin : {"random", "chosen"}
        A uniform draw (or one that the weights make up for), or chosen by a strategy.
    """

    classes: Any = None
    probabilities: Any = None
    logits: Any = None
    weights: Any = None
    label_probabilities: Any = None
    sets: Any = None
    predicted_values: Any = None
    values: Any = None
    predicted_variances: Any = None
    origin: str


@dataclass(frozen=True, kw_only=True)
class PreAnnotation:
    """Labels that come with each chosen instance for a person to start from; what is None is the server's default.

    Attributes
    ----------
    top_labels : int
        How many of the likeliest classes or labels; 3.
    coverage : float
        Asks for a set of classes or labels, or an interval of values, that holds the truth at least this often; needs a calibration set.
    conformal_score : {"least_ambiguous", "adaptive", "regularized"}
        What sets are made by.
    by_class : bool
        Keep the coverage for each true class by itself.
    accept_error : float
        Asks which labels may be accepted unseen, if at most this share of them may be wrong; needs a calibration set.
    accept_confidence : float
        How sure that is; 0.95.
    """

    top_labels: int | None = None
    coverage: float | None = None
    conformal_score: str | None = None
    by_class: bool | None = None
    accept_error: float | None = None
    accept_confidence: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Target:
    """The instances on which your model is meant to do well; all arrays have the same number of rows. They need no labels.

    Attributes
    ----------
    embeddings : array (E, D)
        Of the type and width of the pool's.
    probabilities : array (E, C)
        What your model says of them.
    committee : array (E, K, C)
        What the members of your committee say of them: rows first, whatever `committee_layout` says.
    """

    embeddings: Any = None
    probabilities: Any = None
    committee: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class StopSet:
    """What your model says now of instances that stay the same over all rounds of a campaign: unlabelled ones that are never asked for.

    Attributes
    ----------
    probabilities, logits : array (n, C)
        What your model says of them; or
    classes : array (n,) of integers
        the classes that it predicts.
    """

    probabilities: Any = None
    logits: Any = None
    classes: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """What annotators said of instances of the pool, by their keys, for the strategy "active_lab"; one row for each answer.

    Attributes
    ----------
    instances, annotators : array (T,) of integers
        Keys.
    labels : array (T,) of integers
        Classes from 0 to C - 1, or -1 for no answer.
    """

    instances: Any
    annotators: Any
    labels: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class PartPredictions:
    """Predictions for the parts of instances (tokens, boxes, pixels), the parts of the first instance first: T = sum(counts) rows.

    Attributes
    ----------
    counts : array (N,) of integers
        How many parts each instance has.
    probabilities, logits : array (T, C)
    committee, committee_logits : array (K, T, C)
    votes : array (K, T) of integers
    scores : array (T,)
        Your own scores of the parts.
    """

    counts: Any
    probabilities: Any = None
    logits: Any = None
    committee: Any = None
    committee_logits: Any = None
    votes: Any = None
    scores: Any = None


def bundle_of(kind: type[Bundle], value: Any, name: str) -> Bundle | None:
    """Return a bundle that was given as one or as a dict; None if there is none.

    Raises
    ------
    InvalidRequestError
        If it is something else, or a dict with other keys.
    """
    if value is None or isinstance(value, kind):
        return value
    allowed = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    if not isinstance(value, Mapping) or not set(value) <= set(allowed):
        given = f"a dict with {', '.join(map(str, value))}" if isinstance(value, Mapping) else type(value).__name__
        raise InvalidRequestError(f"{name} is {given}; allowed is querist.{kind.__name__}, or a dict of {', '.join(allowed)}", field=name)
    try:
        return kind(**value)
    except TypeError as error:
        raise InvalidRequestError(f"{name} lacks a key: {error}", field=name) from error
