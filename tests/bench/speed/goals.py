"""What rows must show, and what was measured: medians of the runs beside a limit."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes import Runs


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


def median(runs: Mapping[str, "Runs"], name: str, figure: str = "seconds") -> float | None:
    """Return the median of a contestant's figure, or None if there is none."""
    values = runs[name].figures.get(figure) if name in runs else None
    return statistics.median(values) if values else None


def fastest(runs: Mapping[str, "Runs"], names: tuple[str, ...]) -> str | None:
    """Return who of these has the lowest median."""
    there = [name for name in names if median(runs, name) is not None]
    return min(there, key=lambda name: median(runs, name) or 0.0, default=None)


def at_most(limit: float, name: str, *others: str) -> Goal:
    """Ours takes at most so many times as long as others together."""

    def value(runs: Mapping[str, "Runs"]) -> float | None:
        ours, theirs = median(runs, name), [median(runs, other) for other in others]
        return None if ours is None or None in theirs else ours / sum(each for each in theirs if each is not None)

    return Goal(f"{name} at most {limit:g} x {' + '.join(others)}", value, limit, at_most=True)


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
