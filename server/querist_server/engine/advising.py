"""Advice: what the caller says and what was seen of the pool become a round, the criteria vote on it, and one verdict comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from querist_server.engine.campaign import ABSENT, MODELS, Campaign, Round, StopSet
from querist_server.engine.criterion import FEWEST_ROUNDS, Criterion, Evidence, Field, Recall, Status, Vote
from querist_server.engine.errors import EngineError
from querist_server.engine.forecast import Forecast, forecast, label_cost
from querist_server.engine.kernels import agreement, posterior_shift
from querist_server.engine.part import Need
from querist_server.engine.registry import CRITERIA
from querist_server.engine.situation import Economics, Estimate, Past, Screening, Situation
from querist_server.engine.stop_sample import Summary
from querist_server.engine.verdict import decide, stable

FloatArray = npt.NDArray[np.float64]

FEWEST_COMPARED, GOOD_COMPARED = 30, 500
WIDEST_SURROGATE, MOST_SURROGATE_CELLS = 1024, 2**24
"""The widest embeddings, and the most labels x classes among them, of which error stability is told."""
FEWEST_STOP_SET, MOST_STOP_SET = 30, 4096


@dataclass(frozen=True, eq=False, kw_only=True)
class Observation:
    """What was seen of a round beside what the caller says of it; None for what was not.

    Attributes
    ----------
    unlabelled, selected : int
        How many can be asked, and how many are.
    choice : str
        Name of the choice, and what each instance added to its objective.
    gains : ndarray of float64
    summary : Summary
        What the model says of the pool.
    calibrated : bool
        Whether its probabilities were calibrated.
    stop_set : StopSet
        With this model's predictions last.
    stability : float
        How far the new labels can move a surrogate's error.
    unscreened : tuple of float
        For review work, sums over what is not screened of p and of p (1 - p).
    screened : ndarray of float64
        For review work, p of what is.
    """

    unlabelled: int | None = None
    selected: int | None = None
    choice: str = ""
    gains: FloatArray | None = None
    summary: Summary | None = None
    calibrated: bool = False
    stop_set: StopSet | None = None
    stability: float | None = None
    unscreened: tuple[float, float] | None = None
    screened: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Advice:
    """Whether labelling should go on; the fields are those of the contract's `StopAdvice`, and the campaign to go on with."""

    verdict: str
    sentence: str
    decided_by: tuple[str, ...]
    votes: Mapping[str, Vote]
    missing: tuple[str, ...]
    forecast: Forecast | None
    cautions: tuple[str, ...]
    campaign: Campaign


def advise(situation: Situation, observation: Observation) -> Advice:
    """Add the round to the campaign and say whether there should be another.

    Raises
    ------
    EngineError
        If what was said and seen contradicts the rounds before.
    """
    campaign = situation.campaign.reopened(situation.labelled)
    criteria = {name: situation.criteria.get(name, kind().moved(situation.aggressiveness)) for name, kind in CRITERIA.items()}
    for past in situation.history:
        campaign = _with_round(campaign, past, Observation(), None)
        campaign, _, _ = _voted(campaign, criteria, situation.economics, None, None, None)
    campaign = _with_round(campaign, situation, observation, situation.screening)
    recall = None if situation.screening is None else _recall(situation.screening, campaign, observation)
    unlabelled = campaign.latest.unlabelled
    step = situation.next_batch if observation.selected is None else observation.selected
    campaign, votes, found = _voted(campaign, criteria, situation.economics, recall, unlabelled, step)
    evidence = Evidence(campaign, recall)
    shown = {name: vote for name, vote in votes.items() if _applies(name, situation)}
    decision = decide(votes, evidence, found, situation)
    first = [name for name in shown if name in decision.decided_by]
    return Advice(
        verdict=decision.verdict,
        sentence=decision.sentence,
        decided_by=decision.decided_by,
        votes={name: shown[name] for name in (*first, *(name for name in shown if name not in first))},
        missing=tuple(_missing(situation, campaign, found, decision.decided_by)),
        forecast=found,
        cautions=tuple(_cautions(situation, campaign, found)),
        campaign=campaign,
    )


def sent_stop_set(campaign: Campaign, classes: npt.NDArray[np.int64], count: int) -> StopSet:
    """Return the stop set that the caller sends, with this model's predictions after those of the rounds before.

    Parameters
    ----------
    campaign : Campaign
        The rounds before.
    classes : ndarray of shape (n,), int64
        The class that the model gives each instance.
    count : int
        Number of classes; 0 if it is not known.

    Raises
    ------
    EngineError
        If there are too few or too many, or others than before.
    """
    if not FEWEST_STOP_SET <= len(classes) <= MOST_STOP_SET:
        message = f"the stop set has {len(classes)} instances; allowed are {FEWEST_STOP_SET} to {MOST_STOP_SET}"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field="side.stop_set")
    before = campaign.stop_set
    if before is None or not before.from_caller:
        return StopSet(np.empty(0, np.int64), True, count, 0, (classes,))
    if before.models and len(before.models[-1]) != len(classes):
        message = f"the stop set has {len(classes)} instances, and had {len(before.models[-1])} in the round before; it must stay the same"
        raise EngineError("SHAPE_MISMATCH", message, field="side.stop_set")
    if before.classes and count and before.classes != count:
        message = f"the state is of a campaign with {before.classes} classes, and the stop set has {count}"
        raise EngineError("STATE_FOREIGN", message, field="campaign.state")
    return StopSet(before.keys, True, before.classes or count, 0, (*before.models, classes))


