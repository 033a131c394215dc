"""What comes back, as frozen dataclasses of plain values and read-only arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from querist.advice import StopAdvice
from querist.plan import Plan

if TYPE_CHECKING:
    import pandas

_PARTS = "querist.v1.parts"
_BULKY = ("all_scores", "campaign_state")
NO_ADVICE = StopAdvice("INCONCLUSIVE", "The server gave no advice.")

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Progress:
    """How far a selection is.

    Attributes
    ----------
    stage : str
        Such as "SCORE" or "CHOOSE".
    rows_received, rows_scored : int
        Rows that have reached the server, and that have a score.
    rows_total : int or None
        Rows of the pool, if known beforehand.
    work_done, work_total : float
        Elementary steps of a score that looks at all candidates together; 0 for others, and before the server has estimated them.
    """

    stage: str
    rows_received: int
    rows_scored: int
    rows_total: int | None
    work_done: float = 0.0
    work_total: float = 0.0


@dataclass(frozen=True)
class SelectionWarning:
    """Something to know although nothing failed."""

    code: str
    message: str


@dataclass(frozen=True)
class CalibrationQuality:
    """Weighted means over a calibration set; less is better: log loss (nats), Brier score, expected calibration error of 15 bins."""

    log_loss: float
    brier_score: float
    calibration_error: float


@dataclass(frozen=True)
class Calibration:
    """How probabilities were made honest.

    Attributes
    ----------
    temperature : float
        Above 1 the model was too sure, below 1 not sure enough.
    rows : int
        Instances of the calibration set that counted.
    before, after : CalibrationQuality
    """

    temperature: float
    rows: int
    before: CalibrationQuality
    after: CalibrationQuality


@dataclass(frozen=True, eq=False)
class PreAnnotations:
    """Labels for a person to start from, for each chosen instance; random and audit draws get none.

    Attributes
    ----------
    labels : ndarray of int32, shape (n, k)
        The likeliest classes or labels, the likeliest first; -1 for instances that get none. k is 0 for regression.
    confidences : ndarray of float64, shape (n, k)
        Their calibrated probabilities.
    sets : list or None
        For each instance the classes, or labels, of its conformal set as an ndarray, the likeliest first, or None if it gets none.
    sure_counts : ndarray of int32 or None
        For labels: how many of the likeliest all apply; -1 for instances that get none.
    values : ndarray of float64 or None
        For regression: predictions; NaN for instances that get none.
    intervals : ndarray of float64, shape (n, 2), or None
        For regression: the ends of intervals that hold the true values.
    accepted : ndarray of bool or None
        Whether the likeliest label may be accepted unseen.
    set_thresholds : ndarray of float64
        The largest conformal scores that a set takes in: one for all classes or one for each.
    coverage_guaranteed : bool
        Whether the calibration set is a uniform draw, as it was said to be.
    accept_threshold, accept_error_bound : float or None
        From which probability on labels may be accepted, and the bound on the share of wrong ones; None if no threshold is safe.
    accept_rows : int
        Instances of the calibration set above the threshold.
    """

    labels: npt.NDArray[np.int32]
    confidences: FloatArray
    sets: list[npt.NDArray[np.int32] | None] | None
    accepted: npt.NDArray[np.bool_] | None
    set_thresholds: FloatArray
    coverage_guaranteed: bool
    accept_threshold: float | None
    accept_error_bound: float | None
    accept_rows: int
    sure_counts: npt.NDArray[np.int32] | None = None
    values: FloatArray | None = None
    intervals: FloatArray | None = None


@dataclass(frozen=True)
class Guarded:
    """Instances that were left out although the caller did not exclude them.

    Attributes
    ----------
    total : int
    indices : ndarray of int64
        The first of them.
    reasons : tuple of str
        Why, one each, such as "KNN_OUTLIER".
    values : ndarray of float64
        The measures by which they were judged; NaN where there is none.
    tallies : dict of str to int
        How many for each reason.
    """

    total: int
    indices: IndexArray
    reasons: tuple[str, ...]
    values: FloatArray
    tallies: dict[str, int]


@dataclass(frozen=True)
class AutoChoice:
    """What the strategy "auto" chose and why; `alternatives` are other presets that fit, and when to prefer them."""

    strategy: str
    reason: str
    alternatives: dict[str, str]


@dataclass(frozen=True)
class Spending:
    """What a batch costs.

    Attributes
    ----------
    cost : float
        All labels together.
    left : float or None
        Of the budget.
    affordable : int or None
        How many of those that were not taken could each still be paid for.
    predicted : bool
        Whether costs were predicted.
    error : float or None
        The typical factor by which predicted costs are off.
    """

    cost: float
    left: float | None
    affordable: int | None
    predicted: bool
    error: float | None


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width, from `low` upwards."""

    low: float
    width: float
    counts: IndexArray


@dataclass(frozen=True)
class PoolStatistics:
    """What the pool looks like; scores are those of the candidates."""

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
    score_histogram: Histogram
    bytes_kept: int


