"""Requests that nobody meant to send: each is answered rightly or refused by name, and never a defect."""

import random
import threading

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hostile import LIMITS, refused, request_for, round_with_everything, spoil
from querist.v1 import campaign_record_pb2
from querist.v1 import selection_service_pb2 as pb
from querist_server.engine.errors import EngineError
from querist_server.engine.presets import PRESETS
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore
from querist_server.service.advice import answer_advice
from querist_server.service.campaigns import _checksum
from querist_server.service.encode import encode_response
from querist_server.service.inference import Models
from querist_server.service.reading import Rows
from querist_server.service.work import SelectionWork


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pool = WorkerPool(1, 1)
    yield Models(ModelStore(tmp_path_factory.mktemp("models"), 2**20, 2**20), pool)
    pool.close()


def check(request: pb.SelectRequest, models: Models) -> str:
    """Answer a request as the service does, and look at the answer; return the reason of a refusal, or ""."""
    try:
        work = SelectionWork(request.header, LIMITS, models, "pool", threading.Event())
        work.beside(request.side)
        work.feed(Rows(request.pool))
        selection = work.finish()
    except EngineError as error:
        return refused(error)
    response = encode_response(
        selection, work.run.task.plan, auto_choice=None, strategy="", seed=0, seconds={}, class_labels=[], rows=slice(None)
    )
    indices, statistics = list(response.selected.indices), response.statistics
    expected = request.header.count if request.header.HasField("count") else statistics.candidates
    assert len(set(indices)) == len(indices)
    assert len(indices) == expected or (request.header.HasField("budget") and len(indices) < expected)
    assert all(0 <= index < statistics.rows for index in indices)
    assert not set(indices) & set(request.header.exclude_indices)
    assert not set(indices) & set(response.guarded.indices) or request.header.audit_share
    assert np.isfinite(response.selected.scores).all()
    assert all(0 <= confidence <= 1.02 for confidence in response.selected.confidences)
    assert sum(statistics.score_histogram.counts) == statistics.candidates
    return ""


@pytest.mark.parametrize("preset", PRESETS)
def test_spoiled_requests(preset, rng, models):
    chance = random.Random(preset)
    sound = request_for(preset, rng)
    assert check(sound, models) == ""
    reasons = set()
    for _ in range(300):
        request = pb.SelectRequest.FromString(sound.SerializeToString())
        for _ in range(chance.randint(1, 3)):
            spoil(request, chance)
        reasons.add(check(pb.SelectRequest.FromString(request.SerializeToString()), models))
    assert len(reasons) > 5, "the requests were not spoiled enough to say anything"


def test_spoiled_bytes(rng, models):
    chance = random.Random(0)
    sound = request_for("k_center", rng).SerializeToString()
    for _ in range(1000):
        spoiled = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        try:
            request = pb.SelectRequest.FromString(bytes(spoiled))
        except DecodeError:
            continue
        check(request, models)


def test_spoiled_rounds(rng):
    chance = random.Random(7)
    sound = round_with_everything(rng)
    assert answer_advice(sound, LIMITS, threading.Event()).stop.rounds == 5
    reasons = set()
    for _ in range(600):
        request = pb.AdviseStopRequest.FromString(sound.SerializeToString())
        if chance.random() < 0.5:  # a state that somebody forged
            record = campaign_record_pb2.CampaignRecord.FromString(request.campaign.state.content)
            spoil(chance.choice([record, record.stop_set, *record.rounds]), chance)
            request.campaign.state.content = record.SerializeToString()
            request.campaign.state.checksum = _checksum(request.campaign.state)
        for _ in range(chance.randint(0, 2)):
            spoil(request, chance)
        try:
            answer = answer_advice(pb.AdviseStopRequest.FromString(request.SerializeToString()), LIMITS, threading.Event())
        except EngineError as error:
            reasons.add(refused(error))
        else:
            assert answer.stop.sentence
            assert answer.state.ByteSize() <= 256 * 2**10
    assert {"STATE_DAMAGED", "STATE_FOREIGN", "VALUE_OUT_OF_RANGE", "FIELD_MISSING"} <= reasons
