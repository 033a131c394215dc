"""What is known of annotators and of what they answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InstanceAssessments:
    """Instances in columns; entry i of each speaks of the same instance.

    Attributes
    ----------
    ids : list
        As they were given, in rising order.
    consensus : list
        The class that each most likely has, None without any label.
    confidences : ndarray of float64
        The probability of that; NaN without any label.
    labels, abstentions : ndarray of int64
        How many gave a label, and how many could not.
    agreements : ndarray of float64
        The share of the labels that are the consensus.
    unlabelable : ndarray of float64
        Probability that the instance cannot be labelled.
    ask_scores : ndarray of float64 or None
        How much one more label is worth, on one scale for instances with and without labels; with the model's probabilities.
    posteriors : ndarray of float64, shape (n, C), or None
        If asked for.
    """

    ids: list[Any]
    consensus: list[Any]
    confidences: FloatArray
    labels: npt.NDArray[np.int64]
    abstentions: npt.NDArray[np.int64]
    agreements: FloatArray
    unlabelable: FloatArray
    ask_scores: FloatArray | None = None
    posteriors: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the columns as a data frame, without posteriors."""
        import pandas as pd

        return pd.DataFrame({name: value for name, value in vars(self).items() if value is not None and name != "posteriors"})


@dataclass(frozen=True)
class Drift:
    """Whether an annotator's agreement fell; None for what cannot be told.

    Attributes
    ----------
    fell_at : float or None
        The time of the answer at which agreement had surely fallen.
    per_hour, per_hour_low, per_hour_high : float or None
        The change of agreement for each hour of a working session, and its 95 % interval.
    seconds_per_hour : float or None
        The trend of the time of an answer over a working session.
    sessions : int
    session_hours : float or None
        How long a session should be at most.
    """

    fell_at: float | None
    per_hour: float | None
    per_hour_low: float | None
    per_hour_high: float | None
    seconds_per_hour: float | None
    sessions: int
    session_hours: float | None


@dataclass(frozen=True, eq=False)
class AnnotatorReport:
    """What is known of one annotator. It is advice: look before you act on it.

    Attributes
    ----------
    id : object
    labels, shared, abstentions : int
        Labels, those that can be compared with others', and answers without one.
    quality, quality_low, quality_high : float or None
        How often the annotator is right, by the others' answers, and the 95 % interval.
    weight : float
        How much the method lets the annotator count.
    confusion : ndarray of float64, shape (C, C), or None
        The chance of each label (column) for an instance of each class (row).
    gold_labels, gold_right : int
        Labels of instances of which the truth is known, and how many were right.
    mean_seconds : float or None
    mean_confidence : float or None
        How sure the annotator was, to be compared with `quality`.
    drift : Drift or None
    label : int
        Which of several labels this is about.
    """

    id: Any
    labels: int
    shared: int
    abstentions: int
    quality: float | None
    quality_low: float | None
    quality_high: float | None
    weight: float
    confusion: FloatArray | None
    gold_labels: int
    gold_right: int
    mean_seconds: float | None
    mean_confidence: float | None
    drift: Drift | None
    label: int = 0


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree.

    Attributes
    ----------
    alpha_nominal, alpha_ordinal, alpha_interval : float or None
        Krippendorff's alpha; the latter two for ordered classes.
    alpha_low, alpha_high : float or None
        A 95 % interval, of the ordinal one for ordered classes, else of the nominal one.
    fleiss_kappa : float or None
    pairs : tuple of (id, id, int, float)
        Pairs of annotators, how many instances they share, and Cohen's kappa.
    label : int
        Which of several labels this is about.
    """

    alpha_nominal: float | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    alpha_low: float | None
    alpha_high: float | None
    fleiss_kappa: float | None
    pairs: tuple[tuple[Any, Any, int, float], ...]
    label: int = 0


@dataclass(frozen=True, eq=False)
class Assessment:
    """What is known of all answers.

    Attributes
    ----------
    instances : InstanceAssessments
        Of the first label, where there are several.
    by_label : tuple of InstanceAssessments
        One for each label; one in all, but for sets of labels.
    annotators : list of AnnotatorReport
    agreement : tuple of Agreement
        One for each label.
    method : str
        That was used.
    settled : bool
        Whether its iterations came to rest.
    classes : list
        The classes in the order of `posteriors` and `confusion`.
    answers, repeats, changes : int
        How many came, how many were second ones, and how many of these others.
    model_weight : float or None
    cautions : tuple of str
    """

    instances: InstanceAssessments
    by_label: tuple[InstanceAssessments, ...]
    annotators: list[AnnotatorReport]
    agreement: tuple[Agreement, ...]
    method: str
    settled: bool
    classes: list[Any]
    answers: int
    repeats: int
    changes: int
    model_weight: float | None
    cautions: tuple[str, ...]

    def annotators_to_pandas(self) -> pandas.DataFrame:
        """Return the annotators as a data frame, without confusion matrices."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each annotator, as plain values, without confusion matrices."""
        found = []
        for each in self.annotators:
            plain = {name: value for name, value in vars(each).items() if name not in ("confusion", "drift")}
            found.append({**plain, **(asdict(each.drift) if each.drift is not None else {})})
        return found


@dataclass(frozen=True)
class AssignedPair:
    """An annotator for an instance; `value` is what that is worth for each unit of cost, NaN for a blind repeat."""

    instance: Any
    annotator: Any
    value: float
    blind: bool


@dataclass(frozen=True)
class Assignment:
    """Whom to ask what, the most valuable first; the seed that was used; how many instances get nobody."""

    pairs: tuple[AssignedPair, ...]
    seed: int
    unassigned: int
