"""Whom to ask what: pairs of open instances and available annotators, by what an answer is worth for its cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import stdtrit

from querist_server.engine.crowd.gain import Answering, drawn, entropies, further_gain, information_gain, one_coin
from querist_server.engine.crowd.matching import Board, BoolArray, at_random, by_rank, by_worth
from querist_server.engine.crowd.votes import FloatArray
from querist_server.engine.errors import EngineError

METHODS = ("EXPECTED_GAIN", "INTERVAL", "REPEATED")
MOST_INSTANCES, MOST_ANNOTATORS = 100_000, 10_000
MOST_CELLS, MOST_ENTRIES = 200_000_000, 50_000_000
"""The most instances x annotators x classes, and the most numbers of all confusion matrices."""
MOST_CAPACITY, MOST_LABELS = 10**6, 10**15
LEAST_COST, MOST_COST = 1e-15, 1e15
SUM_TOLERANCE = 1e-3
THRESHOLD = 0.9
"""The share of the highest limit from which an annotator is asked (Donmez, Carbonell and Schneider, KDD 2009)."""


@dataclass(frozen=True, eq=False)
class Open:
    """An instance that waits; fields as in the contract's `OpenInstance`, `probabilities` of shape (C,)."""

    key: int
    probabilities: FloatArray
    answered: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Available:
    """An annotator who can be asked; fields as in the contract's `AvailableAnnotator`, `confusion` of shape (C, C)."""

    key: int
    confusion: FloatArray | None = None
    quality: float = 0.7
    labels: int = 0
    agreed: float | None = None
    capacity: int = 1
    cost: float = 1.0
    answer_rate: float = 1.0
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted; fields as in the contract's `AssignAnnotatorsRequest`."""

    method: str = "EXPECTED_GAIN"
    most_per_instance: int = 1
    most_pairs: int | None = None
    blind_share: float = 0.0
    explore: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.method in METHODS, "method", f"method is {self.method!r}; allowed are {', '.join(METHODS)}")
        _within(self.most_per_instance, 1, 5, "most_per_instance")
        fine = self.most_pairs is None or self.most_pairs >= 1
        _require(fine, "most_pairs", f"most_pairs is {self.most_pairs}; allowed is 1 or more")
        _within(self.blind_share, 0, 0.5, "blind_share")
        _within(self.seed, 0, 2**64 - 1, "seed")


@dataclass(frozen=True)
class Pair:
    """An annotator for an instance, by their keys; `value` is for each unit of cost, NaN for a blind repeat."""

    instance: int
    annotator: int
    value: float
    blind: bool = False


def assign(
    instances: Sequence[Open], annotators: Sequence[Available], wish: Wish, checkpoint: Callable[[], None]
) -> tuple[list[Pair], int]:
    """Return pairs, the most valuable first and blind repeats last, and how many instances get nobody.

    The order of the instances and annotators does not matter. Blind repeats are drawn first and count in capacities and in
    `most_per_instance`: their number is the wished share of the pairs that capacities allow, and less if fewer pairs than that can be
    formed or drawn. Pairs of no value are assigned, too, at the end, as long as there is capacity.

    Parameters
    ----------
    instances : sequence of Open
    annotators : sequence of Available
    wish : Wish
    checkpoint : callable
        Called now and then.

    Raises
    ------
    EngineError
        With the index of the instance or annotator at fault in its field.
    """
    probabilities = _check_instances(instances)
    _check_annotators(annotators, probabilities.shape[1] if len(instances) else None)
    if not instances or not annotators:
        return [], len(instances)
    _check_size(len(instances), len(annotators), probabilities.shape[1], wish.method)
    rows = sorted(range(len(instances)), key=lambda row: instances[row].key)
    call = _Call([instances[row] for row in rows], sorted(annotators, key=lambda each: each.key), probabilities[rows], wish, checkpoint)
    blind, valued = call.blind_and_valued()
    pairs = [call.pair(*each, blind=False) for each in valued] + [call.pair(*each, blind=True) for each in blind]
    return pairs, len(instances) - len({pair.instance for pair in pairs})


def upper_limits(annotators: Sequence[Available]) -> FloatArray:
    """Return the upper 95 % confidence limit of each annotator's rate of agreement, shape (J,).

    That is m + t s / sqrt(n) with the rewards' mean and sample standard deviation (Donmez, Carbonell and Schneider, KDD 2009), at most 1,
    as a rate is: else an annotator with two labels could have a limit of 6.9 and keep all others out, new ones among them. With fewer than
    2 labels it is 1.
    """
    labels = np.array([float(each.labels) for each in annotators])
    agreed = np.array([each.quality * each.labels if each.agreed is None else each.agreed for each in annotators])
    n = np.maximum(labels, 2)
    mean = np.minimum(agreed / n, 1)
    limits = mean + stdtrit(n - 1, 0.975) * np.sqrt(mean * (1 - mean) / (n - 1))
    return np.where(labels < 2, 1.0, np.minimum(limits, 1.0))


