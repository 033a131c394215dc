"""Calls of mixed sizes, each of which is made alone first, so that its answer is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import querist


@dataclass(frozen=True)
class Kind:
    """A kind of call: how often it comes, and what it is."""

    name: str
    weight: float
    make: Callable[[querist.Client], Any]


def kinds(seed: int = 7) -> list[Kind]:
    """Return the kinds of calls, from a labelling tool's 20 rows to what keeps a worker busy for a second."""
    rng = np.random.default_rng(seed)

    def predictions(rows: int, classes: int) -> np.ndarray:
        return rng.dirichlet(np.ones(classes), rows).astype(np.float32)

    small, middle, wide, long = predictions(20, 5), predictions(2_000, 10), predictions(50_000, 10), predictions(300_000, 10)
    near, far = rng.standard_normal((2_000, 32), np.float32), rng.standard_normal((20_000, 64), np.float32)
    spread, chances = rng.standard_normal((5_000, 32), np.float32), predictions(5_000, 10)
    told = {"labelled": 60, "error": querist.ErrorEstimate(source="hold_out", error=0.2, instances=200), "next_batch": 10}
    return [
        Kind("margin 20 x 5", 50, lambda q: q.select(small, strategy="margin", count=5)),
        Kind("entropy 2,000 x 10", 15, lambda q: q.select(middle, strategy="entropy", count=50)),
        Kind("power margin, random share", 8, lambda q: q.select(middle, strategy="power_margin", count=40, random_share=0.2, seed=3)),
        Kind("k-center 2,000 x 32", 8, lambda q: q.select(embeddings=near, strategy="k_center", count=30, seed=1)),
        Kind("margin 50,000 x 10", 8, lambda q: q.select(wide, strategy="margin", count=100)),
        Kind("stop advice", 5, lambda q: q.advise_stop(told)),
        Kind("BADGE 5,000 x 32 x 10", 3, lambda q: q.select(chances, embeddings=spread, strategy="badge", count=50, seed=5)),
        Kind("margin 300,000 x 10", 2, lambda q: q.select(long, strategy="margin", count=1000)),
        Kind("k-center 20,000 x 64", 1, lambda q: q.select(embeddings=far, strategy="k_center", count=400, seed=1)),
    ]


def answer_of(result: Any) -> tuple[Any, ...]:
    """Return what must be the same at every call, to the bit."""
    if isinstance(result, querist.Batch):
        return result.indices.tolist(), result.scores.tolist(), result.priorities.tolist()
    return result.verdict, result.sentence


def alone(client: querist.Client, known: list[Kind]) -> list[tuple[Any, ...]]:
    """Make each call by itself, and return the answers."""
    return [answer_of(kind.make(client)) for kind in known]
