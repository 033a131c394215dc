"""What further labels cost and save: the learning curve, and money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist_server.engine.campaign import Campaign
from querist_server.engine.criterion import Outlook
from querist_server.engine.kernels import learning_curve
from querist_server.engine.situation import Economics

FloatArray = npt.NDArray[np.float64]

LOW, HIGH = 0.1, 0.9
BATCHES_AHEAD, STEPS_AHEAD = 32, 96
"""How many next batches are looked at one by one, and how many numbers of labels in all."""
HORIZON = 10
"""How many times the present labels are looked ahead where it is not known how many could still be labelled."""
MISFIT = 0.05


@dataclass(frozen=True)
class Interval:
    """A mean, and the ends of an 80 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: FloatArray) -> Interval:
        """Return those of equally likely values."""
        low, high = np.quantile(draws, (LOW, HIGH))
        return cls(float(draws.mean()), float(low), float(high))


@dataclass(frozen=True, eq=False)
class Money:
    """What the next labels are worth; the fields are those of the contract's `CostForecast`."""

    label_cost: float
    next_cost: float
    next_saving: Interval
    net_value: Interval
    further_labels: Interval
    past_optimum: float
    break_even_label_cost: float
    stopping_regret: float
    total_costs: FloatArray


@dataclass(frozen=True, eq=False)
class Forecast:
    """What the learning curves say; the fields are those of the contract's `CostForecast`.

    Attributes
    ----------
    draws : ndarray of shape (curves, T)
        The error by each curve at each of the numbers of labels in `labelled`.
    """

    error_source: str
    error_now: Interval
    next_batch: int
    error_next: Interval
    break_even_error_value: float | None
    label_cost: float | None
    families: dict[str, float]
    labelled: npt.NDArray[np.int64]
    draws: FloatArray
    rises: bool
    money: Money | None

    @property
    def errors(self) -> list[Interval]:
        """The error at each number of labels."""
        low, high = np.quantile(self.draws, (LOW, HIGH), axis=0)
        return [Interval(*ends) for ends in zip(self.draws.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)]

    @property
    def outlook(self) -> Outlook | None:
        """What the rule of the net value looks at."""
        money = self.money
        if money is None:
            return None
        return Outlook((money.net_value.mean, money.net_value.low, money.net_value.high), money.past_optimum)


def forecast(campaign: Campaign, economics: Economics | None, unlabelled: int | None, next_batch: int | None) -> Forecast | None:
    """Fit learning curves to all rounds with an error; None if there are too few different numbers of labels.

    Parameters
    ----------
    campaign : Campaign
    economics : Economics or None
    unlabelled : int or None
        How many can still be labelled.
    next_batch : int or None
        How many the next batch has.
    """
    rounds = [each for each in campaign.rounds if each.error is not None and each.labelled > 0]
    now = campaign.latest
    if len(rounds) < learning_curve.FEWEST_POINTS or rounds[-1] is not now:
        return None
    curves = learning_curve.fit(
        np.array([each.labelled for each in rounds], np.float64),
        np.array([each.error for each in rounds], np.float64),
        np.array([each.standard_error for each in rounds], np.float64),
    )
    step = next_batch or (now.labelled - campaign.rounds[-2].labelled)
    reach = HORIZON * now.labelled if unlabelled is None else unlabelled
    step = max(1, min(step, reach))
    further = steps_ahead(step, reach)
    errors = curves.at((now.labelled + further).astype(np.float64))
    price = label_cost(campaign, economics)
    fall = float((errors[:, 0] - errors[:, 1]).mean()) if len(further) > 1 else 0.0
    next_cost = None if price is None else price * step + (economics.batch_cost if economics else 0.0)
    money = None
    if economics is not None and economics.error_value is not None and price is not None and next_cost is not None and len(further) > 1:
        money = _money(errors, further, step, price, next_cost, economics)
    return Forecast(
        error_source=now.error_source or "",
        error_now=Interval.of(errors[:, 0]),
        next_batch=step,
        error_next=Interval.of(errors[:, min(1, len(further) - 1)]),
        break_even_error_value=next_cost / fall if next_cost is not None and fall > 0 else None,
        label_cost=price,
        families=curves.weights,
        labelled=now.labelled + further,
        draws=errors,
        rises=curves.misfit < MISFIT,
        money=money,
    )


def label_cost(campaign: Campaign, economics: Economics | None) -> float | None:
    """Return what a label costs: as it was said, or on average since the second round that knows its cost."""
    if economics is not None and economics.label_cost is not None:
        return economics.label_cost
    known = [(each.labelled, each.cost) for each in campaign.rounds if each.cost is not None]
    if len(known) < 2 or known[-1][0] == known[0][0]:
        return None
    batches = 0.0 if economics is None else economics.batch_cost * (len(known) - 1)
    return max(0.0, float((known[-1][1] - known[0][1] - batches) / (known[-1][0] - known[0][0])))


def steps_ahead(step: int, reach: int) -> npt.NDArray[np.int64]:
    """Return rising numbers of further labels, from 0 to `reach`: the next batches one by one, then farther and farther apart."""
    near = np.arange(0, min(BATCHES_AHEAD * step, reach) + 1, step)
    far = np.geomspace(max(near[-1], 1), max(reach, 1), STEPS_AHEAD - BATCHES_AHEAD)
    return np.unique(np.concatenate((near, np.round(far / step).astype(np.int64) * step, [reach])).clip(max=reach))


def _money(errors: FloatArray, further: npt.NDArray[np.int64], step: int, price: float, next_cost: float, economics: Economics) -> Money:
    value = economics.error_value or 0.0
    costs = price * further + economics.batch_cost * np.ceil(further / step)
    savings = value * (errors[:, :1] - errors)
    net = savings - costs
    best = net.argmax(axis=1)
    saved = savings[:, 1]
    return Money(
        label_cost=price,
        next_cost=next_cost,
        next_saving=Interval.of(saved),
        net_value=Interval.of(net[:, 1]),
        further_labels=Interval.of(further[best].astype(np.float64)),
        past_optimum=float(np.mean(best == 0)),
        break_even_label_cost=max(0.0, float((saved.mean() - economics.batch_cost) / further[1])),
        stopping_regret=float(net.max(axis=1).mean()),
        total_costs=(costs + value * errors).mean(axis=0),
    )
