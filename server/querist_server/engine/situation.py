"""What the caller says at the start of a round, checked: labels, costs, errors, what there is to gain, what was screened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from querist_server.engine.campaign import MOST_SCREENED, Campaign
from querist_server.engine.criterion import Criterion
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import lure

MOST_NAME, MOST_CURRENCY = 100, 16
MOST_COUNT, MOST_AMOUNT = 10**15, 1e15
"""The largest number of instances, and of money, that is taken for meant."""


@dataclass(frozen=True)
class Estimate:
    """An error estimate: a name of the contract's `ErrorSource`, the share of wrong predictions, and how exact that is.

    The error is None where the pool's expected error is to stand for it.
    """

    source: str
    error: float | None
    standard_error: float | None

    @classmethod
    def of(cls, source: str, error: float | None, standard_error: float | None, instances: int | None, path: str) -> Estimate:
        """Return an estimate whose standard error may follow from the number of instances that it was measured on.

        That is Agresti and Coull's (The American Statistician 1998), which is not 0 where no error was seen.
        """
        if error is None:
            if source == "PROXY":
                return cls(source, None, None)
            raise EngineError("FIELD_MISSING", "an error estimate needs its error", field=f"{path}.error")
        _require(0 <= error <= 1, f"{path}.error", f"error is {error}; allowed is 0 to 1")
        if standard_error is not None:
            _require(0 <= standard_error <= 1, f"{path}.standard_error", f"standard_error is {standard_error}; allowed is 0 to 1")
            return cls(source, error, standard_error)
        if instances is None:
            message = "an error estimate needs its standard_error, or the number of instances that it was measured on"
            raise EngineError("FIELD_MISSING", message, field=f"{path}.instances")
        _require(1 <= instances <= MOST_COUNT, f"{path}.instances", f"instances is {instances}; allowed is 1 to {MOST_COUNT}")
        share = (error * instances + 2) / (instances + 4)
        return cls(source, error, float(np.sqrt(share * (1 - share) / (instances + 4))))

    @classmethod
    def by_lure(cls, losses: npt.NDArray[np.float64], chances: npt.NDArray[np.float64], pool_size: int | None, path: str) -> Estimate:
        """Return the unbiased estimate from instances that were chosen with known probabilities."""
        if len(losses) != len(chances):
            message = f"there are {len(losses)} losses and {len(chances)} draw_probabilities; there must be one each"
            raise EngineError("SHAPE_MISMATCH", message, field=f"{path}.draw_probabilities")
        if pool_size is None:
            raise EngineError("FIELD_MISSING", "losses need the size of the pool that they were drawn from", field=f"{path}.pool_size")
        _require(
            len(losses) >= lure.FEWEST, f"{path}.losses", f"there are {len(losses)} losses; an error estimate needs at least {lure.FEWEST}"
        )
        fine = len(losses) <= pool_size <= MOST_COUNT
        _require(fine, f"{path}.pool_size", f"pool_size is {pool_size}; allowed is {len(losses)}, as many as losses, to {MOST_COUNT}")
        _require(
            bool(((losses >= 0) & (losses <= 1)).all()), f"{path}.losses", f"losses are {losses.min()} to {losses.max()}; allowed is 0 to 1"
        )
        _require(
            bool(((chances > 0) & (chances <= 1)).all()),
            f"{path}.draw_probabilities",
            f"draw_probabilities are {chances.min()} to {chances.max()}; allowed is above 0 to 1",
        )
        error, deviation = lure.estimate(losses, chances, pool_size)
        return cls("LURE", error, deviation)


@dataclass(frozen=True, kw_only=True)
class Economics:
    """What labels and errors cost; the fields are those of the contract's `Economics`."""

    label_cost: float | None = None
    batch_cost: float = 0.0
    error_cost: float | None = None
    predictions: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        for name in ("label_cost", "batch_cost", "error_cost", "predictions"):
            value = getattr(self, name)
            fine = value is None or 0 <= value <= MOST_AMOUNT
            _require(fine, f"campaign.economics.{name}", f"{name} is {value}; allowed is 0 to {MOST_AMOUNT:g}")
        _require(len(self.currency) <= MOST_CURRENCY, "campaign.economics.currency", f"currency has more than {MOST_CURRENCY} characters")

    @property
    def error_value(self) -> float | None:
        """What all errors of the model's life cost at an error of 1."""
        return None if self.error_cost is None or self.predictions is None else self.error_cost * self.predictions


