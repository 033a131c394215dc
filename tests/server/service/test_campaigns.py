"""The state that travels with the caller: nothing is lost on the way, it stays small, and what is no state of ours is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from querist.v1 import advice_pb2 as pb
from querist.v1 import campaign_record_pb2 as records
from querist_server.engine.advising import MOST_STOP_SET
from querist_server.engine.campaign import ABSENT, MOST_ROUNDS, MOST_SCREENED, Campaign, Round, StopSet
from querist_server.engine.errors import EngineError
from querist_server.engine.registry import CRITERIA
from querist_server.engine.stop_sample import MOST_INSTANCES
from querist_server.service.campaigns import MOST_BYTES, _checksum, decode_round, encode_state


def campaign(rng, rounds=5, stop_set=True, screened=11):
    made = tuple(
        Round(
            number=place + 1,
            labelled=10 * (place + 1),
            cost=place * 1.5,
            batch_labelled=7,
            batch_correct=3,
            error=rng.random(),
            standard_error=rng.random(),
            error_source="HOLD_OUT",
            changed=None if not place else rng.random(),
            calibrated=bool(place % 2),
            choice="top",
            screened=screened if place == rounds - 1 else 0,
        )
        for place in range(rounds)
    )
    predictions = tuple(rng.integers(ABSENT, 5, 40) for _ in range(3))
    followed = StopSet(np.sort(rng.integers(0, 2**62, 40)), False, 5, 2**63 + 5, predictions)
    return Campaign("made", made, followed if stop_set else None, {"net_value": 3}, rng.random(screened) < 0.5)


def carried(state, labelled=10_000, name=""):
    return decode_round(pb.CampaignRound(state=state, labelled=labelled, campaign=name)).campaign


def same(one, other):
    assert (one.name, one.rounds, dict(one.first_stops)) == (other.name, other.rounds, dict(other.first_stops))
    np.testing.assert_array_equal(one.screened, other.screened)
    if one.stop_set is None:
        assert other.stop_set is None
        return
    assert dataclasses.astuple(dataclasses.replace(one.stop_set, keys=None, models=())) == dataclasses.astuple(
        dataclasses.replace(other.stop_set, keys=None, models=())
    )
    np.testing.assert_array_equal(one.stop_set.keys, other.stop_set.keys)
    for mine, theirs in zip(one.stop_set.models, other.stop_set.models, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("screened", [0, 1, 8, 11, 16])
@pytest.mark.parametrize("stop_set", [True, False])
def test_everything_comes_back(rng, stop_set, screened):
    made = campaign(rng, stop_set=stop_set, screened=screened)
    same(carried(encode_state(made)), made)


def test_it_is_the_same_bytes_for_the_same_campaign(rng):
    made = campaign(rng)
    assert encode_state(made).SerializeToString() == encode_state(carried(encode_state(made))).SerializeToString()


@pytest.mark.parametrize("from_caller", [True, False])
def test_the_largest_state_fits(from_caller):
    """All that may pile up at once, every number as long as it can be."""
    numbers = {field.name: 0.123456789 for field in dataclasses.fields(Round)}
    whole = ("number", "labelled", "batch_labelled", "batch_correct", "unlabelled", "selected", "compared", "stable_rounds", "screened")
    rounds = tuple(
        Round(
            **{
                **numbers,
                **dict.fromkeys(whole, 10**9),
                "number": 10**7 + place,
                "labelled": 10**9 + place,
                "screened": MOST_SCREENED,
                "error_source": "HOLD_OUT",
                "choice": "facility_location",
                "calibrated": True,
            }
        )
        for place in range(MOST_ROUNDS)
    )
    count = MOST_STOP_SET if from_caller else MOST_INSTANCES
    keys = np.empty(0, np.int64) if from_caller else 2**63 - 1 - np.arange(count)[::-1]
    models = tuple(np.full(count, 10**6) for _ in range(3))
    made = Campaign(
        "x" * 100,
        rounds,
        StopSet(keys, from_caller, 10**6 + 1, 2**64 - 1, models),
        dict.fromkeys(CRITERIA, 10**7),
        np.ones(MOST_SCREENED, bool),
    )
    state = encode_state(made)
    assert MOST_BYTES * 0.6 < state.ByteSize() <= MOST_BYTES
    same(carried(state, 2 * 10**9), made)


def resealed(state, **changes):
    """Return the state with other content under a right checksum, as somebody would send it who knows how."""
    fresh = pb.CampaignState()
    fresh.CopyFrom(state)
    for name, value in changes.items():
        setattr(fresh, name, value)
    fresh.checksum = _checksum(fresh)
    return fresh


@pytest.mark.parametrize("place", range(0, 400, 13))
def test_one_wrong_byte_is_found(rng, place):
    state = encode_state(campaign(rng))
    content = bytearray(state.content)
    content[place % len(content)] ^= 1 + place % 255
    state.content = bytes(content)
    with pytest.raises(EngineError, match="checksum") as caught:
        carried(state)
    assert (caught.value.reason, caught.value.field) == ("STATE_DAMAGED", "campaign.state")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "STATE_NEWER"),
        ({"rounds": 6}, "STATE_DAMAGED"),
        ({"campaign": "another"}, "STATE_DAMAGED"),
        ({"content": b""}, "STATE_DAMAGED"),
        ({"checksum": b""}, "STATE_DAMAGED"),
    ],
)
def test_what_was_changed_is_refused(rng, change, reason):
    state = encode_state(campaign(rng))
    for name, value in change.items():
        setattr(state, name, value)
    with pytest.raises(EngineError) as caught:
        carried(state)
    assert caught.value.reason == reason


def test_an_empty_state_is_no_state():
    with pytest.raises(EngineError) as caught:
        carried(pb.CampaignState())
    assert caught.value.reason == "STATE_DAMAGED"


def test_another_campaigns_state_is_refused(rng):
    state = encode_state(campaign(rng))
    assert carried(state, name="made").name == "made"
    with pytest.raises(EngineError) as caught:
        carried(state, name="mine")
    assert caught.value.reason == "STATE_FOREIGN"


def filled(record):
    for place in range(MOST_ROUNDS):
        record.rounds.add(number=100 + place, labelled=1000 + place)


SPOILT = {
    "order": lambda record: setattr(record.rounds[0], "number", 99),
    "labelled": lambda record: setattr(record.rounds[1], "labelled", 0),
    "infinite": lambda record: setattr(record.rounds[2], "cost", float("inf")),
    "error without source": lambda record: record.rounds[2].ClearField("error_source"),
    "unknown source": lambda record: setattr(record.rounds[2], "error_source", 77),
    "negative error": lambda record: setattr(record.rounds[2], "error", -0.1),
    "no rounds": lambda record: record.ClearField("rounds"),
    "too many rounds": filled,
    "criteria": lambda record: record.first_stops.update(magic=1),
    "screened": lambda record: setattr(record, "screened", b""),
    "more screened": lambda record: setattr(record, "screened", record.screened + b"\x00\x00"),
    "keys": lambda record: record.stop_set.keys.__setitem__(0, 2**63 - 1),
    "fewer predictions": lambda record: record.stop_set.models[0].classes.pop(),
    "models": lambda record: record.stop_set.models.add(classes=[1] * 40),
    "classes": lambda record: record.stop_set.models[0].classes.__setitem__(0, 77),
    "from caller": lambda record: setattr(record.stop_set, "from_caller", True),
    "many keys": lambda record: record.stop_set.keys.extend(range(2**62, 2**62 + 5000)),
}


@pytest.mark.parametrize("what", SPOILT)
def test_whoever_forges_a_state_gets_no_further(rng, what):
    state = encode_state(campaign(rng))
    record = records.CampaignRecord.FromString(state.content)
    SPOILT[what](record)
    last = record.rounds[-1].number if record.rounds else 0
    forged = resealed(state, content=record.SerializeToString(), rounds=last)
    with pytest.raises(EngineError) as caught:
        carried(forged)
    assert caught.value.reason == "STATE_DAMAGED"


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), version=st.integers(0, 3), rounds=st.integers(-5, 5), name=st.text(max_size=5))
def test_any_bytes_are_refused_in_words(content, version, rounds, name):
    state = pb.CampaignState(version=version, rounds=rounds, campaign=name, content=content)
    with pytest.raises(EngineError) as caught:
        carried(resealed(state))
    assert caught.value.reason.startswith("STATE_")


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 10**6))
def test_spoiled_content_under_a_right_checksum_never_crashes(place, value, cut):
    state = encode_state(campaign(np.random.default_rng(1)))
    content = bytearray(state.content)
    content[place % len(content)] = value
    forged = resealed(state, content=bytes(content[: len(content) - cut % 3]))
    reasons = []
    try:
        encode_state(carried(forged))
    except EngineError as error:
        reasons.append(error.reason)
    assert reasons in ([], ["STATE_DAMAGED"])


def test_a_state_that_is_too_large_is_refused_before_it_is_read(rng):
    state = encode_state(campaign(rng))
    with pytest.raises(EngineError, match="at most"):
        carried(resealed(state, content=state.content + b"\x00" * MOST_BYTES))
