"""What a plan is made of: guards, scores, weights and choices, and what they declare about themselves.

A part is a frozen dataclass: its fields are its parameters, named as in the contract's message of the same name, with bounds beside them
(`parameter`). What it needs, how it merges and where it comes from are class attributes, so that the catalogue, the decoder, the checks and
the common tests are driven by the registry alone.
"""

from __future__ import annotations

import dataclasses
import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft, Watcher
from querist_server.engine.errors import EngineError
from querist_server.engine.pool import Block, Context, Side

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]


class Need(enum.Enum):
    """Something that a part needs from the caller; the names are the contract's."""

    PROBABILITIES = "PROBABILITIES"
    COMMITTEE_PROBABILITIES = "COMMITTEE_PROBABILITIES"
    COMMITTEE = "COMMITTEE"
    CALLER_SCORES = "CALLER_SCORES"
    EMBEDDINGS = "EMBEDDINGS"
    COST_MATRIX = "COST_MATRIX"
    LOGITS = "LOGITS"
    LABEL_PROBABILITIES = "LABEL_PROBABILITIES"
    PREDICTED_VALUES = "PREDICTED_VALUES"
    PREDICTED_VARIANCES = "PREDICTED_VARIANCES"
    COMMITTEE_VALUES = "COMMITTEE_VALUES"
    PARTS = "PARTS"
    COSTS = "COSTS"
    GROUPS = "GROUPS"
    UNLABELABLE = "UNLABELABLE"
    THUMBNAILS = "THUMBNAILS"
    LABELLED_CLASSES = "LABELLED_CLASSES"
    LABELLED_VALUES = "LABELLED_VALUES"
    LABELLED_SETS = "LABELLED_SETS"
    WANTED = "WANTED"
    UNWANTED = "UNWANTED"
    HEAD = "HEAD"
    LABELLED_EMBEDDINGS = "LABELLED_EMBEDDINGS"
    CLASS_COUNT = "CLASS_COUNT"
    TARGET_EMBEDDINGS = "TARGET_EMBEDDINGS"
    TARGET_PROBABILITIES = "TARGET_PROBABILITIES"
    TARGET_COMMITTEE = "TARGET_COMMITTEE"
    EVIDENCE = "EVIDENCE"
    LOOK_AHEAD = "LOOK_AHEAD"
    TWO_CLASSES = "TWO_CLASSES"
    STOP_SET = "STOP_SET"
    ERROR_ESTIMATE = "ERROR_ESTIMATE"
    BATCH_RESULT = "BATCH_RESULT"
    ECONOMICS = "ECONOMICS"
    SCREENING = "SCREENING"
    GAINS = "GAINS"
    ANSWERS = "ANSWERS"
    KEYS = "KEYS"


class Merge(enum.Enum):
    """How much of the pool a part must see before its result is known; the names are the contract's `MergeClass`."""

    PER_ROW = "PER_ROW"
    STATISTICS = "STATISTICS"
    SEQUENTIAL = "SEQUENTIAL"
    GLOBAL = "GLOBAL"


def parameter(default: Any = dataclasses.MISSING, *, doc: str, minimum: float | None = None, maximum: float | None = None) -> Any:
    """Declare a parameter of a part: its default (none: it must be sent), what it does, and its inclusive bounds."""
    return dataclasses.field(default=default, metadata={"doc": doc, "minimum": minimum, "maximum": maximum})


