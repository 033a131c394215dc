"""What comes out: the chosen instances in columns, and what the caller should know of the pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Statistics:
    """What the pool looks like; the fields are those of the contract's `PoolStatistics`."""

    rows: int
    candidates: int
    excluded: int
    classes: int
    members: int
    prediction_source: str
    score_min: float
    score_max: float
    score_mean: float
    score_std: float
    histogram_low: float
    histogram_width: float
    histogram_counts: IndexArray
    bytes_kept: int


@dataclass(frozen=True)
class Selection:
    """Chosen instances, the first to be labelled first. Columns have one entry for each; None where a column does not apply.

    Attributes
    ----------
    indices, keys : ndarray of int64
        Row indices in the pool, and the caller's keys.
    scores : ndarray of float64
        Raw scores.
    priorities : ndarray of float64
        1 for the first, falling by 1 / B a step.
    confidences : ndarray of float64
        Largest class probability.
    labels : ndarray of int32
        Most likely class.
    random_draws : ndarray of bool
        Drawn by the random share.
    inclusion_probabilities : ndarray of float64
        Of a uniform draw; 0 where there is none.
    components : dict of str to ndarray
        Raw parts of a pool score.
    guarded_total : int
        How many rows were left out although the caller did not exclude them.
    guarded_indices, guarded_reasons
        The first of them, and the contract's names of the reasons.
    statistics : Statistics
    warnings : list of (str, str)
        Names of the contract's `WarningCode`, and sentences.
    seconds : dict of str to float
        Seconds in each stage, by the contract's names.
    """

    indices: IndexArray
    keys: IndexArray | None
    scores: FloatArray
    priorities: FloatArray
    confidences: FloatArray | None
    labels: npt.NDArray[np.int32] | None
    random_draws: npt.NDArray[np.bool_] | None
    inclusion_probabilities: FloatArray | None
    components: dict[str, npt.NDArray[Any]]
    guarded_total: int
    guarded_indices: IndexArray
    guarded_reasons: list[str]
    statistics: Statistics
    warnings: list[tuple[str, str]]
    seconds: dict[str, float] = field(default_factory=dict)
