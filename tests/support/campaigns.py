"""Campaigns as the engine sees them, made from series of numbers."""

from typing import Any

import numpy as np
from querist_server.engine.advising import Advice, Observation, advise
from querist_server.engine.campaign import ABSENT, Campaign, Round, StopSet
from querist_server.engine.criterion import Evidence, Recall
from querist_server.engine.situation import Economics, Estimate, Situation


def evidence(recall: Recall | None = None, start: int = 10, step: int = 10, **series: list[Any]) -> Evidence:
    """Return evidence of a campaign whose rounds hold the given numbers, one list for each field of `Round`."""
    length = len(next(iter(series.values()), [None]))
    rounds = tuple(
        Round(number=place + 1, labelled=start + step * place, **{name: values[place] for name, values in series.items()})
        for place in range(length)
    )
    return Evidence(Campaign("made", rounds), recall)


def recalled(relevant: Any, unscreened: int | None = 100, target: float = 0.9, **more: Any) -> Evidence:
    """Return evidence of review work."""
    fields: dict[str, Any] = {"mass": None, "control": None, "elusion": None, **more}
    return evidence(Recall(target, np.array(relevant, bool), unscreened, **fields))


def followed(predictions: list[np.ndarray], classes: int, **situation: Any) -> list[Advice]:
    """Return the advice of a campaign whose stop set is predicted as given, one array a round."""
    advice, campaign = [], Campaign("followed")
    for place, predicted in enumerate(predictions):
        models = (*(campaign.stop_set.models if campaign.stop_set else ()), predicted)
        stop_set = StopSet(np.arange(len(predicted)), False, classes, 2**64 - 1, models)
        round_ = Situation(campaign=campaign, labelled=10 * (place + 1), **situation)
        advice.append(advise(round_, Observation(stop_set=stop_set)))
        campaign = advice[-1].campaign
    return advice


def measured(
    errors: list[float], deviation: float = 0.005, step: int = 20, unlabelled: int | None = 1000, **economics: Any
) -> list[Advice]:
    """Return the advice of a campaign with the given errors, one a round."""
    advice, campaign = [], Campaign("measured")
    prices = Economics(**{"label_cost": 1.0, "error_cost": 1.0, "predictions": 1e4, **economics})
    for place, error in enumerate(errors):
        round_ = Situation(
            campaign=campaign,
            labelled=step * (place + 1),
            estimate=Estimate("HOLD_OUT", error, deviation),
            economics=prices,
            unlabelled=unlabelled,
            next_batch=step,
        )
        advice.append(advise(round_, Observation()))
        campaign = advice[-1].campaign
    return advice


def drifting(rng: np.random.Generator, rows: int, classes: int, rounds: int, share: float = 0.3) -> list[np.ndarray]:
    """Return predictions of models that change less and less, with a class that may be missing."""
    now = rng.integers(0, classes, rows)
    found = [now]
    for place in range(1, rounds):
        now = now.copy()
        moved = rng.random(rows) < share / place**1.5
        now[moved] = rng.integers(0, classes, int(moved.sum()))
        found.append(now)
    return found


__all__ = ["ABSENT", "drifting", "evidence", "followed", "measured", "recalled"]