def surrogate_shift(
    campaign: Campaign,
    labelled: int,
    embeddings: npt.NDArray[np.floating] | None,
    classes: npt.NDArray[np.int64] | None,
    checkpoint: Callable[[], None] = lambda: None,
) -> float | None:
    """Return how far the labels since the last round can move a surrogate's error; None if that cannot be told."""
    known = campaign.reopened(labelled)
    if embeddings is None or classes is None or not known.rounds or embeddings.shape[1] > WIDEST_SURROGATE:
        return None
    before = known.latest.labelled
    if not 0 < before < len(embeddings) == labelled or len(classes) != labelled:
        return None
    names, numbered = np.unique(classes, return_inverse=True)
    if len(names) * len(classes) > MOST_SURROGATE_CELLS:
        return None
    features = embeddings.astype(np.float64)
    length = float(np.sqrt((features**2).sum(axis=1).mean()))
    targets = (numbered[:, None] == np.arange(len(names))).astype(np.float64)
    features = np.column_stack((features / (length or 1.0), np.ones(len(features))))
    return posterior_shift.stability(features, targets - targets[:before].mean(axis=0), before, checkpoint)


def _with_round(campaign: Campaign, said: Past, seen: Observation, screening: Screening | None) -> Campaign:
    summary, stop_set = seen.summary, seen.stop_set or _absent(campaign.stop_set)
    estimate = _estimated(said.estimate, summary)
    relevant = campaign.screened if screening is None else np.concatenate((campaign.screened, screening.relevant))
    gains = None if seen.gains is None or np.isnan(seen.gains).all() else seen.gains[~np.isnan(seen.gains)]
    unlabelled = seen.unlabelled if seen.unlabelled is not None or not isinstance(said, Situation) else said.unlabelled
    changed, kappa, moved, compared = _agreements(stop_set)
    new = Round(
        number=campaign.length + 1,
        labelled=said.labelled,
        cost=said.cost,
        batch_labelled=said.batch_labelled,
        batch_correct=None if said.batch_labelled is None else said.batch_correct,
        error=None if estimate is None else estimate.error,
        standard_error=None if estimate is None else estimate.standard_error,
        error_source=None if estimate is None else estimate.source,
        unlabelled=unlabelled,
        selected=seen.selected,
        uncertainty=None if summary is None else summary.uncertainty,
        expected_error=None if summary is None else summary.expected_error,
        expected_error_deviation=None if summary is None else summary.expected_error_deviation,
        expected_f=None if summary is None else summary.expected_f,
        calibrated=seen.calibrated,
        changed=changed,
        kappa=kappa,
        delta_f=moved,
        compared=compared,
        stability=seen.stability,
        choice=seen.choice,
        least_gain=None if gains is None else float(gains.min()),
        mean_gain=None if gains is None else float(gains.mean()),
        screened=len(relevant),
    )
    kept = None if stop_set is None else replace(stop_set, models=stop_set.models[-MODELS:])
    return replace(campaign, rounds=(*campaign.rounds, new), stop_set=kept, screened=relevant).thinned()


def _absent(stop_set: StopSet | None) -> StopSet | None:
    """Return the stop set of the rounds before, of which this model says nothing."""
    if stop_set is None or not stop_set.models:
        return stop_set
    return replace(stop_set, models=(*stop_set.models, np.full_like(stop_set.models[-1], ABSENT)))


def _estimated(estimate: Estimate | None, summary: Summary | None) -> Estimate | None:
    if estimate is None or estimate.error is not None:
        return estimate
    if summary is None:
        message = "the error is to be the model's own expectation, which takes a selection with class probabilities; or send error"
        raise EngineError("FIELD_MISSING", message, field="campaign.error.error")
    return Estimate(estimate.source, summary.expected_error, summary.expected_error_deviation)


def _agreements(stop_set: StopSet | None) -> tuple[float | None, float | None, float | None, int]:
    """Return the share of changed predictions, kappa of the last three models, the change of F1, and how many instances these go by."""
    if stop_set is None or len(stop_set.models) < 2:
        return None, None, None, 0
    *earlier, before, now = stop_set.models[-MODELS:]
    both = (before != ABSENT) & (now != ABSENT)
    compared = int(both.sum())
    if compared < FEWEST_COMPARED:
        return None, None, None, compared
    kappas = [agreement.cohen_kappa(before[both], now[both])]
    for first in earlier:
        for second in (before, now):
            common = (first != ABSENT) & (second != ABSENT)
            if common.sum() >= FEWEST_COMPARED:
                kappas.append(agreement.cohen_kappa(first[common], second[common]))
    kappa = float(np.mean(kappas)) if len(kappas) == MODELS else None
    return agreement.changed(before[both], now[both]), kappa, agreement.delta_f(before[both], now[both], stop_set.classes), compared


