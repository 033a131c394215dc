"""Policies that could be behind the strategy "auto": what they choose by is what a caller sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cells import Cell
from querist_server.engine.auto import Situation, choose


@dataclass(frozen=True)
class Policy:
    """A rule that names a strategy for a situation."""

    choose: Callable[[Situation], str]

    def names(self, cell: Cell, embeddings: bool) -> list[str]:
        """Return the strategies of a campaign's batches."""
        sent = {"probabilities"} | ({"embeddings", "side.labelled.embeddings", "side.labelled.classes"} if embeddings else set())
        return [self.choose(Situation(frozenset(sent), cell.batch, cell.classes, count * embeddings)) for count in cell.labelled]


POLICIES = {"auto": Policy(lambda situation: choose(situation).strategy)}