@dataclass(frozen=True, kw_only=True)
class Screening:
    """Review work; the fields are those of the contract's `Screening`."""

    target_recall: float
    relevant: npt.NDArray[np.bool_]
    relevant_class: int = 1
    control_size: int | None = None
    control_found: int | None = None
    elusion_size: int | None = None
    elusion_relevant: int | None = None

    def __post_init__(self) -> None:
        path = "campaign.screening"
        _require(
            0.01 <= self.target_recall <= 0.9999,
            f"{path}.target_recall",
            f"target_recall is {self.target_recall}; allowed is 0.01 to 0.9999",
        )
        _require(self.relevant_class >= 0, f"{path}.relevant_class", f"relevant_class is {self.relevant_class}; allowed is 0 or more")
        for size_name, part_name in (("control_size", "control_found"), ("elusion_size", "elusion_relevant")):
            size, part = getattr(self, size_name), getattr(self, part_name)
            if (size is None) != (part is None):
                raise EngineError("FIELD_MISSING", f"{size_name} and {part_name} go together", field=f"{path}.{size_name}")
            if size is not None:
                _require(1 <= size <= MOST_COUNT, f"{path}.{size_name}", f"{size_name} is {size}; allowed is 1 to {MOST_COUNT}")
                _require(0 <= part <= size, f"{path}.{part_name}", f"{part_name} is {part}; allowed is 0 to {size}, the {size_name}")


@dataclass(frozen=True, kw_only=True)
class Past:
    """A round that was run elsewhere."""

    labelled: int
    cost: float | None = None
    batch_labelled: int | None = None
    batch_correct: int | None = None
    estimate: Estimate | None = None


@dataclass(frozen=True, kw_only=True)
class Situation(Past):
    """The present round, as the caller tells it.

    Attributes
    ----------
    campaign : Campaign
        The rounds before.
    economics : Economics or None
    screening : Screening or None
    criteria : mapping of str to Criterion
        Those with parameters of their own.
    aggressiveness : float
    unlabelled, next_batch : int or None
    history : tuple of Past
    """

    campaign: Campaign
    economics: Economics | None = None
    screening: Screening | None = None
    criteria: Mapping[str, Criterion] = field(default_factory=dict)
    aggressiveness: float = 0.5
    unlabelled: int | None = None
    next_batch: int | None = None
    history: tuple[Past, ...] = ()

    def __post_init__(self) -> None:
        _require(
            0 <= self.aggressiveness <= 1,
            "campaign.aggressiveness",
            f"aggressiveness is {self.aggressiveness}; allowed is 0 to 1",
        )
        for name, least in (("unlabelled", 0), ("next_batch", 1)):
            value = getattr(self, name)
            fine = value is None or least <= value <= MOST_COUNT
            _require(fine, f"campaign.{name}", f"{name} is {value}; allowed is {least} to {MOST_COUNT}")
        if self.history and self.campaign.rounds:
            raise EngineError("FIELD_CONFLICT", "send history or a state, not both", field="campaign.history")
        _check_count(self.labelled, "campaign.labelled")
        before = self.campaign.latest if self.campaign.rounds else None
        if before is not None and self.labelled < before.labelled:
            message = (
                f"labelled is {self.labelled}, and the state has {before.labelled} already: it is of another campaign, or of a later round"
            )
            raise EngineError("STATE_FOREIGN", message, field="campaign.labelled")
        known_cost = None if before is None else before.cost
        self._check_order(known_cost)
        reopened = self.campaign.reopened(self.labelled)
        screened = len(reopened.screened) + (0 if self.screening is None else len(self.screening.relevant))
        _require(
            screened <= MOST_SCREENED,
            "campaign.screening.relevant",
            f"{screened} instances were screened; allowed are at most {MOST_SCREENED} in a campaign",
        )

    def _check_order(self, known_cost: float | None) -> None:
        labelled = 0
        for index, each in enumerate((*self.history, self)):
            path = "campaign" if each is self else f"campaign.history[{index}]"
            _check_count(each.labelled, f"{path}.labelled")
            lower = labelled if each is self else labelled + (1 if index else 0)
            _require(
                each.labelled >= lower,
                f"{path}.labelled",
                f"labelled is {each.labelled} after {labelled} in the round before; it must rise",
            )
            labelled = each.labelled
            if each.cost is not None:
                _require(0 <= each.cost <= MOST_AMOUNT, f"{path}.cost", f"cost is {each.cost}; allowed is 0 to {MOST_AMOUNT:g}")
                _require(
                    known_cost is None or each.cost >= known_cost,
                    f"{path}.cost",
                    f"cost is {each.cost} after {known_cost} in the round before; it is what all labels so far cost together",
                )
                known_cost = each.cost
            _check_batch(each, path)


def _check_batch(each: Past, path: str) -> None:
    if each.batch_correct is not None and each.batch_labelled is None:
        raise EngineError("FIELD_MISSING", "batch_correct needs batch_labelled", field=f"{path}.batch_labelled")
    if each.batch_labelled is not None:
        _check_count(each.batch_labelled, f"{path}.batch_labelled")
        correct = each.batch_correct or 0
        _require(
            0 <= correct <= each.batch_labelled,
            f"{path}.batch_correct",
            f"batch_correct is {correct}; allowed is 0 to {each.batch_labelled}",
        )


def _check_count(count: int, path: str) -> None:
    name = path.rpartition(".")[2]
    _require(0 <= count <= MOST_COUNT, path, f"{name} is {count}; allowed is 0 to {MOST_COUNT}")


def _require(holds: bool, field: str, message: str) -> None:
    if not holds:
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=field)
