"""Scores that must see all candidates together before one of them has a value."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.part import FloatArray, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Found:
    """The scores of all candidates.

    Attributes
    ----------
    scores : ndarray of shape (n,), float64
        NaN for candidates that were left out.
    scored : ndarray of shape (n,), bool
        Which candidates were not left out.
    accuracy : dict of str to ndarray of shape (n,)
        What the score says of its own accuracy, by name: "standard_error", "truncation_bound".
    ceiling : float
        What no candidate that was left out could exceed.
    """

    scores: FloatArray
    scored: npt.NDArray[np.bool_]
    accuracy: dict[str, FloatArray] = field(default_factory=dict)
    ceiling: float = np.inf

    @classmethod
    def of_all(cls, scores: FloatArray) -> Found:
        """Return the scores of candidates of which none was left out."""
        return cls(scores, np.ones(len(scores), bool))


class SetScore(Score):
    """A score of each candidate that depends on the others. What it needs of them is kept as for a choice."""

    @property
    def most_scored(self) -> int | None:
        """How many candidates get a score, if fewer than all."""
        return None

    def columns(self, block: Block) -> dict[str, npt.NDArray[Any]]:  # noqa: ARG002 - most keep what they need and no more
        """Return columns that are kept of each row beyond what it declares as needs."""
        return {}

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - nothing is known of a row by itself
        """Return zeros, until `among` knows better."""
        return np.zeros(block.length)

    @abstractmethod
    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the scores of all candidates; columns are "index" and one for each need, as for `SetChoice.choose`."""
