"""Scores that take long: how far they are, how they are stopped, and when they are refused."""

import time
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from messages import request_of
from querist.v1 import plan_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from serving import serving

CLASSES = 10


def long_request(rng, rows=12_000, **header) -> pb.SelectRequest:
    columns = {"embeddings": rng.standard_normal((rows, 16))}
    beside = {"labelled.embeddings": rng.standard_normal((50, 16)), "labelled.classes": rng.integers(0, CLASSES, 50)}
    request = request_of(columns, {"beside": beside, "class_count": CLASSES}, count=5, **header)
    score = request.header.plan.score.parzen_error_reduction
    score.evaluation, score.loss = plan_pb2.EVALUATION_SET_POOL, plan_pb2.LOSS_LOG
    return request


def messages(request: pb.SelectRequest) -> Iterator[pb.SelectStreamRequest]:
    yield pb.SelectStreamRequest(header=request.header)
    yield pb.SelectStreamRequest(side=request.side)
    yield pb.SelectStreamRequest(block=pb.RowBlock(rows=request.pool))


def test_the_work_is_estimated_before_and_told_while_it_is_done(tmp_path, rng):
    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        events = list(SelectionServiceStub(channel).SelectStream(messages(long_request(rng, rows=8000))))
    told = [event.progress for event in events if event.WhichOneof("event") == "progress" and event.progress.work_total]
    assert len(told) > 2
    assert {progress.work_total for progress in told} == {8000 * 8000 * CLASSES}
    done = [progress.work_done for progress in told]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= 8000 * 8000 * CLASSES
    assert events[-1].result.score_source == pb.SCORE_SOURCE_SURROGATE


@pytest.mark.parametrize("way", ["unary", "stream"])
def test_a_cancelled_score_frees_its_worker_within_a_block(tmp_path, rng, way):
    with serving(tmp_path, workers=1) as server, grpc.insecure_channel(server.address) as channel:
        stub = SelectionServiceStub(channel)
        request = long_request(rng, seed=1)
        if way == "unary":
            call = stub.Select.future(request)
            time.sleep(1.0)
        else:
            call = stub.SelectStream(messages(request))
            next(event for event in call if event.progress.work_done)
        call.cancel()
        started = time.monotonic()
        small = request_of({"probabilities": rng.dirichlet(np.ones(3), 20)}, {}, count=5, strategy="margin")
        assert len(stub.Select(small, timeout=10).selected.indices) == 5
        assert time.monotonic() - started < 0.5


def test_a_deadline_ends_it_too(tmp_path, rng):
    with serving(tmp_path, workers=1) as server, grpc.insecure_channel(server.address) as channel:
        stub = SelectionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Select(long_request(rng), timeout=0.7)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        small = request_of({"probabilities": rng.dirichlet(np.ones(3), 20)}, {}, count=5, strategy="margin")
        assert len(stub.Select(small, timeout=10).selected.indices) == 5


def test_more_work_than_the_operator_allows_is_refused_by_name(tmp_path, rng):
    with serving(tmp_path, max_score_cells=1e7) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            SelectionServiceStub(channel).Select(long_request(rng, rows=2000))
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
        info = error_details_pb2.ErrorInfo.FromString(status.details[0].value)
        assert (info.reason, info.metadata["limit"]) == ("LIMIT_EXCEEDED", "max_score_cells")
        assert "EVALUATION_SET_SAMPLE" in caught.value.details()
