"""What a row of the table is made of: contestants, their data and task, goals."""

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from processes import Runs

ROOT = Path(__file__).resolve().parents[3]
PEERS = ROOT / ".cache" / "peers"
Arrays = dict[str, np.ndarray]


class Kind(Enum):
    """What a contestant stands for."""

    OURS = "ours"
    PEER = "peer"
    PLAIN = "plain numpy"
    LIMIT = "limit"


@dataclass(frozen=True)
class Environment:
    """Where a contestant's library is installed."""

    python: str
    variables: Mapping[str, str] = field(default_factory=dict)


BASE = Environment(sys.executable)
NUMPY = Environment(str(PEERS / "numpy" / "bin" / "python"), {"PYTHONPATH": ""})
TORCH = Environment(str(PEERS / "torch" / "bin" / "python"), {"PYTHONPATH": ""})


@dataclass(frozen=True)
class Contestant:
    """Somebody who can run a task.

    Attributes
    ----------
    name : str
    kind : Kind
    module : str
        Of the folder ``contestants``, with a function ``prepare(task, arrays)`` that returns what is timed.
    environment : Environment
    options : mapping
        Added to the task.
    variables : mapping
        Of the process's environment.
    least_bytes : int
        It takes no part in rows with less data.
    """

    name: str
    kind: Kind
    module: str
    environment: Environment = BASE
    options: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    least_bytes: int = 0


@dataclass(frozen=True)
class Verdict:
    """A goal beside what was measured; `met` is None if a part of it is missing."""

    text: str
    value: float | None
    met: bool | None


@dataclass(frozen=True)
class Goal:
    """What a row must show.

    Attributes
    ----------
    text : str
    value : callable
        Takes the runs by contestant and returns the number, or None if a contestant is missing.
    limit : float
    at_most : bool
        Whether the number must not be above the limit; otherwise not below.
    """

    text: str
    value: Callable[[Mapping[str, "Runs"]], float | None]
    limit: float
    at_most: bool

    def judge(self, runs: Mapping[str, "Runs"]) -> Verdict:
        """Say whether the goal is met."""
        value = self.value(runs)
        if value is None:
            return Verdict(self.text, None, None)
        return Verdict(self.text, value, value <= self.limit if self.at_most else value >= self.limit)


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes
    ----------
    name : str
        What `ROWS` asks for.
    title : str
    make : callable
        Returns the data; takes by how much the row is made smaller, 1 for not at all.
    task : dict
        What all contestants are told.
    contestants : tuple of Contestant
    goals : tuple of Goal
    same : callable or str
        Takes the data, our answer and another's, and returns whether both chose the same, and in words how that was seen; or why answers
        cannot be compared.
    quality : callable, optional
        Takes the data and the indices, and returns how good a batch is.
    omitted : str
        Which libraries are not asked, and why.
    incomparable : tuple of str
        Contestants that go by another criterion.
    repeats : int
    """

    name: str
    title: str
    make: Callable[[int], Arrays]
    task: dict[str, Any]
    contestants: tuple[Contestant, ...]
    goals: tuple[Goal, ...]
    same: Callable[[Arrays, dict[str, Any], dict[str, Any]], tuple[bool, str]] | str
    quality: Callable[[Arrays, list[int]], float] | None = None
    omitted: str = ""
    incomparable: tuple[str, ...] = ()
    repeats: int = 7

    @property
    def alone(self) -> "Row":
        """The same row without the public libraries."""
        return replace(self, contestants=tuple(each for each in self.contestants if each.kind is not Kind.PEER))

    @property
    def peers(self) -> tuple[str, ...]:
        """Names of the public libraries that do the same."""
        return tuple(each.name for each in self.contestants if each.kind is Kind.PEER and each.name not in self.incomparable)


def median(runs: Mapping[str, "Runs"], name: str, figure: str = "seconds") -> float | None:
    """Return the median of a contestant's figure, or None if there is none."""
    values = runs[name].figures.get(figure) if name in runs else None
    return statistics.median(values) if values else None


def fastest(runs: Mapping[str, "Runs"], names: tuple[str, ...]) -> str | None:
    """Return who of these has the lowest median."""
    there = [name for name in names if median(runs, name) is not None]
    return min(there, key=lambda name: median(runs, name) or 0.0, default=None)


def at_most(limit: float, name: str, *others: str, figure: str = "seconds") -> Goal:
    """A figure of ours is at most so many times the sum of others'."""

    def value(runs: Mapping[str, "Runs"]) -> float | None:
        ours, theirs = median(runs, name, figure), [median(runs, other, figure) for other in others]
        return None if ours is None or None in theirs else ours / sum(each for each in theirs if each is not None)

    what = "" if figure == "seconds" else f"{figure}: "
    return Goal(f"{what}{name} at most {limit:g} x {' + '.join(others)}", value, limit, at_most=True)


def at_least(limit: float, name: str, other: str, figure: str) -> Goal:
    """A figure of ours is at least so many times another's."""

    def value(runs: Mapping[str, "Runs"]) -> float | None:
        ours, theirs = median(runs, name, figure), median(runs, other, figure)
        return None if ours is None or theirs is None else ours / theirs

    return Goal(f"{figure}: {name} at least {limit:g} x {other}", value, limit, at_most=False)


def ahead(limit: float, name: str, peers: tuple[str, ...]) -> Goal:
    """Ours is at least so many times as fast as the fastest peer."""

    def value(runs: Mapping[str, "Runs"]) -> float | None:
        ours, best = median(runs, name), fastest(runs, peers)
        return None if ours is None or best is None else (median(runs, best) or 0.0) / ours

    return Goal(f"{name} at least {limit:g} x as fast as the fastest peer", value, limit, at_most=False)


def figure_at_least(limit: float, name: str, figure: str) -> Goal:
    """A figure of ours is at least so high."""
    return Goal(f"{figure} of {name} at least {limit:g}", lambda runs: median(runs, name, figure), limit, at_most=False)


def figure_at_most(limit: float, name: str, figure: str) -> Goal:
    """A figure of ours is at most so high."""
    return Goal(f"{figure} of {name} at most {limit:g}", lambda runs: median(runs, name, figure), limit, at_most=True)


def memory_at_most(limit: float, name: str) -> Goal:
    """The server's peak grew by at most so many MB."""

    def value(runs: Mapping[str, "Runs"]) -> float | None:
        grown = runs[name].grown_mib.get("server") if name in runs else None
        return None if grown is None else grown * 2**20 / 1e6

    return Goal(f"the server's memory, {name}, grows by at most {limit:g} MB", value, limit, at_most=True)