@dataclass(frozen=True)
class Part:
    """What guards, scores, weights, choices and criteria have in common."""

    name: ClassVar[str]
    """The name of the arm in the contract's `Guard`, `Score`, `Weight`, `Choice` or `Criterion`."""
    summary: ClassVar[str]
    """What it does, in a sentence."""
    formula: ClassVar[str]
    """The formula in plain text."""
    reference: ClassVar[str] = ""
    """The publication that the method comes from."""
    needs: ClassVar[frozenset[Need]] = frozenset()
    merge: ClassVar[Merge] = Merge.PER_ROW
    deterministic: ClassVar[bool] = True
    cost: ClassVar[str] = "N"
    """The time it takes, in terms of N rows, C classes, K members, D embedding columns, B chosen."""
    kind: ClassVar[str]
    """ "guard", "score", "weight", "choice" or "criterion"."""

    def required(self) -> frozenset[Need]:
        """Return what must be sent for this part as it is parametrised."""
        return self.needs

    def repeatable(self) -> bool:
        """Tell whether its result does not depend on the seed, as it is parametrised."""
        return self.deterministic

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            self._check_bounds(field.name, getattr(self, field.name), field.metadata)

    def _check_bounds(self, name: str, value: Any, metadata: Mapping[str, Any]) -> None:
        low, high = metadata.get("minimum"), metadata.get("maximum")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return
        if not np.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
            raise EngineError(
                "VALUE_OUT_OF_RANGE",
                f"{name} of {self.name} is {value}; allowed is a finite number {_span(low, high)}",
                field=f"plan.{self.kind}.{self.name}.{name}",
            )


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f"of at most {high}"
    return f"of at least {low}" if high is None else f"from {low} to {high}"


class Score(Part, ABC):
    """Gives each instance a value; higher means more worth labelling."""

    kind: ClassVar[str] = "score"
    uniform: ClassVar[bool] = False
    """Whether every order of the candidates is equally likely, so that choosing by it alone is a uniform draw."""
    ranks_alike_for_two_classes: ClassVar[bool] = False
    """Whether, for two classes, it ranks like all other scores that say so."""
    heeds: ClassVar[frozenset[Need]] = frozenset()
    """What it makes use of if it is sent, beside its needs."""

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - most scores never do
        """Tell whether it fits a model of its own to the labelled set."""
        return False

    def settled(self, side: Side, classes: int) -> Score:  # noqa: ARG002 - most scores have nothing to settle
        """Return the score with the defaults that depend on what was sent beside the pool, and on the number of classes (0 if unknown).

        Raises
        ------
        EngineError
            If they cannot be found, or parameters do not go with the number of classes.
        """
        return self

    def required_of_parts(self) -> frozenset[Need]:
        """Return what must be sent for the parts of each instance, if the score looks at parts."""
        return frozenset()

    @abstractmethod
    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the value of each row of a block.

        Parameters
        ----------
        block : Block
            n consecutive rows, checked.
        context : Context
            What is the same for all rows.

        Returns
        -------
        ndarray of shape (n,), float64
            Finite wherever `block.scorable` is true.
        """


class PoolScore(Score):
    """A score that is known only when all candidates were seen: it measures several raw numbers a row and combines them at the end."""

    keeps: ClassVar[frozenset[Need]] = frozenset()
    """Columns for each value of which it keeps a number, beside those that have names."""

    @property
    @abstractmethod
    def component_names(self) -> tuple[str, ...]:
        """Names of the P raw numbers."""

    @abstractmethod
    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the raw numbers of each row, shape (n, P), as `Score.measure` does for one."""

    @abstractmethod
    def combine(self, raw: FloatArray) -> FloatArray:
        """Return the scores (N,) of all candidates from their raw numbers (N, P), in the order of the rows; N is at least 1."""


