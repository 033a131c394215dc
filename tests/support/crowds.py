"""Simulated crowds with known truth."""

from typing import Any

import numpy as np
from querist_server.engine.crowd.votes import Votes


def nothing() -> None:
    """Be the checkpoint of work that nobody cancels."""


def crowd(
    rng: np.random.Generator, items: int, annotators: int, classes: int, each: int, low: float = 0.55, high: float = 0.95
) -> tuple[Votes, np.ndarray, np.ndarray]:
    """Return labels by annotators with the given range of accuracy, the truth, and how often each is right."""
    truth, accuracy = rng.integers(0, classes, items), rng.uniform(low, high, annotators)
    who = np.concatenate([np.sort(rng.choice(annotators, min(each, annotators), replace=False)) for _ in range(items)])
    item = np.repeat(np.arange(items), min(each, annotators))
    right = rng.random(len(item)) < accuracy[who]
    wrong = (truth[item] + rng.integers(1, classes, len(item))) % classes
    return Votes(item, who, np.where(right, truth[item], wrong), items, annotators, classes), truth, accuracy


def columns(votes: Votes, **more: Any) -> dict[str, np.ndarray]:
    """Return the labels as columns of answers."""
    return {"instances": votes.item.copy(), "annotators": votes.who.copy(), "labels": votes.label.copy(), **more}


def table(votes: Votes) -> np.ndarray:
    """Return the labels as a table with a row for each instance and a column for each annotator, NaN for none."""
    found = np.full((votes.items, votes.annotators), np.nan)
    found[votes.item, votes.who] = votes.label
    return found
