"""Stop advice as messages, and advice without a selection."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
from querist._version import __version__
from querist.v1 import advice_pb2 as pb
from querist.v1 import selection_service_pb2

from querist_server.engine.advising import Advice, Observation, advise, sent_stop_set, surrogate_shift
from querist_server.engine.criterion import Vote
from querist_server.engine.errors import EngineError
from querist_server.engine.forecast import Forecast, Interval
from querist_server.engine.side import SideIntake
from querist_server.engine.task import Limits
from querist_server.service.campaigns import decode_round, encode_state
from querist_server.service.decode import decode_side
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.turns import checkpoint_of

_NO_CAMPAIGN = pb.StopAdvice(
    verdict="VERDICT_INCONCLUSIVE",
    sentence="This selection is no round of a campaign.",
    missing=["campaign: what is known of the labels so far, in each round, with the state of the round before"],
)
_OF_ADVICE = ("labelled.embeddings", "labelled.classes", "stop_set.", "screened")


def answer_advice(
    request: selection_service_pb2.AdviseStopRequest, limits: Limits, ended: threading.Event, files: LocalFiles = NO_FILES
) -> selection_service_pb2.AdviseStopResponse:
    """Say whether labelling should go on.

    Raises
    ------
    EngineError
        If a field is missing or out of range, or the state cannot be gone on with.
    Cancelled
        If the caller has gone, as `ended` says.
    """
    checkpoint = checkpoint_of(ended)
    if not request.HasField("campaign"):
        raise EngineError("FIELD_MISSING", "campaign is missing: what is known of this round", field="campaign")
    situation = decode_round(request.campaign)
    columns = decode_side(request.side, files)
    for name in columns:
        if not name.startswith(_OF_ADVICE):
            message = f"{name} has to do with a pool; without one, send labelled.embeddings, labelled.classes, stop_set or screened"
            raise EngineError("FIELD_CONFLICT", message, field=f"side.{name}")
    intake = SideIntake(limits)
    intake.add(columns)
    side = intake.build({"embeddings": columns["labelled.embeddings"]} if "labelled.embeddings" in columns else {}, classes=0)
    campaign = situation.campaign.reopened(situation.labelled)
    seen = Observation(
        stop_set=None if side.stop_set is None else sent_stop_set(campaign, side.stop_set, side.stop_set_classes),
        stability=surrogate_shift(campaign, situation.labelled, side.labelled_embeddings, side.labelled_classes, checkpoint),
        screened=side.screened,
    )
    advice = advise(situation, seen)
    return selection_service_pb2.AdviseStopResponse(
        stop=encode_advice(advice), state=encode_state(advice.campaign), server_version=__version__
    )


def encode_advice(advice: Advice | None) -> pb.StopAdvice:
    """Return the message; None stands for a selection that is no round of a campaign."""
    if advice is None:
        return _NO_CAMPAIGN
    message = pb.StopAdvice(
        verdict=f"VERDICT_{advice.verdict}",
        sentence=advice.sentence,
        decided_by=advice.decided_by,
        missing=advice.missing,
        rounds=advice.campaign.length,
        cautions=advice.cautions,
    )
    for name, vote in advice.votes.items():
        message.votes.append(_vote(name, vote, advice.campaign.first_stops.get(name)))
    if advice.forecast is not None:
        message.forecast.CopyFrom(_forecast(advice.forecast))
    return message


def _vote(name: str, vote: Vote, first_round: int | None) -> pb.Vote:
    return pb.Vote(
        criterion=name,
        status=f"VOTE_STATUS_{vote.status.value}",
        value=vote.value,
        threshold=vote.threshold,
        first_round=first_round,
        sentence=vote.sentence,
    )


def _forecast(found: Forecast) -> pb.CostForecast:
    message = pb.CostForecast(
        error_source=f"ERROR_SOURCE_{found.error_source}",
        error_now=_interval(found.error_now),
        next_batch=found.next_batch,
        error_next=_interval(found.error_next),
        label_cost=found.label_cost,
        break_even_error_value=found.break_even_error_value,
        families=[pb.FamilyWeight(family=family, weight=weight) for family, weight in found.families.items()],
    )
    money = found.money
    totals = np.full(len(found.labelled), np.nan) if money is None else money.total_costs
    for labelled, error, total in zip(found.labelled.tolist(), found.errors, totals.tolist(), strict=True):
        message.curve.add(labelled=labelled, error=_interval(error), total_cost=None if money is None else total)
    if money is not None:
        message.next_cost = money.next_cost
        message.next_saving.CopyFrom(_interval(money.next_saving))
        message.net_value.CopyFrom(_interval(money.net_value))
        message.further_labels.CopyFrom(_interval(money.further_labels))
        message.past_optimum = money.past_optimum
        message.break_even_label_cost = money.break_even_label_cost
        message.stopping_regret = money.stopping_regret
    return message


def _interval(found: Interval) -> pb.Forecast:
    return pb.Forecast(**dataclasses.asdict(found))