def _recall(screening: Screening, campaign: Campaign, seen: Observation) -> Recall:
    mass = None
    if seen.unscreened is not None and seen.screened is not None:
        chances = seen.screened
        mass = (float(chances.sum()), seen.unscreened[0], float((chances * (1 - chances)).sum()), seen.unscreened[1])
    control = None if screening.control_size is None else (screening.control_size, screening.control_found or 0)
    elusion = None if screening.elusion_size is None else (screening.elusion_size, screening.elusion_relevant or 0)
    return Recall(screening.target_recall, campaign.screened, campaign.latest.unlabelled, mass, control, elusion)


def _voted(
    campaign: Campaign,
    criteria: Mapping[str, Criterion],
    economics: Economics | None,
    recall: Recall | None,
    unlabelled: int | None,
    step: int | None,
) -> tuple[Campaign, dict[str, Vote], Forecast | None]:
    """Return the campaign with what the votes leave behind, the votes, and the forecast that one of them goes by."""
    found = forecast(campaign, economics, unlabelled, step)
    evidence = Evidence(campaign, recall, None if found is None else found.outlook, label_cost(campaign, economics))
    votes = {name: criterion.vote(evidence) for name, criterion in criteria.items()}
    number = campaign.latest.number
    stops = {name: number for name, vote in votes.items() if vote.status is Status.STOP}
    before = campaign.rounds[-2].stable_rounds if len(campaign.rounds) > 1 else 0
    latest = replace(campaign.latest, stable_rounds=before + 1 if stable(votes) else 0)
    return replace(campaign, rounds=(*campaign.rounds[:-1], latest), first_stops={**stops, **campaign.first_stops}), votes, found


def _applies(name: str, situation: Situation) -> bool:
    if name == "budget":
        return name in situation.criteria
    return situation.screening is not None or Need.SCREENING not in CRITERIA[name].needs


def _missing(situation: Situation, campaign: Campaign, found: Forecast | None, decided_by: tuple[str, ...]) -> list[str]:
    """Return what would have to be sent for a verdict or a better one."""
    missing, now = [], campaign.latest
    if campaign.length < FEWEST_ROUNDS:
        missing.append(f"at least {FEWEST_ROUNDS} rounds")
    if any(CRITERIA[name].evidence is Field.LIMIT for name in decided_by):
        return []
    if situation.screening is not None:
        if now.unlabelled is None:
            missing.append("unlabelled: how many instances are not screened")
        if situation.screening.elusion_size is None:
            missing.append("elusion_size and elusion_relevant: a random sample of what is not screened, as proof")
        return missing
    economics = situation.economics
    if now.error is None:
        missing.append("error: the share of errors on a random hold-out set of about 200 labels or more, in every round")
    elif found is None:
        missing.append("error in at least 4 rounds with different numbers of labels")
    prices = {"error_cost": economics and economics.error_cost, "predictions": economics and economics.predictions}
    prices["label_cost"] = label_cost(campaign, economics)
    wanting = [name for name, value in prices.items() if value is None]
    if wanting:
        missing.append(f"economics: {', '.join(sorted(wanting))}, so that the verdict can go by money")
    if now.changed is None:
        missing.append("stop_set, or keys and class probabilities in at least two rounds: what the model says of the same instances")
    return missing


def _cautions(situation: Situation, campaign: Campaign, found: Forecast | None) -> list[str]:
    cautions, now = [], campaign.latest
    if now.error_source == "PROXY":
        honest = "" if now.calibrated else ", which was not calibrated"
        cautions.append(f"the error is what the model expects of itself{honest}: one that is too sure makes labels look worthless")
    if now.error_source == "LURE":
        cautions.append("the error is from actively chosen labels: right on average, but less exact than as many random ones")
    sources = {each.error_source for each in campaign.rounds if each.error_source is not None}
    if len(sources) > 1:
        cautions.append(f"the learning curve mixes errors of different sources: {', '.join(sorted(sources))}")
    if found is not None and found.rises:
        cautions.append("the errors stray more from a falling learning curve than their standard errors allow")
    if found is not None and situation.economics is not None and situation.economics.label_cost is None and found.label_cost is not None:
        cautions.append(f"the price of a label, {found.label_cost:.4g}, is what the labels so far cost on average")
    if found is not None and now.unlabelled is None:
        cautions.append("it is not known how many instances can still be labelled: ten times as many as are labelled are looked ahead")
    if now.changed is not None and now.compared < GOOD_COMPARED:
        cautions.append(f"the stop set has {now.compared} instances; agreement is exact from about {GOOD_COMPARED} on")
    return cautions