class Guard(Part):
    """Puts instances aside that must not be asked. It may look at rows one by one, at all candidates together, or at the batch as it grows.

    A guard overrides the hooks that it uses and says so by `looks_at_pool` and `looks_at_batch`.
    """

    kind: ClassVar[str] = "guard"

    @property
    def looks_at_pool(self) -> bool:
        """Whether, as it is parametrised, it has to see all candidates together (`pool_suspects`)."""
        return False

    @property
    def looks_at_batch(self) -> bool:
        """Whether, as it is parametrised, it closes candidates as the batch grows (`watch`)."""
        return False

    def row_suspects(self, block: Block, context: Context) -> list[Suspects]:  # noqa: ARG002 - most guards look elsewhere
        """Return what it puts aside in a block, judging each row by itself; positions are those in the block."""
        return []

    def pool_columns(self, block: Block, context: Context) -> dict[str, npt.NDArray[Any]]:  # noqa: ARG002
        """Return columns that are kept of each row for `pool_suspects`, beyond what it declares as needs; their names must be unique."""
        return {}

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:  # noqa: ARG002
        """Return what it puts aside among all candidates; positions are those in the columns, as for `SetChoice.choose`."""
        return []

    def watch(
        self,
        candidates: Mapping[str, npt.NDArray[Any]],
        before: Mapping[str, npt.NDArray[Any]] | None,
        context: Context,
    ) -> Watcher:
        """Return what closes candidates as the batch grows.

        Parameters
        ----------
        candidates : mapping of str to ndarray
            The columns that the choice sees.
        before : mapping of str to ndarray or None
            The same columns of instances that are in the batch already.
        context : Context
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Suspects:
    """Instances that a guard puts aside.

    Attributes
    ----------
    reason : str
        A name of the contract's `GuardReason`.
    positions : ndarray of int64
    values : ndarray of float64
        The measure by which each was judged, in the guard's own unit.
    """

    reason: str
    positions: IndexArray
    values: FloatArray


class Weight(Part, ABC):
    """Multiplies the score of each instance by a factor of 0 or more; the choice then goes by the product."""

    kind: ClassVar[str] = "weight"


class RowWeight(Weight):
    """A weight that is known row by row."""

    @abstractmethod
    def factor(self, block: Block, context: Context) -> FloatArray:
        """Return the factor of each row of a block, shape (n,), finite and 0 or more."""


class PoolWeight(Weight):
    """A weight that must see all candidates before it is known."""

    @abstractmethod
    def factor_among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> FloatArray:
        """Return the factor of each candidate, shape (n,), finite and 0 or more; columns as for `SetChoice.choose`."""


class Choice(Part, ABC):
    """Takes a batch from the scored candidates."""

    kind: ClassVar[str] = "choice"

    def remarks(self, chosen_scores: FloatArray) -> list[tuple[str, str]]:  # noqa: ARG002 - most choices have nothing to say
        """Return what the caller should know of this batch: pairs of a `WarningCode` name and a sentence."""
        return []

    def log_weights(self, values: FloatArray, rows: IndexArray) -> FloatArray | None:  # noqa: ARG002 - most choices do not draw
        """Return the logarithms of the weights by which it draws without replacement, shape (n,); None if it does not draw.

        Parameters
        ----------
        values : ndarray of shape (n,)
            The candidates' values.
        rows : ndarray of shape (n,)
            Their row indices.
        """
        return None


class RowChoice(Choice):
    """A choice that gives each candidate a value of its own and takes the highest."""

    @abstractmethod
    def value(self, scores: FloatArray, rows: IndexArray, context: Context) -> FloatArray:
        """Return the value by which each candidate is taken.

        Parameters
        ----------
        scores : ndarray of shape (n,)
            The candidates' scores.
        rows : ndarray of shape (n,)
            Their row indices in the pool, by which noise is keyed.
        context : Context
            What is the same for all rows.

        Returns
        -------
        ndarray of shape (n,), float64
        """


class SetChoice(Choice):
    """A choice that must see all candidates before it takes one."""

    @abstractmethod
    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> float | None:
        """Take candidates until the draft is full.

        Parameters
        ----------
        candidates : mapping of str to ndarray
            Columns of equal length n, by rising row index: "index", "score", "value" (the score times the plan's weights, by which the
            choice goes) and one column for each need of the choice: "embeddings", "probabilities", "predicted_values" and so on.
        draft : Draft
            Takes positions; `draft.open` says which may be taken, and every take may close more than one.
        context : Context
            Holds the seed, the side tensors, and `checkpoint`, to be called at least every few milliseconds of work.

        Returns
        -------
        float or None
            If theory gives one for this very batch: the share of the best possible objective that it reaches at least.
        """
