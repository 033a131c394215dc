"""How a replay runs: checked against the data once, before anything starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any

from sklearn.metrics import get_scorer

from querist.errors import InvalidRequestError
from querist.rounds import Economics

ROUNDS, BATCH = 25, 10
TEST_SHARE, VALIDATION_SHARE, FIRST_FOR_CLASS, FEWEST_FIRST = 3, 10, 2, 10


@dataclass(frozen=True)
class Settings:
    """How each run of a replay is made.

    Attributes
    ----------
    rounds, batch : int
        How often to choose, and how many at a time.
    start : int
        How many instances are labelled to begin with.
    test_rows, validation_rows : int
        How many rows measure scores, and how many more the error by which the stop advice goes; without these there is no advice.
    score : str
        Name of a scorer of scikit-learn.
    economics : Economics or None
        What labels and errors cost.
    """

    rounds: int
    batch: int
    start: int
    test_rows: int
    validation_rows: int
    score: str
    economics: Economics | None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)


def settings_of(
    rows: int,
    classes: int,
    *,
    rounds: int | None,
    batch: int,
    start: int | None,
    test_rows: int | None,
    validation_rows: int | None,
    score: str,
    economics: Economics | None,
) -> Settings:
    """Return settings with their defaults for data of that many rows and classes.

    Raises
    ------
    InvalidRequestError
        If a number is out of its range, more is asked than the pool has, there is no such scorer, or a price is missing.
    """
    test = whole("test_rows", test_rows, rows // TEST_SHARE, classes)
    validation = whole("validation_rows", validation_rows, rows // VALIDATION_SHARE, 0)
    first = whole("start", start, max(FIRST_FOR_CLASS * classes, FEWEST_FIRST), classes)
    batch = whole("batch", batch, BATCH, 1)
    choosable = rows - test - validation - first
    told = f"of {rows} rows {test} are for tests, {validation} for validation and {first} labelled to begin with"
    if choosable < batch:
        message = f"batch is {batch}, and the pool has {max(choosable, 0)} to choose from: {told}"
        raise InvalidRequestError(message, field="batch")
    made = whole("rounds", rounds, min(ROUNDS, choosable // batch), 1)
    if made * batch > choosable:
        message = f"{made} rounds of {batch} are {made * batch} instances, and the pool has {choosable} to choose from: {told}"
        raise InvalidRequestError(message, field="rounds")
    try:
        get_scorer(score)
    except ValueError as error:
        raise InvalidRequestError(f"score is {score!r}: {error}", field="score") from error
    _check_prices(economics, validation)
    return Settings(made, batch, first, test, validation, score, economics)


def seeds_of(given: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds: as many as a number says, from 0, or those that are given.

    Raises
    ------
    InvalidRequestError
        If there are none, or one is twice there or no whole number from 0.
    """
    wanted: list[Any] = list(given) if isinstance(given, Sequence) else list(range(whole("seeds", given, 1, 1)))
    if not wanted or not all(_iswhole(seed) and seed >= 0 for seed in wanted):
        raise InvalidRequestError(f"seeds is {given!r}; it must be a number from 1, or whole numbers from 0", field="seeds")
    if len(set(wanted)) < len(wanted):
        raise InvalidRequestError(f"seeds is {given!r}; each may be there once", field="seeds")
    return tuple(map(int, wanted))


def whole(name: str, given: int | None, default: int, least: int) -> int:
    """Return a whole number that is given, or its default.

    Raises
    ------
    InvalidRequestError
        If it is none, or below the least that is allowed.
    """
    value: Any = default if given is None else given
    if not _iswhole(value) or value < least:
        raise InvalidRequestError(f"{name} is {value!r}; it must be a whole number from {least}", field=name)
    return int(value)


def _iswhole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check_prices(prices: Economics | None, validation_rows: int) -> None:
    if prices is None:
        return
    for name in ("label_cost", "error_cost", "predictions"):
        value = getattr(prices, name)
        if value is None or not math.isfinite(value) or value < 0:
            message = f"economics.{name} is {value!r}; a replay needs all of label_cost, error_cost and predictions, from 0"
            raise InvalidRequestError(message, field=f"economics.{name}")
    if not validation_rows:
        raise InvalidRequestError("validation_rows is 0; economics need rows to estimate the error by", field="validation_rows")