class _Call:
    """One call, with instances and annotators by rising key."""

    def __init__(
        self, instances: list[Open], annotators: list[Available], probabilities: FloatArray, wish: Wish, checkpoint: Callable[[], None]
    ) -> None:
        self.instances, self.annotators, self.probabilities = instances, annotators, probabilities
        self.wish, self.checkpoint = wish, checkpoint
        self.capacities = np.array([each.capacity for each in annotators], np.int64)
        self.costs = np.array([each.cost for each in annotators], np.float64)
        self.allowed = self._eligible()
        self.gate = np.ones(len(annotators), bool)
        self.merits = 1 / self.costs
        if wish.method == "INTERVAL":
            limits = upper_limits(annotators)
            self.gate = limits >= THRESHOLD * limits[self.capacities > 0].max(initial=0.0)
            self.merits = limits / self.costs
        if wish.method == "EXPECTED_GAIN":
            self.matrices = self._matrices()
            self.answering = Answering.of(self.matrices)
            self.merits = np.array([each.answer_rate for each in annotators]) / self.costs
            self.worth = information_gain(probabilities, self.answering, checkpoint)
            self.worth *= self.merits
            self.worth[~self.allowed] = -1
        else:
            self.needs = entropies(probabilities)

    def blind_and_valued(self) -> tuple[list[tuple[int, int, float]], list[tuple[int, int, float]]]:
        """Return the blind repeats and the other pairs; there are fewer of the former if the others turn out to be fewer than expected."""
        most = self._most()
        share = self.wish.blind_share
        blind = self._board([], round(share * most))
        if blind.most:
            answered = np.flatnonzero([bool(each.answered) for each in self.instances])
            noise = np.random.Generator(np.random.Philox(key=self.wish.seed << 64, counter=1 << 192))
            at_random(blind, self.allowed, answered, noise, self.checkpoint)
        reserved = blind.pairs
        while True:
            valued = self._valued(self._board(reserved, most - len(reserved)), last=not reserved)
            wanted = round(share * (len(reserved) + len(valued)))
            if wanted >= len(reserved):
                return reserved, valued
            reserved = reserved[:wanted]

    def pair(self, row: int, column: int, value: float, *, blind: bool) -> Pair:
        """Return the pair by its keys."""
        return Pair(self.instances[row].key, self.annotators[column].key, value, blind)

    def _valued(self, board: Board, *, last: bool) -> list[tuple[int, int, float]]:
        if self.wish.method == "EXPECTED_GAIN":
            by_worth(board, self.worth if last else self.worth.copy(), partial(self._anew, board), self.checkpoint)
        else:
            by_rank(board, self.allowed & self.gate, self.needs, self.merits, self.checkpoint)
        return board.pairs

    def _anew(self, board: Board, row: int) -> FloatArray:
        able = np.flatnonzero(self.allowed[row] & (board.left > 0))
        found = np.full(len(self.annotators), -1.0)
        asked = self.matrices[board.asked[row]]
        gains = further_gain(self.probabilities[row], asked, self.answering.by(able), self.checkpoint)
        found[able] = gains * self.merits[able]
        return found

    def _board(self, reserved: list[tuple[int, int, float]], most: int) -> Board:
        left = self.capacities.copy()
        asked: list[list[int]] = [[] for _ in self.instances]
        for row, column, _ in reserved:
            left[column] -= 1
            asked[row].append(column)
        return Board(left, asked, self.wish.most_per_instance, most)

    def _most(self) -> int:
        """Return how many pairs there are at most, by each side's room."""
        able = self.allowed & self.gate & (self.capacities > 0)
        taken = int(np.minimum(able.sum(axis=0), self.capacities).sum())
        given = int(np.minimum(able.sum(axis=1), self.wish.most_per_instance).sum())
        return min(taken, given, taken if self.wish.most_pairs is None else self.wish.most_pairs)

    def _eligible(self) -> BoolArray:
        skilled = {tags: np.array([tags <= each.tags for each in self.annotators]) for tags in {each.tags for each in self.instances}}
        places = {each.key: column for column, each in enumerate(self.annotators)}
        allowed = np.empty((len(self.instances), len(self.annotators)), bool)
        for row, each in enumerate(self.instances):
            allowed[row] = skilled[each.tags]
            if each.answered:
                allowed[row, [places[key] for key in each.answered if key in places]] = False
        return allowed

    def _matrices(self) -> FloatArray:
        classes = self.probabilities.shape[1]
        shares = self.probabilities.mean(axis=0)
        matrices = np.empty((len(self.annotators), classes, classes))
        for column, each in enumerate(self.annotators):
            if column % 256 == 0:
                self.checkpoint()
            matrix = one_coin(each.quality, classes) if each.confusion is None else _normalised(each.confusion)
            matrices[column] = drawn(matrix, each.labels, shares, self.wish.seed, each.key) if self.wish.explore else matrix
        return matrices


