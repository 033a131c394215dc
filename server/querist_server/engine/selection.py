"""What comes out: the chosen instances in columns, and what the caller should know of the pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.advising import Advice
from querist_server.engine.annotations.suggestions import Suggestions
from querist_server.engine.calibrations.temperature import Temperature

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
class Spending:
    """What the batch costs; the fields are those of the contract's `Spending`."""

    cost: float
    left: float | None
    affordable: int | None
    predicted: bool
    error: float | None


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
    random_draws, audit_draws : ndarray of bool
        Drawn by the random share, and from what guards put aside.
    inclusion_probabilities : ndarray of float64
        Of a uniform draw; 0 where there is none.
    draw_numbers : ndarray of int64
        The order of the draws, counted from 1.
    draw_probabilities : ndarray of float64
        How likely each draw was among those that were left.
    components : dict of str to ndarray
        Raw parts of a pool score, and factors of weights.
    values : ndarray of float64
        Scores times weights.
    gains : ndarray of float64
        What each added to the choice's objective; NaN where it has no such number.
    clusters : ndarray of int64
        The cluster that each was taken from; -1 for none.
    costs : ndarray of float64
        What each label costs.
    guarded_total : int
        How many rows were left out although the caller did not exclude them.
    guarded_indices, guarded_reasons, guarded_values
        The first of them, the contract's names of the reasons, and the measures by which they were judged.
    guarded_tallies : dict of str to int
        How many by reason.
    spending : Spending or None
    guarantee : float or None
        The share of the best possible objective that the batch surely reaches.
    calibration : Temperature or None
        What was done by a calibration set.
    suggestions : Suggestions or None
        Labels for a person to start from.
    score_source : str
        Whose predictions the scores come from: a name of the contract's `ScoreSource`.
    advice : Advice or None
        Whether labelling should go on, in a campaign.
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
    values: FloatArray | None
    gains: FloatArray | None
    clusters: IndexArray | None
    costs: FloatArray | None
    audit_draws: npt.NDArray[np.bool_] | None
    draw_numbers: IndexArray | None
    draw_probabilities: FloatArray | None
    guarded_total: int
    guarded_indices: IndexArray
    guarded_reasons: list[str]
    guarded_values: FloatArray
    guarded_tallies: dict[str, int]
    spending: Spending | None
    guarantee: float | None
    calibration: Temperature | None
    suggestions: Suggestions | None
    score_source: str
    statistics: Statistics
    warnings: list[tuple[str, str]]
    seconds: dict[str, float] = field(default_factory=dict)
    advice: Advice | None = None
