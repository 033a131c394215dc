"""Campaigns between the wire and the engine: what the caller says of a round, the state that travels with it, the advice."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from querist.v1 import advice_pb2 as pb
from querist.v1 import campaign_record_pb2 as records

from querist_server.engine.advising import MOST_STOP_SET
from querist_server.engine.campaign import ABSENT, MODELS, MOST_ROUNDS, MOST_SCREENED, Campaign, Round, StopSet
from querist_server.engine.criterion import Criterion
from querist_server.engine.errors import EngineError
from querist_server.engine.registry import CRITERIA
from querist_server.engine.situation import MOST_COUNT, MOST_NAME, Economics, Estimate, Past, Screening, Situation
from querist_server.service.plans import decode_part, enum_name

VERSION = 1
MOST_BYTES = 256 * 2**10
MOST_HISTORY = 512
MOST_NUMBER = 1e120
"""Beyond anything that is measured: distances of embeddings, which are at most 1e50, and their squares."""
_OPTIONAL = ("cost", "batch_labelled", "batch_correct")


def decode_round(message: pb.CampaignRound) -> Situation:
    """Turn what the caller says of a round into the engine's terms.

    Raises
    ------
    EngineError
        If a field is missing or out of range, or the state is damaged, of another campaign or of a newer version.
    """
    if len(message.campaign) > MOST_NAME:
        text = f"campaign has {len(message.campaign)} characters; allowed are at most {MOST_NAME}"
        raise EngineError("VALUE_OUT_OF_RANGE", text, field="campaign.campaign")
    if len(message.history) > MOST_HISTORY:
        text = f"history has {len(message.history)} rounds; allowed are at most {MOST_HISTORY}"
        raise EngineError("VALUE_OUT_OF_RANGE", text, field="campaign.history")
    campaign = _campaign(message)
    return Situation(
        **_past(message, "campaign"),
        campaign=campaign,
        economics=_economics(message),
        screening=_screening(message),
        criteria=_criteria(message),
        aggressiveness=message.aggressiveness if message.HasField("aggressiveness") else 0.5,
        unlabelled=message.unlabelled if message.HasField("unlabelled") else None,
        next_batch=message.next_batch if message.HasField("next_batch") else None,
        history=tuple(Past(**_past(each, f"campaign.history[{index}]")) for index, each in enumerate(message.history)),
    )


def encode_state(campaign: Campaign) -> pb.CampaignState:
    """Return the state that the caller sends back with the next round."""
    record = records.CampaignRecord(
        first_stops=dict(campaign.first_stops), screened=np.packbits(campaign.screened, bitorder="little").tobytes()
    )
    for each in campaign.rounds:
        known = {name: value for name, value in dataclasses.asdict(each).items() if value is not None}
        if "error_source" in known:
            known["error_source"] = f"ERROR_SOURCE_{known['error_source']}"
        record.rounds.add(**known)
    if campaign.stop_set is not None:
        found = campaign.stop_set
        record.stop_set.CopyFrom(
            records.StopSetRecord(keys=found.keys.tolist(), from_caller=found.from_caller, classes=found.classes, cut=found.cut)
        )
        for classes in found.models:
            record.stop_set.models.add(classes=(classes + 1).tolist())
    content = record.SerializeToString(deterministic=True)
    state = pb.CampaignState(version=VERSION, campaign=campaign.name, rounds=campaign.length, content=content)
    state.checksum = _checksum(state)
    if state.ByteSize() > MOST_BYTES:
        raise AssertionError(f"a campaign state takes {state.ByteSize()} bytes")
    return state


def _checksum(state: pb.CampaignState) -> bytes:
    said = f"{state.version}\n{state.rounds}\n{len(state.campaign)}\n{state.campaign}\n".encode()
    return hashlib.sha256(said + state.content).digest()[:16]


def _campaign(message: pb.CampaignRound) -> Campaign:
    if not message.HasField("state"):
        return Campaign(message.campaign or secrets.token_hex(8))
    state = message.state
    if state.version > VERSION:
        text = f"the state has version {state.version}; this server knows versions up to {VERSION}: send it to a newer server"
        raise EngineError("STATE_NEWER", text, field="campaign.state")
    if state.ByteSize() > MOST_BYTES:
        raise _damaged(f"it takes {state.ByteSize()} bytes, and at most {MOST_BYTES} were ever given out")
    if state.checksum != _checksum(state):
        raise _damaged("its checksum does not fit its content")
    if message.campaign and message.campaign != state.campaign:
        text = f"the state is of the campaign {state.campaign!r}, and this is {message.campaign!r}"
        raise EngineError("STATE_FOREIGN", text, field="campaign.state")
    try:
        record = records.CampaignRecord.FromString(state.content)
    except DecodeError:
        raise _damaged("its content cannot be read") from None
    return _from_record(state, record)


def _from_record(state: pb.CampaignState, record: records.CampaignRecord) -> Campaign:
    """Return the campaign of a record whose checksum was right: whoever forged one must still not get further than this."""
    rounds = tuple(_round(each) for each in record.rounds)
    numbers = [each.number for each in rounds]
    labelled = [each.labelled for each in rounds]
    if not rounds or len(rounds) > MOST_ROUNDS or numbers[0] < 1 or numbers[-1] != state.rounds:
        raise _damaged("its rounds are not as many as it says")
    if any(np.diff(numbers) < 1) or any(np.diff(labelled) < 1) or labelled[0] < 0:
        raise _damaged("its rounds are out of order")
    screened = np.unpackbits(np.frombuffer(record.screened, np.uint8), bitorder="little")
    counts = [each.screened for each in rounds]
    if any(np.diff(counts) < 0) or not 0 <= counts[-1] <= min(len(screened), MOST_SCREENED) or len(screened) - counts[-1] >= 8:
        raise _damaged("its screened instances are not as many as it says")
    stops = dict(record.first_stops)
    if not set(stops) <= set(CRITERIA):
        raise _damaged("it speaks of criteria that there are not")
    return Campaign(state.campaign, rounds, _stop_set(record), stops, screened[: counts[-1]].astype(bool))


def _round(record: records.RoundRecord) -> Round:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(Round):
        descriptor = record.DESCRIPTOR.fields_by_name[field.name]
        value = getattr(record, field.name)
        if descriptor.has_presence and not record.HasField(field.name):
            continue
        if field.name == "error_source":
            value = enum_name(pb.ErrorSource.DESCRIPTOR, value) if value else None
        if isinstance(value, float) and not abs(value) <= MOST_NUMBER:
            raise _damaged(f"{field.name} is no number that was ever given out")
        if isinstance(value, int) and not 0 <= value <= MOST_COUNT:
            raise _damaged(f"{field.name} is no count")
        found[field.name] = value
    exact = found.get("standard_error") is not None
    if ("error" in found) != exact or ("error" in found) != bool(found["error_source"]):
        raise _damaged("an error has no source or no standard error")
    if exact and not (0 <= found["error"] <= 1 and 0 <= found["standard_error"] <= 1):
        raise _damaged("an error is out of range")
    return Round(**found)


def _stop_set(record: records.CampaignRecord) -> StopSet | None:
    if not record.HasField("stop_set"):
        return None
    found = record.stop_set
    keys = np.fromiter(found.keys, np.int64, len(found.keys))
    models = tuple(np.fromiter(model.classes, np.int64, len(model.classes)) + ABSENT for model in found.models)
    lengths = {len(model) for model in models}
    if found.from_caller == bool(len(keys)) or len(keys) > MOST_STOP_SET or (np.diff(keys) < 1).any() or len(models) > MODELS:
        raise _damaged("its stop set is not what the contract allows")
    if len(lengths) > 1 or (not found.from_caller and lengths and lengths != {len(keys)}) or max(lengths, default=0) > MOST_STOP_SET:
        raise _damaged("its stop set has other lengths than it says")
    if found.classes < 0 or (found.classes and any((model >= found.classes).any() for model in models)):
        raise _damaged("its stop set has other classes than it says")
    return StopSet(keys, found.from_caller, found.classes, found.cut, models)


def _damaged(problem: str) -> EngineError:
    text = f"the state is damaged: {problem}. Send what the last answer held, unchanged"
    return EngineError("STATE_DAMAGED", text, field="campaign.state")


def _past(message: Any, path: str) -> dict[str, Any]:
    if not message.HasField("labelled"):
        raise EngineError("FIELD_MISSING", "labelled is missing: how many instances the model has learnt from", field=f"{path}.labelled")
    known = {name: getattr(message, name) for name in _OPTIONAL if message.HasField(name)}
    return {"labelled": message.labelled, "estimate": _estimate(message, f"{path}.error"), **known}


def _estimate(message: Any, path: str) -> Estimate | None:
    if not message.HasField("error"):
        return None
    said = message.error
    source = enum_name(pb.ErrorSource.DESCRIPTOR, said.source) if said.source else ""
    if not source:
        allowed = "ERROR_SOURCE_HOLD_OUT, ERROR_SOURCE_LURE or ERROR_SOURCE_PROXY"
        raise EngineError("FIELD_MISSING", f"say where the error estimate comes from: {allowed}", field=f"{path}.source")
    error = said.error if said.HasField("error") else None
    if said.losses or said.draw_probabilities or said.HasField("pool_size"):
        if source != "LURE" or error is not None:
            text = "losses are for ERROR_SOURCE_LURE, without an error of your own"
            raise EngineError("FIELD_CONFLICT", text, field=f"{path}.losses")
        losses, chances = (np.fromiter(values, np.float64, len(values)) for values in (said.losses, said.draw_probabilities))
        return Estimate.by_lure(losses, chances, said.pool_size if said.HasField("pool_size") else None, path)
    deviation = said.standard_error if said.HasField("standard_error") else None
    return Estimate.of(source, error, deviation, said.instances if said.HasField("instances") else None, path)


def _economics(message: pb.CampaignRound) -> Economics | None:
    if not message.HasField("economics"):
        return None
    return Economics(**{field.name: value for field, value in message.economics.ListFields()})


def _screening(message: pb.CampaignRound) -> Screening | None:
    if not message.HasField("screening"):
        return None
    said = message.screening
    given = {field.name: value for field, value in said.ListFields() if field.name not in ("relevant", "target_recall")}
    return Screening(target_recall=said.target_recall, relevant=np.fromiter(said.relevant, bool, len(said.relevant)), **given)


def _criteria(message: pb.CampaignRound) -> dict[str, Criterion]:
    found: dict[str, Criterion] = {}
    for index, entry in enumerate(message.criteria):
        path = f"campaign.criteria[{index}]"
        criterion: Criterion = decode_part(entry, CRITERIA, path)
        if criterion.name in found:
            raise EngineError("FIELD_CONFLICT", f"{criterion.name} is there twice; each criterion may be there once", field=path)
        found[criterion.name] = criterion
    return found