@dataclass(frozen=True, eq=False)
class Batch:
    """The chosen instances, the first to be labelled first. Columns that do not apply are None.

    Attributes
    ----------
    indices : ndarray of int64
        Row indices in the pool.
    ids : list or None
        The caller's ids, if given.
    keys : ndarray of int64 or None
        The caller's keys, if sent.
    scores : ndarray of float64
        Raw scores, higher meaning more worth labelling.
    priorities : ndarray of float64
        1 for the first, falling evenly to just above 0.
    confidences : ndarray of float64 or None
        Largest class probability of each instance.
    predicted_labels : ndarray of int32 or None
        Most likely class of each instance.
    random_draws : ndarray of bool or None
        Drawn by the random share instead of the plan.
    inclusion_probabilities : ndarray of float64 or None
        Of a uniform draw; 0 where there is none.
    audit_draws : ndarray of bool or None
        Drawn from what guards put aside.
    draw_numbers, draw_probabilities : ndarray or None
        The order of the draws, counted from 1, and how likely each was among those that were left, if asked for.
    values : ndarray of float64 or None
        Scores times weights, if the plan has weights.
    gains : ndarray of float64 or None
        What each added to the choice's objective, if it has one.
    clusters : ndarray of int64 or None
        The cluster that each was taken from, -1 for none, if the choice made any.
    costs : ndarray of float64 or None
        What each label costs, if that is known.
    components : dict of str to ndarray
        Raw parts of a mixed score and factors of weights, if asked for; and what a score says of its own accuracy: "standard_error",
        "truncation_bound".
    plan : Plan
        The plan that was really run, with every default filled in.
    strategy : str
        The preset that it came from, or "".
    seed : int
        The seed that was used.
    selection_id : str
        Name of this selection in the server's log.
    statistics : PoolStatistics
    guarded : Guarded
    spending : Spending or None
        What the batch costs, if that is known.
    guarantee : float or None
        The share of the best possible objective that the batch surely reaches, where theory gives such a number.
    calibration : Calibration or None
        How your model's probabilities were made honest, if a calibration set was given.
    pre_annotations : PreAnnotations or None
        Labels for a person to start from, if asked for.
    score_source : str
        Whose predictions the scores come from: "CLIENT_MODEL", "SURROGATE" (a model that the server fitted to the labelled set),
        "CLIENT_MODEL_AND_SURROGATE", or "UNSPECIFIED" for none.
    auto_choice : AutoChoice or None
        What the strategy "auto" chose.
    timings : dict of str to float
        Seconds in each stage.
    warnings : tuple of SelectionWarning
    class_labels : tuple of str
        Class names that the models declare.
    server_version : str
    all_scores : ndarray of float64 or None
        Scores of the whole pool, if asked for; NaN for rows that were no candidates.
    stop : StopAdvice
        Whether this batch should be labelled at all, in a campaign.
    campaign_state : bytes or None
        To be sent with the next round of the campaign.
    """

    indices: IndexArray
    scores: FloatArray
    priorities: FloatArray
    plan: Plan
    strategy: str
    seed: int
    selection_id: str
    statistics: PoolStatistics
    guarded: Guarded
    timings: dict[str, float]
    warnings: tuple[SelectionWarning, ...]
    server_version: str
    ids: list[Any] | None = None
    keys: IndexArray | None = None
    confidences: FloatArray | None = None
    predicted_labels: npt.NDArray[np.int32] | None = None
    random_draws: npt.NDArray[np.bool_] | None = None
    inclusion_probabilities: FloatArray | None = None
    audit_draws: npt.NDArray[np.bool_] | None = None
    draw_numbers: IndexArray | None = None
    draw_probabilities: FloatArray | None = None
    values: FloatArray | None = None
    gains: FloatArray | None = None
    clusters: IndexArray | None = None
    costs: FloatArray | None = None
    spending: Spending | None = None
    guarantee: float | None = None
    calibration: Calibration | None = None
    pre_annotations: PreAnnotations | None = None
    score_source: str = "UNSPECIFIED"
    auto_choice: AutoChoice | None = None
    components: dict[str, FloatArray] = field(default_factory=dict)
    class_labels: tuple[str, ...] = ()
    all_scores: FloatArray | None = None
    stop: StopAdvice = NO_ADVICE
    campaign_state: bytes | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        first = ", ".join(f"{index}: {score:.4g}" for index, score in zip(self.indices[:5].tolist(), self.scores[:5].tolist(), strict=True))
        more = ", ..." if len(self) > 5 else ""
        name = self.strategy or "plan"
        return f"<Batch of {len(self)} of {self.statistics.candidates} by {name}: {first}{more}>"

    @property
    def columns(self) -> dict[str, Sequence[Any] | npt.NDArray[Any]]:
        """All columns that apply, by name, components under their own names."""
        names = (
            "indices",
            "ids",
            "keys",
            "scores",
            "priorities",
            "confidences",
            "predicted_labels",
            "random_draws",
            "inclusion_probabilities",
            "audit_draws",
            "draw_numbers",
            "draw_probabilities",
            "values",
            "gains",
            "clusters",
            "costs",
        )
        columns = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {**columns, **{f"score_{name}": values for name, values in self.components.items()}}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the pool's scores and the campaign's state as plain values that JSON can hold (ids as they are)."""
        fields = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.name not in _BULKY}
        return {name: _plain(value) for name, value in fields.items() if value is not None}

    def to_pandas(self) -> pandas.DataFrame:
        """Return the columns as a data frame, in the order of the batch.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install 'querist[pandas]'") from error
        return pd.DataFrame(self.columns)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Plan):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
        is_part = type(value).__module__ == _PARTS and type(value).__name__ != "MixPart"
        return {type(value).__name__: fields} if is_part else fields
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value
