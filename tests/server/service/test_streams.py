"""What comes down a stream besides the result."""

from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.service import selection
from serving import serving

ROWS, PIECE = 120_000, 5_000


@pytest.fixture(scope="module")
def stub(tmp_path_factory) -> Iterator[SelectionServiceStub]:
    with serving(tmp_path_factory.mktemp("server")) as server, grpc.insecure_channel(server.address) as channel:
        yield SelectionServiceStub(channel)


@pytest.fixture
def probabilities(rng):
    return rng.dirichlet(np.ones(3), ROWS).astype(np.float32)


def messages(header: pb.SelectHeader, probabilities: np.ndarray, **columns: np.ndarray) -> Iterator[pb.SelectStreamRequest]:
    yield pb.SelectStreamRequest(header=header)
    for start in range(0, len(probabilities), PIECE):
        rows = slice(start, start + PIECE)
        pool = pool_pb2.Pool(probabilities=codec.encode(probabilities[rows]))
        for name, column in columns.items():
            getattr(pool, name).CopyFrom(codec.encode(column[rows]))
        yield pb.SelectStreamRequest(block=pb.RowBlock(first_row=start, rows=pool))


def test_the_scores_of_all_rows_come_in_order_and_without_gaps(stub, probabilities):
    excluded = np.arange(ROWS) % 7 == 0
    header = pb.SelectHeader(strategy="margin", count=10, return_scores=True)
    events = list(stub.SelectStream(messages(header, probabilities, excluded=excluded)))
    blocks = [event.scores for event in events if event.WhichOneof("event") == "scores"]
    scores = []
    for block in blocks:
        assert block.first_row == sum(map(len, scores))
        scores.append(codec.decode(block.scores))
    scores = np.concatenate(scores)
    ordered = np.sort(probabilities.astype(np.float64), axis=1)
    np.testing.assert_allclose(scores[~excluded], (1 - (ordered[:, 2] - ordered[:, 1]))[~excluded], atol=1e-6)
    assert np.isnan(scores[excluded]).all()
    result = events[-1].result
    np.testing.assert_array_equal(scores[list(result.selected.indices)], result.selected.scores)


def test_a_long_ranking_comes_in_pieces_that_any_client_takes(stub, probabilities):
    header = pb.SelectHeader(strategy="margin", rank_all=True)
    keys = np.arange(ROWS)[::-1].copy()
    events = list(stub.SelectStream(messages(header, probabilities, keys=keys)))
    assert events[-1].HasField("result")
    pieces = [event.selected for event in events if event.WhichOneof("event") == "selected"] + [events[-1].result.selected]
    assert len(pieces) > 2
    assert all(event.ByteSize() < 4 * 2**20 for event in events)
    indices = np.concatenate([piece.indices for piece in pieces])
    np.testing.assert_array_equal(np.sort(indices), np.arange(ROWS))
    np.testing.assert_array_equal(np.concatenate([piece.keys for piece in pieces]), keys[indices])
    scores = np.concatenate([piece.scores for piece in pieces])
    assert (np.diff(scores) <= 0).all()
    np.testing.assert_allclose(np.concatenate([piece.priorities for piece in pieces]), 1 - np.arange(ROWS) / ROWS)


def test_progress_never_goes_back_and_the_result_is_last(stub, probabilities, monkeypatch):
    monkeypatch.setattr(selection, "PROGRESS_SECONDS", 0)
    header = pb.SelectHeader(strategy="margin", count=3)
    events = list(stub.SelectStream(messages(header, probabilities)))
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds[-1] == "result"
    assert kinds.count("result") == 1
    progress = [event.progress for event in events if event.WhichOneof("event") == "progress"]
    assert len(progress) >= 2
    received = [event.rows_received for event in progress]
    assert received == sorted(received)
    assert received[-1] == ROWS
    assert all(event.rows_scored <= event.rows_received for event in progress)
    assert {event.stage for event in progress} == {pb.STAGE_SCORE, pb.STAGE_CHOOSE}


def test_the_answer_says_all_that_is_needed_to_get_it_again(stub, probabilities):
    header = pb.SelectHeader(strategy="power_margin", count=50, random_share=0.2)
    *_, first = stub.SelectStream(messages(header, probabilities))
    first = first.result
    assert first.strategy == "power_margin"
    assert first.plan.choice.power.HasField("beta")
    again = pb.SelectHeader(plan=first.plan, count=50, random_share=0.2, seed=first.seed)
    *_, second = stub.SelectStream(messages(again, probabilities))
    assert second.result.selected == first.selected
    assert second.result.strategy == ""
    *_, other = stub.SelectStream(messages(header, probabilities))
    assert other.result.seed != first.seed
    assert other.result.selected != first.selected
    assert other.result.selection_id != first.selection_id
    stages = {timing.stage for timing in first.timings}
    assert {pb.STAGE_RECEIVE, pb.STAGE_DECODE, pb.STAGE_SCORE, pb.STAGE_CHOOSE} <= stages
    assert all(timing.seconds >= 0 for timing in first.timings)
