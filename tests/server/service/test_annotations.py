"""The wire of AnnotationService: the order of a stream, what it may not hold, and that nothing that is sent makes a defect."""

import random
import threading

import grpc
import numpy as np
import pytest
from crowds import crowd
from hostile import refused, spoil
from querist import codec
from querist.v1 import annotation_service_pb2 as pb
from querist.v1.annotation_service_pb2_grpc import AnnotationServiceStub
from querist_server.engine.errors import EngineError
from querist_server.engine.task import Limits
from querist_server.service.assessments import AssessmentWork
from querist_server.service.assignments import answer_assignment

LIMITS = Limits(max_rows=1000, max_classes=50, max_members=10, max_embedding_width=50, max_kept_bytes=2**22)


def messages(rng, rows_each=50):
    """Return the messages of a sound stream."""
    votes, _, _ = crowd(rng, 40, 6, 3, 4)
    yield pb.AssessAnnotationsRequest(header=pb.AssessHeader(class_count=3, bootstrap_rounds=20))
    known = pb.InstanceBlock(
        keys=codec.encode(np.arange(45)),
        probabilities=codec.encode(rng.dirichlet(np.ones(3), 45)),
        features=codec.encode(rng.standard_normal((45, 2))),
    )
    yield pb.AssessAnnotationsRequest(instances=known)
    columns = {"instances": votes.item, "annotators": votes.who, "labels": votes.label, "times": np.arange(len(votes.item)) * 9.0}
    columns["seconds"], columns["gold"] = rng.gamma(2.0, 3.0, len(votes.item)), np.where(votes.item < 5, 1, -1)
    for start in range(0, len(votes.item), rows_each):
        block = pb.AnswerBlock(**{name: codec.encode(column[start : start + rows_each]) for name, column in columns.items()})
        yield pb.AssessAnnotationsRequest(answers=block)


def answered(sent):
    """Answer a stream as the service does."""
    header, *rest = sent
    work = AssessmentWork(header.header, LIMITS, threading.Event())
    for message in rest:
        work.take(message)
    return work.finish()


def test_cuts_of_the_stream_do_not_matter(rng):
    seed = int(rng.integers(1000))
    whole, cut = (answered(messages(np.random.default_rng(seed), rows)) for rows in (1000, 7))
    assert [each.SerializeToString(deterministic=True) for each in whole] == [each.SerializeToString(deterministic=True) for each in cut]
    assert whole[-1].result.method == pb.CONSENSUS_METHOD_CROWDLAB
    assert len(whole[0].instances.keys) == 45


def test_the_order_of_a_stream(client, rng):
    header, known, block, *_ = list(messages(rng))
    wrong = {
        "the first message must hold the header": [block],
        "a second header": [header, header],
        "a message without a part": [header, pb.AssessAnnotationsRequest()],
        "instances after answers": [header, block, known],
        "there are no answers": [header, known],
    }
    with grpc.insecure_channel(client.address) as channel:
        stub = AnnotationServiceStub(channel)
        for words, sent in wrong.items():
            with pytest.raises(grpc.RpcError, match=words):
                list(stub.AssessAnnotations(iter(sent), timeout=10))
        with pytest.raises(grpc.RpcError, match="must hold the header"):
            list(stub.AssessAnnotations(iter([]), timeout=10))
        assert list(stub.AssessAnnotations(iter([header, known, block]), timeout=20))[-1].HasField("result")


def test_more_than_the_server_holds_is_refused(rng):
    big = pb.AnswerBlock(**{name: codec.encode(np.arange(200_000)) for name in ("instances", "annotators")})
    big.labels.CopyFrom(codec.encode(np.zeros(200_000, np.int64)))
    with pytest.raises(EngineError, match="max_kept_bytes"):
        answered([next(messages(rng)), pb.AssessAnnotationsRequest(answers=big)])


def test_spoiled_streams(rng):
    chance = random.Random(3)
    sound = list(messages(rng))
    reasons = set()
    for _ in range(500):
        sent = [type(message).FromString(message.SerializeToString()) for message in sound]
        for _ in range(chance.randint(1, 3)):
            spoil(chance.choice(sent), chance)
        if sent[0].WhichOneof("part") != "header" or any(
            message.WhichOneof("part") not in ("answers", "instances") for message in sent[1:]
        ):
            continue  # which is refused before it gets here
        try:
            answered([type(message).FromString(message.SerializeToString()) for message in sent])
        except EngineError as error:
            reasons.add(refused(error))
    assert len(reasons) > 4


def test_spoiled_assignments():
    chance = random.Random(4)
    sound = pb.AssignAnnotatorsRequest(seed=1)
    for key in range(6):
        sound.instances.add(key=key, probabilities=[0.5, 0.3, 0.2], answered=[0], tags=["x"])
        sound.annotators.add(key=key, quality=0.8, labels=20, capacity=2, cost=1.5, tags=["x", "y"])
    assert len(answer_assignment(sound, threading.Event()).pairs) == 6
    reasons = set()
    for _ in range(800):
        request = pb.AssignAnnotatorsRequest.FromString(sound.SerializeToString())
        for _ in range(chance.randint(1, 3)):
            spoil(chance.choice([request, *request.instances, *request.annotators]), chance)
        try:
            answer_assignment(pb.AssignAnnotatorsRequest.FromString(request.SerializeToString()), threading.Event())
        except EngineError as error:
            reasons.add(refused(error))
    assert len(reasons) > 2


def test_few_bytes_cannot_ask_for_large_findings():
    block = {"instances": np.zeros(1, np.int64), "annotators": np.zeros(1, np.int64), "labels": np.zeros((1, 1000), np.int64)}
    sent = [
        pb.AssessAnnotationsRequest(header=pb.AssessHeader(kind=pb.LABEL_KIND_SETS)),
        pb.AssessAnnotationsRequest(instances=pb.InstanceBlock(keys=codec.encode(np.arange(60)))),
        pb.AssessAnnotationsRequest(answers=pb.AnswerBlock(**{name: codec.encode(column) for name, column in block.items()})),
    ]
    with pytest.raises(EngineError, match="60 instances take 4800000 bytes of findings on 1000 labels") as caught:
        answered(sent)
    assert caught.value.reason == "LIMIT_EXCEEDED"


def test_annotators_are_bounded():
    everybody = np.arange(100_001)
    block = {"instances": np.zeros_like(everybody), "annotators": everybody, "labels": np.zeros_like(everybody)}
    sent = [
        pb.AssessAnnotationsRequest(header=pb.AssessHeader(class_count=2)),
        pb.AssessAnnotationsRequest(answers=pb.AnswerBlock(**{name: codec.encode(column) for name, column in block.items()})),
    ]
    with pytest.raises(EngineError, match="100001 annotators") as caught:
        answered(sent)
    assert caught.value.field == "answers.annotators"