def _check_instances(instances: Sequence[Open]) -> FloatArray:
    """Return the probabilities, (N, C), rows summing to 1."""
    count = len(instances)
    _require(count <= MOST_INSTANCES, "instances", f"there are {count} instances; allowed are at most {MOST_INSTANCES}")
    _check_keys("instances", [each.key for each in instances])
    classes = np.size(instances[0].probabilities) if count else 2
    for index, each in enumerate(instances):
        path = f"instances[{index}].probabilities"
        if np.shape(each.probabilities) != (classes,):
            message = f"probabilities are of shape {np.shape(each.probabilities)}; those of the first instance are {classes} numbers"
            raise EngineError("SHAPE_MISMATCH", message, field=path)
        if classes < 2:
            raise EngineError("SHAPE_MISMATCH", f"there is probability for {classes} classes; allowed is 2 or more", field=path)
    rows = np.array([each.probabilities for each in instances], np.float64).reshape(count, classes)
    with np.errstate(over="ignore", invalid="ignore"):
        faulty = np.flatnonzero(~((rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= SUM_TOLERANCE)))
    if len(faulty):
        _check_distributions(rows[faulty[0]][None, :], f"instances[{faulty[0]}].probabilities", "probabilities")
    return _normalised(rows)


def _check_annotators(annotators: Sequence[Available], classes: int | None) -> None:
    count = len(annotators)
    _require(count <= MOST_ANNOTATORS, "annotators", f"there are {count} annotators; allowed are at most {MOST_ANNOTATORS}")
    _check_keys("annotators", [each.key for each in annotators])
    for index, each in enumerate(annotators):
        path = f"annotators[{index}]"
        _within(each.quality, 0, 1, f"{path}.quality")
        _within(each.answer_rate, 0, 1, f"{path}.answer_rate")
        _within(each.capacity, 0, MOST_CAPACITY, f"{path}.capacity")
        _within(each.labels, 0, MOST_LABELS, f"{path}.labels")
        fine = LEAST_COST <= each.cost <= MOST_COST
        _require(fine, f"{path}.cost", f"cost is {each.cost}; allowed is above 0, from {LEAST_COST:g} to {MOST_COST:g}")
        fine = each.agreed is None or 0 <= each.agreed <= each.labels
        _require(fine, f"{path}.agreed", f"agreed is {each.agreed}; allowed is 0 to {each.labels}, the labels")
        if each.confusion is None or classes is None:
            continue
        if np.shape(each.confusion) != (classes, classes):
            message = (
                f"confusion is of shape {np.shape(each.confusion)}; with probabilities for {classes} classes it is {classes} x {classes}"
            )
            raise EngineError("SHAPE_MISMATCH", message, field=f"{path}.confusion")
        _check_distributions(np.asarray(each.confusion, np.float64), f"{path}.confusion", "confusion")


def _check_size(instances: int, annotators: int, classes: int, method: str) -> None:
    cells, entries = instances * annotators * classes, annotators * classes**2
    message = f"{instances} instances, {annotators} annotators and {classes} classes make {cells} cells; allowed are at most {MOST_CELLS}"
    _require(cells <= MOST_CELLS, "instances", message)
    message = (
        f"{annotators} annotators and {classes} classes make confusion matrices of {entries} numbers; allowed are at most {MOST_ENTRIES}"
    )
    _require(entries <= MOST_ENTRIES or method != "EXPECTED_GAIN", "annotators", message)


def _check_keys(path: str, keys: list[int]) -> None:
    seen: dict[int, int] = {}
    for index, key in enumerate(keys):
        if seen.setdefault(key, index) != index:
            message = f"key {key} is that of {path}[{seen[key]}] already; each may come once"
            raise EngineError("KEY_DUPLICATE", message, field=f"{path}[{index}].key")


def _check_distributions(rows: FloatArray, path: str, name: str) -> None:
    if not np.isfinite(rows).all():
        raise EngineError("VALUE_NOT_FINITE", f"{name} have {rows[~np.isfinite(rows)][0]}; all must be finite", field=path)
    if (rows < 0).any():
        raise EngineError("PROBABILITY_NEGATIVE", f"{name} have {rows.min()}; allowed is 0 or more", field=path)
    with np.errstate(over="ignore"):
        sums = rows.sum(axis=1)
    worst = float(sums[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > SUM_TOLERANCE:
        message = f"a row of {name} sums to {worst}; allowed is 1, give or take {SUM_TOLERANCE:g}"
        raise EngineError("ROW_NOT_NORMALIZED", message, field=path)


def _normalised(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True))


def _within(value: float, least: float, most: float, path: str) -> None:
    _require(least <= value <= most, path, f"{path.rpartition('.')[2]} is {value}; allowed is {least} to {most}")


def _require(holds: bool, path: str, message: str) -> None:
    if not holds:
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=path)
