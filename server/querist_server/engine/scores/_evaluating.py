"""What scores have in common that ask how much a label changes for other instances: which others, which candidates, which labels.

shortlist -> beliefs -> gains of each candidate at each evaluated instance, block by block -> mean and standard error
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import noise, top, uncertainty
from querist_server.engine.part import FloatArray, IndexArray, Merge, Need, parameter
from querist_server.engine.pool import Block, Context
from querist_server.engine.set_score import Found, SetScore

Candidates = Mapping[str, npt.NDArray[Any]]

EVALUATED_AT_A_TIME, MOST_ROWS_AT_A_TIME = 512, 256
PAIRS_AT_A_TIME, CELLS_AT_A_TIME = 2**14, 2**17
"""Pairs of a candidate and an evaluated instance, and steps (pairs x classes), of one block: what it holds stays in a core's cache."""
BELIEFS_HELD = 4
"""How many numbers are held at a time for each candidate and class."""
MARGIN_SHARE = 0.75
"""Share of a mixed shortlist that goes by margin."""


@dataclass(frozen=True)
class Evaluated:
    """The instances over which an error is a mean.

    Attributes
    ----------
    positions : ndarray of int64 or None
        Which of the candidates; None for the target set.
    size : int
    population : int
        How many it stands for: more than `size` if it is a sample.
    """

    positions: IndexArray | None
    size: int
    population: int

    def pick(self, candidates: npt.NDArray[Any], target: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        """Return the rows of a column of the candidates, or the target's, for these instances."""
        if self.positions is None:
            if target is None:
                raise AssertionError("a score evaluates a target set that it does not declare among its needs")
            return target
        return candidates if self.size == len(candidates) else candidates[self.positions]


class Engine(Protocol):
    """What tells how much a label changes: a model whose answer to one more label is known without training."""

    cells: float
    """Steps for each pair of a candidate and an evaluated instance."""

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return what each of n candidates is expected to gain at each of e evaluated instances, shape (n, e).

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Positions of candidates.
        evaluated : slice
            Which of the evaluated instances.
        believed : ndarray of shape (C, n)
            The probability of each label.
        """


def evaluated(kind: str, rows: int, candidates: Candidates, target: npt.NDArray[Any] | None, context: Context) -> Evaluated:
    """Return the evaluation set: a name of the contract's `EvaluationSet`, and how many rows a sample has."""
    count = len(candidates["index"])
    if kind == "TARGET":
        size = 0 if target is None else len(target)
        if not size:
            raise EngineError("INPUT_MISSING", "the target set has no rows; at least 1 is needed", field="side.target")
        return Evaluated(None, size, size)
    if kind == "POOL" or count <= rows:
        return Evaluated(np.arange(count), count, count)
    draws = noise.uniform(context.seed, noise.Purpose.EVALUATION, candidates["index"])
    return Evaluated(np.sort(top.top(draws, candidates["index"], rows)), rows, count)


def mean_gains(engine: Engine, rows: IndexArray, believed: FloatArray, among: Evaluated, context: Context) -> tuple[FloatArray, FloatArray]:
    """Return the mean gain of each of some candidates, and its standard error: 0 unless the evaluation set is a sample.

    Parameters
    ----------
    rows : ndarray of shape (n,)
        Positions of candidates.
    believed : ndarray of shape (C, n)
    """
    context.work.begin(
        float(len(rows)) * among.size * engine.cells, "Evaluate a sample (EVALUATION_SET_SAMPLE), or score a shortlist of the candidates."
    )
    total, squares = np.zeros(len(rows)), np.zeros(len(rows))
    width = -(-among.size // -(-among.size // EVALUATED_AT_A_TIME))  # blocks of one size: no narrow rest
    step = int(min(MOST_ROWS_AT_A_TIME, max(1, min(PAIRS_AT_A_TIME, CELLS_AT_A_TIME // engine.cells) // width)))
    for first in range(0, among.size, width):
        some = slice(first, min(first + width, among.size))
        for start in range(0, len(rows), step):
            context.checkpoint()
            block = slice(start, start + step)
            gains = engine.gains(rows[block], some, believed[:, block])
            total[block] += gains.sum(axis=1)
            squares[block] += np.einsum("ij,ij->i", gains, gains)
            context.work.advance(gains.size * engine.cells)
    mean = total / among.size
    if among.size == among.population or among.size < 2:
        return mean, np.zeros(len(rows))
    spread = np.maximum(squares - total * mean, 0) / (among.size - 1)
    return mean, np.sqrt(spread / among.size * (1 - among.size / among.population))


def truncated(believed: FloatArray, floor: float) -> tuple[FloatArray, FloatArray]:
    """Return probabilities (C, n) without those below a floor (but for the likeliest), scaled to sum to 1, and what was left out, (n,)."""
    if not floor:
        return believed, np.zeros(believed.shape[1])
    kept = np.where((believed >= floor) | (believed == believed.max(axis=0)), believed, 0.0)
    remaining = kept.sum(axis=0)
    return kept / remaining, np.maximum(believed.sum(axis=0) - remaining, 0.0)


@dataclass(frozen=True)
class Evaluating(SetScore):
    """A score that is the mean gain over an evaluation set."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.STATISTICS
    deterministic: ClassVar[bool] = False
    targets: ClassVar[Need] = Need.TARGET_EMBEDDINGS
    """What must be sent of a target set."""

    evaluation: Literal["POOL", "SAMPLE", "TARGET"] = parameter("SAMPLE", doc="Over which instances the error is a mean.")
    evaluation_rows: int = parameter(1000, doc="Size of the sample, for SAMPLE.", minimum=10, maximum=1_000_000)
    shortlist: int | None = parameter(None, doc="How many candidates get a score; unset: all.", minimum=1, maximum=10_000_000)
    shortlist_rule: Literal["MARGIN", "RANDOM", "MIXED"] = parameter("MARGIN", doc="Which candidates are scored if not all are.")
    class_floor: float = parameter(0.0, doc="Labels less likely than this are left out.", minimum=0.0, maximum=0.5)

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set."""
        return self.needs | ({self.targets} if self.evaluation == "TARGET" else set())

    def repeatable(self) -> bool:
        """Tell whether nothing is drawn."""
        return self.evaluation != "SAMPLE" and (self.shortlist is None or self.shortlist_rule == "MARGIN")

    @property
    def most_scored(self) -> int | None:
        """The shortlist."""
        return self.shortlist

    def columns(self, block: Block) -> dict[str, npt.NDArray[Any]]:
        """Return the caller's class probabilities if there are any: they, and no surrogate's, say which label is likely."""
        if Need.PROBABILITIES not in self.heeds or (block.sent_probabilities is None and block.members is None):
            return {}
        return {"probabilities": block.probabilities}

    @staticmethod
    def hold(candidates: Candidates, among: Evaluated, context: Context, *, more: float = 0.0) -> None:
        """Say how much memory beliefs and masses of the classes take, and what else an engine holds; refuse it if it is too much."""
        numbers = float(context.classes) * (BELIEFS_HELD * len(candidates["index"]) + among.size)
        context.work.hold(
            8 * numbers + more, f"what the score holds of {len(candidates['index'])} candidates and {among.size} evaluated instances"
        )

    def shortlisted(self, beliefs: FloatArray, candidates: Candidates, most: int | None, context: Context) -> IndexArray:
        """Return the positions of the candidates that get a score, by rising position.

        Parameters
        ----------
        beliefs : ndarray of shape (C, n)
        most : int or None
            How many; None for all.
        """
        rows = candidates["index"]
        if most is None or most >= len(rows):
            return np.arange(len(rows))
        draws = noise.uniform(context.seed, noise.Purpose.SHORTLIST, rows)
        by_margin = {"MARGIN": most, "RANDOM": 0, "MIXED": round(MARGIN_SHARE * most)}[self.shortlist_rule]
        first, second = uncertainty.top_two(beliefs.T)
        listed = np.zeros(len(rows), bool)
        listed[top.top(second - first, rows, by_margin)] = True
        listed[top.top(np.where(listed, -1.0, draws), rows, most - by_margin)] = True
        return np.flatnonzero(listed)

    def found(self, engine: Engine, beliefs: FloatArray, among: Evaluated, listed: IndexArray, span: float, context: Context) -> Found:
        """Return the scores of listed candidates: mean gains, with what is known of their accuracy.

        Parameters
        ----------
        engine : Engine
        beliefs : ndarray of shape (C, n)
            The probability of each label of each candidate.
        among : Evaluated
        listed : ndarray of int64
            Positions of the candidates that get a score.
        span : float
            How far two losses can be apart.
        """
        believed, neglected = truncated(beliefs[:, listed] / beliefs[:, listed].sum(axis=0), self.class_floor)
        means, errors = mean_gains(engine, listed, believed, among, context)
        scores, scored = np.full(beliefs.shape[1], np.nan), np.zeros(beliefs.shape[1], bool)
        scores[listed], scored[listed] = means, True
        accuracy = {}
        if among.size < among.population:
            accuracy["standard_error"] = spread(errors, listed, len(scores))
        if self.class_floor:
            accuracy["truncation_bound"] = spread(neglected * span, listed, len(scores))
        return Found(scores, scored, accuracy)


def spread(values: FloatArray, positions: IndexArray, count: int) -> FloatArray:
    """Return values at their positions, and NaN elsewhere."""
    column = np.full(count, np.nan)
    column[positions] = values
    return column
