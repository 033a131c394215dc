"""Stop advice as it comes back: the verdict, what each criterion says, and what the learning curve says of money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist.v1 import advice_pb2 as pb

_INTERVALS = ("error_now", "error_next", "next_saving", "net_value", "further_labels")


@dataclass(frozen=True)
class Forecast:
    """A number that is not known exactly: its mean, and the ends of its 80 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Vote:
    """What one criterion says.

    Attributes
    ----------
    status : str
        "STOP", "CONTINUE" or "INCONCLUSIVE".
    sentence : str
    value, threshold : float or None
    first_round : int or None
        The first round in which it said stop, counted from 1.
    """

    status: str
    sentence: str
    value: float | None
    threshold: float | None
    first_round: int | None


@dataclass(frozen=True)
class CurvePoint:
    """The forecast for one number of labels; `total_cost` is what labels from now on and errors cost together, if they have prices."""

    labelled: int
    error: Forecast
    total_cost: float | None


@dataclass(frozen=True)
class CostForecast:
    """What learning curves say that are fitted to the error of all rounds, and what that is worth.

    Amounts are None where labels or errors have no price.

    Attributes
    ----------
    error_source : str
        "HOLD_OUT", "LURE" or "PROXY".
    error_now, error_next : Forecast
        The error now and after the next batch of `next_batch` labels.
    label_cost, next_cost : float or None
        What a label and the next batch cost.
    next_saving, net_value : Forecast or None
        What the errors cost that the next batch saves, and that less its cost.
    further_labels : Forecast or None
        How many more labels make labels and errors together cheapest.
    past_optimum : float or None
        The probability that no further label pays.
    break_even_label_cost : float or None
        The price of a label at which the next batch pays for itself.
    stopping_regret : float or None
        What is expected to be lost by stopping now.
    break_even_error_value : float or None
        The price of all errors in the model's life, at an error of 1, at which the next batch pays for itself.
    families : dict of str to float
        How much each family of curves counts.
    curve : tuple of CurvePoint
        The present number of labels first.
    """

    error_source: str
    error_now: Forecast
    next_batch: int
    error_next: Forecast
    label_cost: float | None
    next_cost: float | None
    next_saving: Forecast | None
    net_value: Forecast | None
    further_labels: Forecast | None
    past_optimum: float | None
    break_even_label_cost: float | None
    stopping_regret: float | None
    break_even_error_value: float | None
    families: dict[str, float]
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class StopAdvice:
    """Whether labelling should go on.

    Attributes
    ----------
    verdict : str
        "CONTINUE", "STOP" or "INCONCLUSIVE".
    sentence : str
        Why, to whoever pays for the labels.
    decided_by : tuple of str
        Names of the criteria that the verdict goes by.
    votes : dict of str to Vote
        What each criterion says.
    missing : tuple of str
        What would have to be sent for a verdict, or for a better one.
    forecast : CostForecast or None
    rounds : int
        How many rounds the server knows of.
    cautions : tuple of str
        What to bear in mind.
    state : bytes or None
        To be sent with the next round; in a selection it is `Batch.campaign_state`.
    """

    verdict: str
    sentence: str
    decided_by: tuple[str, ...] = ()
    votes: dict[str, Vote] | None = None
    missing: tuple[str, ...] = ()
    forecast: CostForecast | None = None
    rounds: int = 0
    cautions: tuple[str, ...] = ()
    state: bytes | None = None


def advice_of(message: pb.StopAdvice, state: bytes | None = None) -> StopAdvice:
    """Return the advice that a message holds."""
    return StopAdvice(
        verdict=_name(pb.Verdict, message.verdict, "VERDICT_"),
        sentence=message.sentence,
        decided_by=tuple(message.decided_by),
        votes={vote.criterion: _vote(vote) for vote in message.votes},
        missing=tuple(message.missing),
        forecast=_cost_forecast(message.forecast) if message.HasField("forecast") else None,
        rounds=message.rounds,
        cautions=tuple(message.cautions),
        state=state,
    )


def _vote(message: pb.Vote) -> Vote:
    status = _name(pb.VoteStatus, message.status, "VOTE_STATUS_")
    return Vote(status, message.sentence, *(_optional(message, name) for name in ("value", "threshold", "first_round")))


def _cost_forecast(message: pb.CostForecast) -> CostForecast:
    numbers = ("label_cost", "next_cost", "past_optimum", "break_even_label_cost", "stopping_regret", "break_even_error_value")
    intervals = ("next_saving", "net_value", "further_labels")
    known: dict[str, Any] = {name: _optional(message, name) for name in numbers}
    known |= {name: _forecast(getattr(message, name)) if message.HasField(name) else None for name in intervals}
    return CostForecast(
        error_source=_name(pb.ErrorSource, message.error_source, "ERROR_SOURCE_"),
        error_now=_forecast(message.error_now),
        next_batch=message.next_batch,
        error_next=_forecast(message.error_next),
        families={family.family: family.weight for family in message.families},
        curve=tuple(CurvePoint(each.labelled, _forecast(each.error), _optional(each, "total_cost")) for each in message.curve),
        **known,
    )


def _forecast(message: pb.Forecast) -> Forecast:
    return Forecast(message.mean, message.low, message.high)


def _optional(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _name(kind: Any, number: int, prefix: str) -> str:
    """Return the name of a value; a newer server's value that is not known here comes as its number."""
    try:
        return str(kind.Name(number)).removeprefix(prefix)
    except ValueError:
        return str(number)


def advice_from_dict(fields: dict[str, Any]) -> StopAdvice:
    """Return advice that was taken apart by `dataclasses.asdict`."""
    forecast = fields["forecast"]
    lists = {name: tuple(fields[name]) for name in ("decided_by", "missing", "cautions")}
    votes = {name: Vote(**vote) for name, vote in (fields["votes"] or {}).items()}
    return StopAdvice(**{**fields, **lists, "votes": votes, "forecast": None if forecast is None else _forecast_from_dict(forecast)})


def _forecast_from_dict(fields: dict[str, Any]) -> CostForecast:
    intervals = {name: None if value is None else Forecast(**value) for name, value in fields.items() if name in _INTERVALS}
    curve = tuple(CurvePoint(point["labelled"], Forecast(**point["error"]), point["total_cost"]) for point in fields["curve"])
    return CostForecast(**{**fields, **intervals, "curve": curve})
