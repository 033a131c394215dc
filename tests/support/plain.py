"""Slow and obvious reference implementations, one row at a time, in plain Python floats."""

import math
from collections.abc import Sequence

Row = Sequence[float]


def entropy(row: Row) -> float:
    return -sum(p * math.log(p) for p in row if p > 0)


def kl(row: Row, other: Row) -> float:
    return sum(p * math.log(p / q) for p, q in zip(row, other, strict=True) if p > 0)


def mean(members: Sequence[Row], weights: Row) -> list[float]:
    total = sum(weights)
    return [sum(w * m[c] for w, m in zip(weights, members, strict=True)) / total for c in range(len(members[0]))]


def vote_of(row: Row) -> int:
    return max(range(len(row)), key=lambda c: (row[c], -c))


def shares(votes: Sequence[int], weights: Row, classes: int) -> list[float]:
    """Weighted share of each class among those who voted (-1: abstained)."""
    total = sum(w for v, w in zip(votes, weights, strict=True) if v >= 0)
    return [sum(w for v, w in zip(votes, weights, strict=True) if v == c) / total for c in range(classes)]


def disagreement(votes: Sequence[int], weights: Row) -> float:
    """Probability that two different members, drawn by weight, vote differently, by going through all pairs."""
    voters = [(v, w) for v, w in zip(votes, weights, strict=True) if v >= 0 and w > 0]
    apart = both = 0.0
    for i, (v, w) in enumerate(voters):
        for j, (other, weight) in enumerate(voters):
            if i != j:
                both += w * weight
                apart += w * weight * (v != other)
    return apart / both if both else 0.0


def ranking(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda i: (-values[i], i))
