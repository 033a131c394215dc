"""What a plan is made of: scores and choices, what they declare about themselves, and the plan.

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

from querist_server.engine.errors import EngineError
from querist_server.engine.pool import Block, Context

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
    """What scores and choices have in common."""

    name: ClassVar[str]
    """The name of the arm in the contract's `Score` or `Choice`."""
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
    """ "score" or "choice"."""

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
                f"{name} of {self.name} is {value}; allowed is a finite number from {low} to {high}",
                field=f"plan.{self.kind}.{self.name}.{name}",
            )


class Score(Part, ABC):
    """Gives each instance a value; higher means more worth labelling."""

    kind: ClassVar[str] = "score"
    uniform: ClassVar[bool] = False
    """Whether every order of the candidates is equally likely, so that choosing by it alone is a uniform draw."""
    ranks_alike_for_two_classes: ClassVar[bool] = False
    """Whether, for two classes, it ranks like all other scores that say so."""

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


class Choice(Part, ABC):
    """Takes a batch from the scored candidates."""

    kind: ClassVar[str] = "choice"

    def remarks(self, chosen_scores: FloatArray) -> list[tuple[str, str]]:  # noqa: ARG002 - most choices have nothing to say
        """Return what the caller should know of this batch: pairs of a `WarningCode` name and a sentence."""
        return []


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
    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], count: int, context: Context) -> IndexArray:
        """Return the positions of the chosen among the candidates, the first chosen first.

        Parameters
        ----------
        candidates : mapping of str to ndarray
            Columns of equal length, by rising row index: "index", "score" and, if the choice needs them, "embeddings" and "probabilities".
        count : int
            How many to choose; at least 1 and at most the number of candidates.
        context : Context
            Holds the seed and `checkpoint`, to be called between picks.

        Returns
        -------
        ndarray of shape (count,), int64
            No two equal.
        """


@dataclass(frozen=True)
class Plan:
    """A score and a choice, and how many of the best by score the choice gets to see (all, if `prefilter` is None)."""

    score: Score
    choice: Choice
    prefilter: int | None = None

    @property
    def needs(self) -> frozenset[Need]:
        """What must be sent for this plan."""
        return self.score.required() | self.choice.required()

    @property
    def deterministic(self) -> bool:
        """Whether the answer does not depend on the seed."""
        return self.score.repeatable() and self.choice.repeatable()
