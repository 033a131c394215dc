"""What a row of the table is made of: contestants, their data and task, goals."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from goals import Goal

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
    scaled : tuple of str
        Numbers of the task that are made smaller with the data.
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
    scaled: tuple[str, ...] = ()

    @property
    def alone(self) -> "Row":
        """The same row without the public libraries."""
        return replace(self, contestants=tuple(each for each in self.contestants if each.kind is not Kind.PEER))

    def task_for(self, smaller: int) -> dict[str, Any]:
        """Return the task for data that is so many times smaller."""
        return self.task | {name: self.task[name] // smaller for name in self.scaled}

    @property
    def bare(self) -> str | None:
        """Name of the contestant that sends the same bytes over TCP and does nothing with them."""
        return next((each.name for each in self.contestants if each.name.startswith("bare ") and each.name.endswith("TCP")), None)

    @property
    def plain(self) -> tuple[str, ...]:
        """Names of what is written in numpy."""
        return tuple(each.name for each in self.contestants if each.kind is Kind.PLAIN)

    @property
    def peers(self) -> tuple[str, ...]:
        """Names of the public libraries that do the same."""
        return tuple(each.name for each in self.contestants if each.kind is Kind.PEER and each.name not in self.incomparable)
