"""A campaign gives the same verdicts whichever server answers which round, and however the rounds travel."""

import asyncio
import itertools

import grpc
import numpy as np
import pytest
import querist
from messages import fill_side
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from serving import serving

ROUNDS, ROWS = 7, 600


def pools():
    """Return what a model that settles says of the pool in each round."""
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, ROWS)
    for place in range(ROUNDS):
        logits = rng.normal(size=(ROWS, 3)) * 0.3 + np.eye(3)[truth] * (0.5 + place)
        yield np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def said(place, state):
    return {
        "state": state,
        "campaign": "carried",
        "labelled": 20 * (place + 1),
        "cost": 18.0 * (place + 1),
        "error": {"source": "hold_out", "error": 0.3 / (place + 1), "instances": 250},
        "economics": {"error_cost": 1.0, "predictions": 4000.0, "currency": "EUR"},
    }


def arguments(place, state, pool):
    labelled = np.arange(20 * place)
    return {
        "probabilities": pool,
        "keys": 7 * np.arange(ROWS) + 3,
        "exclude": labelled,
        "strategy": "margin",
        "count": 20,
        "seed": 3,
        "campaign": said(place, state),
    }


def campaign(clients):
    """Return the advice of all rounds, each asked of the next client."""
    advice, state = [], None
    for place, (client, pool) in enumerate(zip(itertools.cycle(clients), pools(), strict=False)):
        batch = client.select(**arguments(place, state, pool))
        advice.append(batch.stop)
        state = batch.campaign_state
    return advice, state


@pytest.fixture(scope="module")
def replicas():
    """Three servers in processes of their own."""
    servers = [querist.local() for _ in range(3)]
    yield servers
    for server in servers:
        server.close()


def test_rounds_handed_from_server_to_server(replicas):
    alone, last = campaign(replicas[:1])
    assert {advice.verdict for advice in alone} >= {"INCONCLUSIVE", "CONTINUE"}
    for order in ((0, 1), (2, 0, 1), (1, 1, 0, 2, 0)):
        assert campaign([replicas[number] for number in order]) == (alone, last)


def test_a_server_that_was_started_anew_goes_on(tmp_path):
    with serving(tmp_path) as server, querist.connect(server.address) as client:
        alone, last = campaign([client])
    state, advice = None, []
    for place, pool in enumerate(pools()):
        with serving(tmp_path) as server, querist.connect(server.address) as client:
            batch = client.select(**arguments(place, state, pool))
        advice.append(batch.stop)
        state = batch.campaign_state
    assert (advice, state) == (alone, last)


def test_streams_and_asynchronous_calls_say_the_same(client):
    alone, last = campaign([client])
    state, advice = None, []
    for place, pool in enumerate(pools()):
        given = arguments(place, state, None)
        keys, excluded = given.pop("keys"), given.pop("exclude")
        given["probabilities"] = (
            {"probabilities": pool[start : start + 37], "keys": keys[start : start + 37]} for start in range(0, ROWS, 37)
        )
        batch = client.select(**given, exclude=excluded)
        advice.append(batch.stop)
        state = batch.campaign_state
    assert (advice, state) == (alone, last)

    async def asked():
        state, advice = None, []
        async with querist.aio.connect(client.address) as asynchronous:
            for place, pool in enumerate(pools()):
                batch = await asynchronous.select(**arguments(place, state, pool))
                advice.append(batch.stop)
                state = batch.campaign_state
            with_it = await asynchronous.advise_stop({**said(ROUNDS, state), "unlabelled": 400})
        return advice, state, with_it

    advice, state, with_it = asyncio.run(asked())
    assert (advice, state) == (alone, last)
    assert with_it == client.advise_stop({**said(ROUNDS, state), "unlabelled": 400})


def test_advice_alone_says_what_a_selection_says(client):
    """With a stop set and numbers that the caller sends, but for what only the pool shows."""
    by_advice = by_selection = None
    for place, pool in enumerate(pools()):
        stop_set = pool[:100]
        alone = client.advise_stop({**said(place, by_advice), "unlabelled": ROWS - 20 * place, "next_batch": 20}, stop_set=stop_set)
        given = arguments(place, by_selection, pool)
        batch = client.select(**given, stop_set=stop_set)
        by_advice, by_selection = alone.state, batch.campaign_state
        for name in ("classification_change", "stabilizing_predictions", "delta_f", "hold_out_plateau", "net_value"):
            assert alone.votes[name] == batch.stop.votes[name]
        assert (alone.verdict, alone.sentence, alone.forecast) == (batch.stop.verdict, batch.stop.sentence, batch.stop.forecast)


def test_a_selection_that_is_no_round_says_so(client):
    batch = client.select([[0.5, 0.5], [0.1, 0.9]], strategy="margin", count=1)
    assert batch.stop.verdict == "INCONCLUSIVE"
    assert "campaign" in batch.stop.missing[0]
    assert batch.campaign_state is None


def test_a_state_of_another_campaign_is_refused_by_name(client):
    state = campaign([client])[1]
    with pytest.raises(querist.errors.InvalidRequestError, match="'carried', and this is 'mine'") as caught:
        client.advise_stop({**said(8, state), "campaign": "mine"})
    assert (caught.value.field, caught.value.reason) == ("campaign.state", "STATE_FOREIGN")


def test_a_newer_state_is_refused_as_a_matter_of_the_server(client):
    request = pb.AdviseStopRequest()
    request.campaign.labelled = 5
    request.campaign.state.version = 99
    with grpc.insecure_channel(client.address) as channel, pytest.raises(grpc.RpcError) as caught:
        SelectionServiceStub(channel).AdviseStop(request, timeout=10)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize(
    ("side", "field"),
    [({"wanted": np.ones((2, 2))}, "side.wanted"), ({"calibration.classes": np.ones(3, np.int64)}, "side.calibration.classes")],
)
def test_advice_refuses_what_has_to_do_with_a_pool(client, side, field):
    request = pb.AdviseStopRequest()
    request.campaign.labelled = 5
    fill_side(request.side, side)
    with grpc.insecure_channel(client.address) as channel, pytest.raises(grpc.RpcError, match=field):
        SelectionServiceStub(channel).AdviseStop(request, timeout=10)
