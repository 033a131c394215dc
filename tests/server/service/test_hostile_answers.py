"""Streams of answers that nobody meant to send."""

import threading

import numpy as np
import pytest
from hostile import LIMITS, refused
from querist import codec
from querist.v1 import annotation_service_pb2 as pb
from querist_server.engine.errors import EngineError
from querist_server.service.assessments import AssessmentWork


def work(**header: object) -> AssessmentWork:
    return AssessmentWork(pb.AssessHeader(**{"class_count": 2, "seed": 1, **header}), LIMITS, threading.Event())


def answers(rows: int) -> pb.AssessAnnotationsRequest:
    message = pb.AssessAnnotationsRequest()
    for name in ("instances", "annotators", "labels"):
        getattr(message.answers, name).CopyFrom(codec.encode(np.arange(rows) % 2))
    return message


def instances(**columns: np.ndarray) -> pb.AssessAnnotationsRequest:
    message = pb.AssessAnnotationsRequest()
    for name, values in columns.items():
        getattr(message.instances, name).CopyFrom(codec.encode(values))
    return message


def test_a_block_without_answers_is_no_defect():
    only = work()
    only.take(answers(0))
    with pytest.raises(EngineError) as caught:
        only.finish()
    assert refused(caught.value) == "POOL_EMPTY"
    among = work()
    for rows in (0, 4, 0):
        among.take(answers(rows))
    assert among.finish()[-1].result.answers == 4


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("features", (1, 2), (1, 3)), ("committee", (1, 2, 2), (1, 3, 2)), ("probabilities", (1, 2), (1, 3))],
)
def test_blocks_of_instances_whose_rows_differ_are_refused(name, first, second):
    kind = pb.LABEL_KIND_SETS if name == "probabilities" else pb.LABEL_KIND_CLASSES
    taken = work(kind=kind)
    taken.take(instances(keys=np.zeros(1, int), **{name: np.full(first, 1 / first[-1])}))
    with pytest.raises(EngineError) as caught:
        taken.take(instances(keys=np.ones(1, int), **{name: np.full(second, 1 / second[-1])}))
    assert refused(caught.value) == "SHAPE_MISMATCH"


def test_empty_blocks_are_not_kept():
    taken = work()
    for _ in range(1000):
        taken.take(instances(keys=np.zeros(0, int)))
    assert taken.bytes_kept == 0
