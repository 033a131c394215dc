"""One verdict from all votes.

Limits end a campaign at any time. Otherwise there is no verdict before three rounds. Review work goes by recall; where errors and labels
have prices and four rounds have an error, money decides, and instability may only put a stop off; else two of the three criteria of
stability must agree, for some rounds in a row, while nothing measured still improves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from querist_server.engine.campaign import Campaign
from querist_server.engine.criterion import FEWEST_ROUNDS, Evidence, Field, Status, Vote
from querist_server.engine.forecast import Forecast, Interval
from querist_server.engine.registry import CRITERIA
from querist_server.engine.situation import Situation

RECALL_RULES = ("elusion", "qbcb", "callaghan")
"""Those that may decide on recall, the strongest evidence first: the first that can say decides."""
AGREEING = 2
"""How many criteria of stability must say stop."""
MENDED = 0.1
"""Share of changed predictions that may be mended errors: while these are worth more than the next batch, a stop by money is put off."""
SLOPE_ROUNDS, SIGNIFICANT = 5, -2.0


@dataclass(frozen=True)
class Decision:
    """A verdict: a name of the contract's `Verdict`, why, and the criteria that it goes by."""

    verdict: str
    sentence: str
    decided_by: tuple[str, ...] = ()


def decide(votes: Mapping[str, Vote], evidence: Evidence, forecast: Forecast | None, situation: Situation) -> Decision:
    """Return the verdict on the present round."""
    limits = tuple(name for name, vote in votes.items() if CRITERIA[name].evidence is Field.LIMIT and vote.status is Status.STOP)
    campaign = evidence.campaign
    if limits:
        return Decision("STOP", _sentence("; ".join(votes[name].sentence for name in limits)), limits)
    if campaign.length < FEWEST_ROUNDS:
        return Decision("INCONCLUSIVE", f"This is round {campaign.length}; there is no verdict before round {FEWEST_ROUNDS}.")
    if situation.screening is not None:
        return _by_recall(votes)
    if votes["net_value"].status is not Status.INCONCLUSIVE and forecast is not None:
        return _by_money(votes, campaign, forecast, situation)
    return _by_stability(votes, campaign, situation)


def stable(votes: Mapping[str, Vote]) -> bool:
    """Tell whether enough criteria of stability say stop."""
    return sum(vote.status is Status.STOP for name, vote in votes.items() if CRITERIA[name].evidence is Field.STABILITY) >= AGREEING


def _by_recall(votes: Mapping[str, Vote]) -> Decision:
    for name in RECALL_RULES:
        vote = votes[name]
        if vote.status is not Status.INCONCLUSIVE:
            return Decision(vote.status.value, _sentence(vote.sentence), (name,))
    return Decision("INCONCLUSIVE", "Nothing can be said of recall yet.")


def _by_money(votes: Mapping[str, Vote], campaign: Campaign, forecast: Forecast, situation: Situation) -> Decision:
    money, vote = forecast.money, votes["net_value"]
    if money is None:
        raise AssertionError("the rule of the net value voted without an outlook")
    currency = situation.economics.currency if situation.economics is not None else ""
    told = (
        f"The next {forecast.next_batch} labels cost {_amount(money.next_cost, currency)}; "
        f"they are expected to save {_range(money.next_saving, currency)} of errors"
    )
    if vote.status is Status.CONTINUE:
        if money.net_value.mean <= 0:
            likely = 1 - money.past_optimum
            return Decision("CONTINUE", f"{told}, but more of them may pay (probability {likely:.0%}).", ("net_value",))
        more = money.further_labels
        return Decision("CONTINUE", f"{told}. About {more.mean:.0f} more labels ({more.low:.0f} to {more.high:.0f}) pay.", ("net_value",))
    changed, value = campaign.latest.changed, situation.economics.error_value if situation.economics is not None else None
    if changed is not None and value is not None and MENDED * changed * value > money.next_cost:
        why = f"{told}, but {changed:.1%} of predictions changed in the last round, which may be worth more."
        return Decision("CONTINUE", why, ("net_value", "classification_change"))
    return Decision("STOP", f"{told}, and no larger number of labels is likely to pay.", ("net_value",))


def _by_stability(votes: Mapping[str, Vote], campaign: Campaign, situation: Situation) -> Decision:
    voters = [name for name, vote in votes.items() if CRITERIA[name].evidence is Field.STABILITY and vote.status is not Status.INCONCLUSIVE]
    stops = tuple(name for name in voters if votes[name].status is Status.STOP)
    needed = patience(situation.aggressiveness)
    said = "; ".join(votes[name].sentence for name in voters)
    if len(stops) >= AGREEING:
        if campaign.latest.stable_rounds < needed:
            return Decision("CONTINUE", _sentence(f"{said}; this must hold for {needed} rounds"), stops)
        improving = still_improving(campaign)
        if improving:
            return Decision("CONTINUE", _sentence(f"{said}; but {improving}"), stops)
        return Decision("STOP", _sentence(f"{said}: further labels hardly change the model"), stops)
    if not voters or len(voters) == len(stops):
        return Decision("INCONCLUSIVE", _sentence(said or "Nothing is known of the model's predictions or errors in two rounds"))
    against = tuple(name for name in voters if name not in stops)
    return Decision("CONTINUE", _sentence(said), against)


def patience(aggressiveness: float) -> int:
    """Return for how many rounds in a row the model must be stable."""
    return 3 if aggressiveness < 0.25 else 1 if aggressiveness > 0.75 else 2


def still_improving(campaign: Campaign) -> str:
    """Return in words what still improves beyond chance, or nothing."""
    rounds = [each for each in campaign.rounds if each.error is not None][-SLOPE_ROUNDS:]
    if len(rounds) >= 3 and rounds[-1] is campaign.latest:
        labelled = np.array([each.labelled for each in rounds], np.float64)
        deviations = np.array([each.standard_error for each in rounds], np.float64)
        errors = np.array([each.error for each in rounds], np.float64)
        precision = 1 / np.maximum(deviations, 1e-6) ** 2
        centred = labelled - precision @ labelled / precision.sum()
        spread = float(precision @ centred**2)
        slope = float((precision * centred) @ errors) / spread if spread else 0.0
        if spread and slope * np.sqrt(spread) < SIGNIFICANT:
            return f"the error still falls, by {-slope * (labelled[-1] - labelled[0]):.2%} in {len(rounds)} rounds"
    expected = [each for each in campaign.rounds if each.expected_error is not None and each.calibrated][-SLOPE_ROUNDS:]
    if len(expected) >= 3 and expected[-1] is campaign.latest:
        first, last = expected[0], expected[-1]
        fall = (first.expected_error or 0.0) - (last.expected_error or 0.0)
        scatter = np.hypot(first.expected_error_deviation or 0.0, last.expected_error_deviation or 0.0)
        if fall > -SIGNIFICANT * scatter:
            return f"the error that the model expects still falls, by {fall:.2%} in {len(expected)} rounds"
    return ""


def _amount(value: float, currency: str) -> str:
    text = f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{currency} {text}" if currency else text


def _range(found: Interval, currency: str) -> str:
    low, high = (_amount(value, "") for value in (found.low, found.high))
    return f"{_amount(found.mean, currency)} ({low} to {high})"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
